// A bus that behaves as badly as its contract's "at least once" allows, and worse: every event comes twice, to every
// group and every follower, and in an order shuffled within windows of 20, also within an aggregate. It stands on a
// real bus: each copy travels as the only event of an aggregate of its own, so that the real lanes neither mend the
// order nor hold one copy behind another, and still acknowledge each copy only when its handler has succeeded.
import { createHash } from 'node:crypto';
import { decodeEnvelope, type Bus, type BusLog, type EventEnvelope } from '@simplebank/events';
import { seededRandom } from './seeded-random.ts';
import { unrulyTally, type Tally, type UnrulyTally } from './unruly-tally.fixture.ts';
import { unrulyWindow, WINDOW_EVENTS, type UnrulyWindow } from './unruly-window.fixture.ts';

export const COPIES = 2;
/** Deliveries to a group that are begun and not ended: a window that is handled, and one that fills up meanwhile. */
const CONCURRENCY = 2 * WINDOW_EVENTS;

export interface UnrulyBus extends Bus {
  /** Events of a stream that were published, each counted once. */
  published(stream: string): number;
  groups(): ReadonlyMap<string, Tally>;
  followers(): readonly Tally[];
}

export interface UnrulyBusOptions {
  readonly inner: Bus;
  readonly seed: number;
  readonly log: BusLog;
}

export function unrulyBus({ inner, seed, log }: UnrulyBusOptions): UnrulyBus {
  const random = seededRandom(seed);
  const published = new Map<string, Set<string>>();
  const groups = new Map<string, UnrulyTally>();
  const followers: UnrulyTally[] = [];
  return {
    published: (stream) => published.get(stream)?.size ?? 0,
    groups: () => groups,
    followers: () => followers,

    async publish(stream, events, known) {
      const ids = published.get(stream) ?? new Set();
      published.set(stream, ids);
      for (const { id } of events) ids.add(id);
      const copies = Array.from({ length: COPIES }, (_, copy) => events.map((event) => carrier(event, copy)));
      return inner.publish(stream, copies.flat(), known);
    },

    work(options) {
      const window = unrulyWindow<() => void>(random, (begins) => begins.forEach((begin) => begin()));
      const tally = unrulyTally(options.streams, window);
      groups.set(options.group, tally);
      const handle = async (event: EventEnvelope): Promise<void> => {
        tally.delivered(event);
        await options.handle(event).catch((error: unknown) => {
          tally.refused(error);
          throw error;
        });
        tally.handled();
      };
      return inner.work({
        ...options,
        concurrency: CONCURRENCY,
        // The copy counts as handled when this resolves, which is when the handler has succeeded.
        handle: (copy) =>
          new Promise((resolve, reject) =>
            window.add(() => void handle(carried(copy)).then(resolve, reject)),
          ),
      });
    },

    async follow(options) {
      let telling = Promise.resolve();
      const tell = async (event: EventEnvelope): Promise<void> => {
        tally.delivered(event);
        try {
          await options.onEvent(event);
        } catch (err) {
          tally.refused(err);
          log.error({ err }, 'a follower failed and misses an event');
        }
        tally.handled();
      };
      const window: UnrulyWindow<EventEnvelope> = unrulyWindow(random, (events) => {
        for (const event of events) telling = telling.then(() => tell(event));
      });
      const tally = unrulyTally(options.streams, window);
      followers.push(tally);
      const follower = await inner.follow({ ...options, onEvent: (copy) => window.add(carried(copy)) });
      const stop = async (): Promise<void> => {
        await follower.stop();
        window.flush();
        await telling;
      };
      return { stop, [Symbol.asyncDispose]: stop };
    },

    settled: (stream, mark) => inner.settled(stream, mark),
    deadLetters: (filter) => inner.deadLetters(filter),
    deadLetterCounts: () => inner.deadLetterCounts(),
    retryDeadLetters: (group, aggregateId) => inner.retryDeadLetters(group, aggregateId),
    cursors: (group) => inner.cursors(group),
    replay: (group, from) => inner.replay(group, from),
    forgetGroup: (group) => inner.forgetGroup(group),
    close: () => inner.close(),
    [Symbol.asyncDispose]: () => inner.close(),
  };
}

/** Its id follows from the event's, so that a publish that is repeated is recognised by the real bus as ever. */
function carrier(event: EventEnvelope, copy: number): EventEnvelope {
  const hex = createHash('sha256').update(`${event.id} ${copy}`).digest('hex');
  const id = [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ];
  return { ...event, id: id.join('-'), aggregateId: id.join('-'), sequence: 1, data: event };
}

function carried(copy: EventEnvelope): EventEnvelope {
  return decodeEnvelope(copy.data);
}
