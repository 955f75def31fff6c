// Statements of the Postgres bus about streams and events: publish, fetch, heads, trimming.
import { sql, type Database } from '@simplebank/chassis';
import type { Delivery } from './aggregate-lanes.ts';
import type { EventEnvelope } from './envelope.ts';
import { partitionOf } from './partition-of.ts';

/** Other processes listen here; the payload is the sender's id, because a sender wakes its own readers itself. */
export const PUBLISHED_CHANNEL = 'bus_published';
/** Events written under one lock of the partitions; larger publishes are cut into such pieces. */
const PUBLISH_CHUNK_EVENTS = 500;
/** Events fetched from a partition at a time. */
export const FETCH_EVENTS = 128;

const ensure = sql('bus.ensure-stream', 'select ensure_stream($1, $2) as partitions');
const publish = sql('bus.publish', 'select publish_events($1, $2::json)');
const notify = sql('bus.notify', `select pg_notify('${PUBLISHED_CHANNEL}', $1)`);
const heads = sql(
  'bus.heads',
  `select stream, partition, last_position as last, trimmed_position as trimmed
   from partition_head where stream = any ($1::text[]) order by stream, partition`,
);
// The join with the heads makes an idle poll cheap: events are looked for only where there are some.
const fetch = sql(
  'bus.fetch',
  `select r.n::int as n, e.position, e.aggregate_id, e.envelope
   from unnest($1::text[], $2::int[], $3::bigint[]) with ordinality r (stream, partition, after, n)
   join partition_head h
     on h.stream = r.stream and h.partition = r.partition and h.last_position <> r.after
   left join lateral (
     select x.position, x.aggregate_id, x.envelope from event x
     where x.stream = r.stream and x.partition = r.partition and x.position > r.after
     order by x.position limit ${FETCH_EVENTS}
   ) e on true
   order by r.n, e.position`,
);
const trim = sql('bus.trim', 'select trim_partition($1, $2, $3, $4) as removed');

export interface PartitionHead {
  readonly stream: string;
  readonly partition: number;
  readonly last: bigint;
  readonly trimmed: bigint;
}

/** "What comes after this position", asked for one partition. */
export interface Demand {
  readonly stream: string;
  readonly partition: number;
  readonly after: bigint;
}

export async function ensureStream(database: Database, stream: string, partitions: number): Promise<void> {
  const [row] = await database.query<{ partitions: number }>(ensure, [stream, partitions]);
  if (row?.partitions !== partitions) {
    throw new Error(`stream ${stream} has ${row?.partitions} partitions, this process expects ${partitions}`);
  }
}

export async function publishEvents(
  database: Database,
  { stream, events, partitions }: { stream: string; events: readonly EventEnvelope[]; partitions: number },
): Promise<void> {
  const distinct = [...new Map(events.map((event) => [event.id, event])).values()];
  for (let start = 0; start < distinct.length; start += PUBLISH_CHUNK_EVENTS) {
    const chunk = distinct.slice(start, start + PUBLISH_CHUNK_EVENTS);
    const batch = chunk.map((event) => ({ p: partitionOf(event.aggregateId, partitions), e: event }));
    await database.query(publish, [stream, JSON.stringify(batch)]);
  }
}

export async function notifyPublished(database: Database, sender: string): Promise<void> {
  await database.query(notify, [sender]);
}

export async function readHeads(database: Database, streams: readonly string[]): Promise<PartitionHead[]> {
  return database.query<PartitionHead>(heads, [streams]);
}

interface EventRow {
  readonly n: number;
  readonly position: bigint | null;
  readonly aggregate_id: string;
  readonly envelope: unknown;
}

/**
 * One list for each demand, in position order: `undefined` when nothing is new, empty when the partition ends
 * before the demand's position, which happens only when the bus has lost events.
 */
export async function fetchEvents(
  database: Database,
  demands: readonly Demand[],
): Promise<(Delivery[] | undefined)[]> {
  const rows = await database.query<EventRow>(fetch, [
    demands.map((demand) => demand.stream),
    demands.map((demand) => demand.partition),
    demands.map((demand) => demand.after),
  ]);
  const lists: (Delivery[] | undefined)[] = demands.map(() => undefined);
  for (const { n, position, aggregate_id: aggregateId, envelope } of rows) {
    const list = (lists[n - 1] ??= []);
    if (position !== null) list.push({ position, aggregateId, envelope });
  }
  return lists;
}

/** Removes up to `most` events that are past the retention and read by every group; answers how many. */
export async function trimPartition(
  database: Database,
  head: PartitionHead,
  { retentionMs, most }: { retentionMs: number; most: number },
): Promise<number> {
  const values = [head.stream, head.partition, retentionMs, most];
  const [row] = await database.query<{ removed: bigint }>(trim, values);
  return Number(row?.removed ?? 0n);
}
