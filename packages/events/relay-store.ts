// The relay's statements: its lease, the rows that wait, and what becomes of them.
import { sql, type Database } from '@simplebank/chassis';
import type { StreamMark } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';

/** Rows of one step of `unpublish`: some hundredths of a second. */
const UNPUBLISH_ROWS = 2_000;

const renew = sql(
  'relay.renew',
  `update outbox_relay set owner = $1, lease_expires_at = clock_timestamp() + $2 * interval '1 millisecond'
   where owner = $1 or owner is null or lease_expires_at < clock_timestamp()
   returning owner`,
);
const release = sql('relay.release', 'update outbox_relay set owner = null where owner = $1');
const read = sql(
  'relay.read',
  `select o.id, o.envelope
   from outbox_relay r cross join lateral (
     select id, envelope from outbox where published_at is null order by id limit $2
   ) o
   where r.owner = $1 and r.lease_expires_at > clock_timestamp()
   order by o.id`,
);
const readMark = sql('relay.read-mark', 'select bus_mark as mark from outbox_relay where owner = $1');
// A mark that is lost in a crash means one more publish, which the bus drops: no need to wait for the disk. It only
// follows the one that its relay knew, because one that had lost the lease for a while would set it back.
const markRows = sql(
  'relay.mark',
  `with relaxed as (select set_config('synchronous_commit', 'off', true)), mine as (
     update outbox_relay set bus_mark = $4 from relaxed
     where owner = $2 and bus_mark is not distinct from $3 returning now() as at
   ), marked as (
     update outbox set published_at = now() from mine where id = any ($1::bigint[])
   )
   select at from mine`,
);
// The clock of this one database tells what was published when; the margin covers that it may be set back a little.
// In steps by id, because hours of events in one statement would exceed its time limit, at every try.
const unpublishStep = sql(
  'relay.unpublish',
  `with mine as (
     select handled_until - $3::float8 * interval '1 millisecond' as handled from outbox_relay
     where owner = $1 and bus_mark is not distinct from $2
   ), step as (
     select o.id, o.published_at, mine.handled from mine cross join lateral (
       select id, published_at from outbox where id > $4 order by id limit $5
     ) o
   ), again as (
     update outbox o set published_at = null from step
     where o.id = step.id and step.published_at is not null
       and (step.published_at > step.handled or $3::float8 is null)
     returning 1
   )
   select (select max(id) from step) as upto, (select count(*)::int from again) as events`,
);
const replaceMark = sql(
  'relay.replace-mark',
  'update outbox_relay set bus_mark = $3 where owner = $1 and bus_mark is not distinct from $2',
);
const handled = sql(
  'relay.handled',
  'update outbox_relay set handled_until = greatest(handled_until, $2::timestamptz) where owner = $1',
);
// Looks at the oldest rows only, and tests the age afterwards: searched by age, a table in which nothing is old
// would be read as a whole, every time.
const trim = sql(
  'relay.trim',
  `delete from outbox where id = any (array(
     select oldest.id from (select id, published_at from outbox order by id limit $3) oldest, outbox_relay r
     where oldest.published_at < now() - $1 * interval '1 millisecond'
       and (oldest.published_at <= r.handled_until
         or oldest.published_at < now() - $2 * interval '1 millisecond')
   )) returning id`,
);

export interface OutboxRow {
  readonly id: bigint;
  readonly envelope: EventEnvelope;
}

/** Renews the lease, or takes one that is free. True when `owner` has it now. */
export async function renewLease(database: Database, owner: string, leaseMs: number): Promise<boolean> {
  return (await database.query(renew, [owner, leaseMs])).length > 0;
}

export async function releaseLease(database: Database, owner: string): Promise<void> {
  await database.query(release, [owner]);
}

/** The next events to publish, in order; none when the lease is another's. */
export async function readOutbox(database: Database, owner: string, most: number): Promise<OutboxRow[]> {
  return database.query<OutboxRow>(read, [owner, most]);
}

/** The bus's mark of the stream that was stored last; undefined when the lease is another's. */
export async function readBusMark(database: Database, owner: string): Promise<StreamMark | null | undefined> {
  const [row] = await database.query<{ mark: StreamMark | null }>(readMark, [owner]);
  return row?.mark;
}

export interface Publication {
  readonly owner: string;
  readonly rows: readonly OutboxRow[];
  readonly markBefore: StreamMark | null;
  readonly mark: StreamMark;
}

/**
 * Answers when, by the database's clock. Undefined when the lease has been another's meanwhile: then nothing is
 * marked, and what the relay knows of the bus is out of date.
 */
export async function markPublished(
  database: Database,
  { owner, rows, markBefore, mark }: Publication,
): Promise<Date | undefined> {
  const ids = rows.map((row) => row.id);
  const [row] = await database.query<{ at: Date }>(markRows, [ids, owner, markBefore, mark]);
  return row?.at;
}

export interface Loss {
  readonly owner: string;
  readonly markBefore: StreamMark | null;
  readonly mark: StreamMark;
  readonly marginMs: number | 'everything';
}

interface UnpublishStep {
  /** The last row that it looked at; null when there was none, or when the lease or the mark is another's. */
  readonly upto: bigint | null;
  readonly events: number;
}

/**
 * After a loss: what some group may not have handled, with a margin, waits to be published again. Answers how much.
 * The new mark comes last: until then the bus refuses every publish, so that whoever has the lease begins here again.
 */
export async function unpublish(
  database: Database,
  { owner, markBefore, mark, marginMs }: Loss,
): Promise<number> {
  const margin = marginMs === 'everything' ? null : marginMs;
  let events = 0;
  for (let upto = 0n; ;) {
    const values = [owner, markBefore, margin, upto, UNPUBLISH_ROWS];
    const [step] = await database.query<UnpublishStep>(unpublishStep, values);
    if (step === undefined || step.upto === null) break;
    events += step.events;
    upto = step.upto;
  }
  await database.query(replaceMark, [owner, markBefore, mark]);
  return events;
}

/** What was published up to then has been handled by every group. */
export async function storeHandledUntil(database: Database, owner: string, until: Date): Promise<void> {
  await database.query(handled, [owner, until]);
}

export interface OutboxTrimming {
  /** Rows are kept this long, and longer while a group has not handled them. */
  readonly retentionMs: number;
  readonly unhandledRetentionMs: number;
  readonly most: number;
}

/** Deletes those of the oldest `most` rows that are published and past the retention; answers how many. */
export async function trimOutbox(
  database: Database,
  { retentionMs, unhandledRetentionMs, most }: OutboxTrimming,
): Promise<number> {
  return (await database.query(trim, [retentionMs, unhandledRetentionMs, most])).length;
}
