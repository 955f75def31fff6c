// Statements of the Postgres bus about dead letters: events that a group could not handle, and the events behind
// them, since the aggregate of a dead letter is parked until its dead letters have gone through again.
import { sql, type Database } from '@simplebank/chassis';
import type { Delivery, Failure } from './aggregate-lanes.ts';
import type { DeadLetter, DeadLetterFilter } from './bus.ts';
import type { ReaderKey } from './postgres-groups.ts';

/** Dead letters answered when no limit is given. */
const DEFAULT_DEAD_LETTERS = 100;

const parked = sql(
  'bus.parked',
  `select distinct aggregate_id from dead_letter where group_name = $1 and stream = $2 and partition = $3`,
);
// Written only by the partition's present reader.
const bury = sql(
  'bus.bury',
  `with mine as (
     select from reader where group_name = $1 and stream = $2 and partition = $3 and epoch = $4 for share
   ), written as (
     insert into dead_letter (group_name, stream, partition, position, aggregate_id, envelope, error, attempts)
     select $1, $2, $3, $5, $6, $7, $8, $9 from mine
     on conflict do nothing
   )
   select 1 as held from mine`,
);
const buried = sql(
  'bus.buried',
  `select position, aggregate_id as "aggregateId", envelope from dead_letter
   where group_name = $1 and stream = $2 and partition = $3 and aggregate_id = $4 order by position`,
);
const unbury = sql(
  'bus.unbury',
  'delete from dead_letter where group_name = $1 and stream = $2 and partition = $3 and position = $4',
);
const rebury = sql(
  'bus.rebury',
  `update dead_letter set retry_requested = false,
     error = case when position = $4 then $6 else error end,
     attempts = case when position = $4 then $7 else attempts end,
     failed_at = case when position = $4 then now() else failed_at end
   where group_name = $1 and stream = $2 and partition = $3 and aggregate_id = $5`,
);
const list = sql(
  'bus.dead-letters',
  `select group_name as "group", stream, aggregate_id as "aggregateId", envelope as event, error, attempts,
          failed_at as "failedAt"
   from dead_letter
   where ($1::text is null or group_name = $1) and ($2::text is null or aggregate_id = $2)
   order by failed_at, stream, partition, position limit $3`,
);
const count = sql(
  'bus.count-dead-letters',
  `select r.group_name as "group", count(d.position)::integer as letters
   from (select distinct group_name from reader) r left join dead_letter d using (group_name)
   group by r.group_name order by r.group_name`,
);
const requestRetry = sql(
  'bus.request-retry',
  'update dead_letter set retry_requested = true where group_name = $1 and aggregate_id = $2 returning position',
);
const requested = sql(
  'bus.requested-retries',
  `select distinct d.group_name as "group", d.stream, d.partition, d.aggregate_id as "aggregateId"
   from dead_letter d join reader r using (group_name, stream, partition)
   where d.retry_requested and r.owner = any ($1::uuid[])`,
);

export interface RetryRequest {
  readonly group: string;
  readonly stream: string;
  readonly partition: number;
  readonly aggregateId: string;
}

const place = ({ group, stream, partition }: ReaderKey): unknown[] => [group, stream, partition];

export async function parkedAggregates(database: Database, key: ReaderKey): Promise<string[]> {
  const rows = await database.query<{ aggregate_id: string }>(parked, place(key));
  return rows.map((row) => row.aggregate_id);
}

/** False when the partition has another reader by now. */
export async function buryDelivery(
  database: Database,
  key: ReaderKey,
  { delivery, failure }: { delivery: Delivery; failure: Failure },
): Promise<boolean> {
  const { position, aggregateId, envelope } = delivery;
  const written = await database.query(bury, [
    ...place(key),
    key.epoch,
    position,
    aggregateId,
    JSON.stringify(envelope),
    failure.error,
    failure.attempts,
  ]);
  return written.length > 0;
}

export async function buriedDeliveries(
  database: Database,
  key: ReaderKey,
  aggregateId: string,
): Promise<Delivery[]> {
  return database.query<Delivery>(buried, [...place(key), aggregateId]);
}

export async function unburyDelivery(database: Database, key: ReaderKey, delivery: Delivery): Promise<void> {
  await database.query(unbury, [...place(key), delivery.position]);
}

export async function reburyDelivery(
  database: Database,
  key: ReaderKey,
  { delivery, failure }: { delivery: Delivery; failure: Failure },
): Promise<void> {
  const { position, aggregateId } = delivery;
  await database.query(rebury, [...place(key), position, aggregateId, failure.error, failure.attempts]);
}

export async function listDeadLetters(database: Database, filter: DeadLetterFilter): Promise<DeadLetter[]> {
  const values = [filter.group, filter.aggregateId, filter.limit ?? DEFAULT_DEAD_LETTERS];
  return database.query<DeadLetter>(list, values);
}

/** How many dead letters each group has; 0 for a group without. */
export async function countDeadLetters(database: Database): Promise<Map<string, number>> {
  const rows = await database.query<{ group: string; letters: number }>(count);
  return new Map(rows.map(({ group, letters }) => [group, letters]));
}

/** Answers how many dead letters will be tried again. */
export async function requestRetries(
  database: Database,
  group: string,
  aggregateId: string,
): Promise<number> {
  return (await database.query(requestRetry, [group, aggregateId])).length;
}

export async function requestedRetries(
  database: Database,
  memberIds: readonly string[],
): Promise<RetryRequest[]> {
  return database.query<RetryRequest>(requested, [memberIds]);
}
