// Reads one partition for one reader: at once when a hint says that there is something, and now and then without one.
import type { BusLog } from './bus.ts';
import { startLoop, type Loop } from './loop.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { Place } from './redis-keys.ts';
import { FETCH_EVENTS, fetchEvents, type Demand, type Fetched } from './redis-partitions.ts';

/**
 * An event whose hint was lost waits at most this long. Hints are lost only with the connection, whose return is a
 * hint itself, so this is the second net, and each look costs every idle process a command per partition.
 */
const POLL_MS = 500;

/** Who reads the partition. */
export interface FeedReader extends Place {
  /** False while it has enough, and when it has ended. */
  readonly wanting: boolean;
  demand(): Demand;
  /** What came for the demand; only while it is `wanting`. */
  take(fetched: Fetched): void | Promise<void>;
}

export function startFeed(connection: RedisConnection, reader: FeedReader, log: BusLog): Loop {
  return startLoop({
    async run() {
      if (!reader.wanting) return POLL_MS;
      const fetched = await fetchEvents(connection, reader.demand());
      if (!reader.wanting) return POLL_MS;
      await reader.take(fetched);
      return fetched.deliveries.length === FETCH_EVENTS ? 0 : POLL_MS;
    },
    onError: (err) =>
      log.warn({ err, stream: reader.stream }, 'the bus could not fetch events and tries again'),
  });
}
