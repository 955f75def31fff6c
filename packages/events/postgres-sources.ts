// Fetches for all readers and followers of one process in one statement: an idle process costs one cheap query
// per poll, however many consumers it has, and readers at the same place share what is fetched.
import type { Database } from '@simplebank/chassis';
import type { Delivery } from './aggregate-lanes.ts';
import { FETCH_EVENTS, fetchEvents, type Demand } from './postgres-streams.ts';

/** Something that wants the events of one partition. */
export interface Source {
  readonly stream: string;
  readonly partition: number;
  /** The position of the last event that was delivered. */
  readonly after: bigint;
  readonly wanting: boolean;
  /** The events that follow `after`. Empty when the partition ends before `after`. */
  deliver(deliveries: readonly Delivery[]): void;
}

/** One round for all sources that want events. True when some may have more waiting. */
export async function fetchForSources(database: Database, sources: Iterable<Source>): Promise<boolean> {
  const waiting = new Map<string, { demand: Demand; sources: Source[] }>();
  for (const source of sources) {
    if (!source.wanting) continue;
    const { stream, partition, after } = source;
    const place = `${stream}/${partition}/${after}`;
    const same = waiting.get(place);
    if (same === undefined) waiting.set(place, { demand: { stream, partition, after }, sources: [source] });
    else same.sources.push(source);
  }
  if (waiting.size === 0) return false;

  const places = [...waiting.values()];
  const lists = await fetchEvents(
    database,
    places.map((place) => place.demand),
  );
  let more = false;
  for (const [index, { demand, sources: same }] of places.entries()) {
    const list = lists[index];
    if (list === undefined) continue;
    if (list.length === FETCH_EVENTS) more = true;
    // A source that moved while the query ran (a lost lease) takes nothing.
    for (const source of same) if (source.wanting && source.after === demand.after) source.deliver(list);
  }
  return more;
}
