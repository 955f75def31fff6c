// Statements of the Postgres bus about groups: who reads which partition, and how far it has come.
import { sql, type Database } from '@simplebank/chassis';
import type { PartitionCursor } from './bus.ts';

const ensure = sql('bus.ensure-group', 'select ensure_group($1, $2::text[])');
const hold = sql('bus.hold', 'select * from hold_partitions($1::json, $2)');
const leave = sql(
  'bus.leave',
  'with gone as (delete from member where id = $1) update reader set owner = null where owner = $1',
);
const giveBack = sql(
  'bus.give-back',
  'update reader set owner = null where group_name = $1 and stream = $2 and partition = $3 and epoch = $4',
);
const storeProgress = sql('bus.store-cursors', 'select store_cursors($1::json)');
const cursors = sql(
  'bus.cursors',
  `select stream, partition, cursor::text as position from reader where group_name = $1 order by stream, partition`,
);
const replayStart = sql(
  'bus.replay-start',
  `update reader r set cursor = h.trimmed_position, epoch = r.epoch + 1 from partition_head h
   where r.group_name = $1 and h.stream = r.stream and h.partition = r.partition`,
);
const replayTime = sql(
  'bus.replay-time',
  `update reader r set epoch = r.epoch + 1, cursor = coalesce(
     (select min(e.position) - 1 from event e
      where e.stream = r.stream and e.partition = r.partition and e.published_at >= $2), r.cursor)
   where r.group_name = $1`,
);
const replayCursors = sql(
  'bus.replay-cursors',
  `update reader r set cursor = v.position, epoch = r.epoch + 1
   from json_to_recordset($2::json) v (stream text, partition int, position bigint)
   where r.group_name = $1 and r.stream = v.stream and r.partition = v.partition`,
);
const forgetMembers = sql(
  'bus.forget-dead-members',
  `delete from member where expires_at < clock_timestamp() - $1 * interval '1 millisecond'`,
);
const forget = sql(
  'bus.forget-group',
  `with members as (delete from member where group_name = $1),
        letters as (delete from dead_letter where group_name = $1)
   delete from reader where group_name = $1`,
);
export interface Member {
  readonly id: string;
  readonly group: string;
  readonly streams: readonly string[];
}

/** A partition that a member holds, where its group stands in it, and how many of the stream it should hold. */
export interface Holding {
  readonly member_id: string;
  readonly group_name: string;
  readonly stream: string;
  readonly partition: number;
  readonly cursor: bigint;
  readonly epoch: bigint;
  readonly share: bigint;
}

/** Names a partition's reader; writes with an epoch that has passed do nothing. */
export interface ReaderKey {
  readonly group: string;
  readonly stream: string;
  readonly partition: number;
  readonly epoch: bigint;
}

export async function ensureGroup(
  database: Database,
  group: string,
  streams: readonly string[],
): Promise<void> {
  await database.query(ensure, [group, streams]);
}

export async function holdPartitions(
  database: Database,
  members: readonly Member[],
  leaseMs: number,
): Promise<Holding[]> {
  return database.query<Holding>(hold, [JSON.stringify(members), leaseMs]);
}

export async function leaveGroup(database: Database, memberId: string): Promise<void> {
  await database.query(leave, [memberId]);
}

export async function giveBackPartition(database: Database, key: ReaderKey): Promise<void> {
  await database.query(giveBack, [key.group, key.stream, key.partition, key.epoch]);
}

export async function storeCursors(
  database: Database,
  progress: Iterable<readonly [ReaderKey, bigint]>,
): Promise<void> {
  const rows = Array.from(progress, ([key, cursor]) => ({
    g: key.group,
    s: key.stream,
    p: key.partition,
    e: String(key.epoch),
    c: String(cursor),
  }));
  await database.query(storeProgress, [JSON.stringify(rows)]);
}

export async function readCursors(database: Database, group: string): Promise<PartitionCursor[]> {
  return database.query<PartitionCursor>(cursors, [group]);
}

export async function replayGroup(
  database: Database,
  group: string,
  from: 'start' | Date | readonly PartitionCursor[],
): Promise<void> {
  if (from === 'start') await database.query(replayStart, [group]);
  else if (from instanceof Date) await database.query(replayTime, [group, from]);
  else await database.query(replayCursors, [group, JSON.stringify(from)]);
}

/** A killed process takes no leave; its members' rows would stay for good. */
export async function forgetDeadMembers(database: Database, expiredForMs: number): Promise<void> {
  await database.query(forgetMembers, [expiredForMs]);
}

export async function forgetGroup(database: Database, group: string): Promise<void> {
  await database.query(forget, [group]);
}
