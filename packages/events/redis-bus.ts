// The bus on Redis Streams, on one server or on a Redis Cluster. Redis may lose everything at any time: what is
// published again then comes from the outboxes (see `relay.ts`). One object serves all services of a process.
import {
  DEFAULT_PARTITIONS,
  EventsLost,
  type Bus,
  type BusLog,
  type Consumer,
  type DeadLetter,
  type DeadLetterFilter,
  type Follower,
  type FollowOptions,
  type PartitionCursor,
  type StreamMark,
  type WorkOptions,
} from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { pauseUnless, startLoop, type Loop } from './loop.ts';
import { partitionOf } from './partition-of.ts';
import { patiently, RedisConnection } from './redis-connection.ts';
import { RedisConsumer } from './redis-consumer.ts';
import {
  countDeadLetters,
  forgetGroup,
  listDeadLetters,
  readCursors,
  replayGroup,
  requestRetries,
} from './redis-everywhere.ts';
import { FollowedPartition } from './redis-follower.ts';
import { ensureGroup } from './redis-groups.ts';
import { hintChannel, MEMBERS_CHANGED } from './redis-keys.ts';
import { LEASE_MS, RedisLeases } from './redis-leases.ts';
import { isMark, markOf, statesOf } from './redis-marks.ts';
import { partitionHead, partitionSettled, publishToPartition, trimPartition } from './redis-partitions.ts';
import type { PartitionReader } from './redis-reader.ts';
import { seldom } from './seldom.ts';
import { ensureStream, placesOf } from './redis-streams.ts';

/** Cursors of all readers are stored together, at most once in this time: a crash repeats so much work. */
const STORE_CURSORS_EVERY_MS = 10;
/** Loops that only run when nudged look again after this time all the same. */
const IDLE_MS = 60_000;
/**
 * Events stay this long after every group has read them, for replays and followers that come back. Redis keeps them in
 * memory, about 1.5 kB each: 500 events a second make 2.7 GB an hour. The outboxes keep them longer, on disk.
 */
const RETENTION_MS = 60 * 60 * 1000;
const TRIM_EVERY_MS = 60_000;
/** Events that one trimming script removes from one partition: Redis does nothing else meanwhile. */
const TRIM_EVENTS = 500;
/** Events that one script writes: about as long as a fetch takes. */
const PUBLISH_CHUNK_EVENTS = 500;

export interface RedisBusOptions {
  /** `redis://…`, `rediss://…`, or for a cluster `redis+cluster://[user:password@]host:port[,host:port]`. */
  readonly url: string;
  readonly log: BusLog;
  readonly partitions?: number;
  readonly retentionMs?: number;
}

export async function openRedisBus(options: RedisBusOptions): Promise<Bus> {
  const bus = new RedisBus(options);
  await bus.open();
  return bus;
}

class RedisBus implements Bus {
  readonly #connection: RedisConnection;
  readonly #log: BusLog;
  /** For what fails again and again while Redis is away. */
  readonly #seldom: BusLog;
  readonly #partitions: number;
  readonly #retentionMs: number;
  readonly #streams = new Map<string, Promise<void>>();
  readonly #hearing = new Set<string>();
  readonly #followed = new Set<FollowedPartition>();
  readonly #leases: RedisLeases;
  readonly #storing: Loop;
  readonly #trimming: Loop;
  readonly #closing = new AbortController();
  readonly #progressed = new Set<PartitionReader>();
  #closed: Promise<void> | undefined;

  constructor({ url, log, partitions, retentionMs }: RedisBusOptions) {
    this.#log = log;
    this.#seldom = seldom(log);
    this.#partitions = partitions ?? DEFAULT_PARTITIONS;
    this.#retentionMs = retentionMs ?? RETENTION_MS;
    const onListening = (): void => this.#nudge();
    this.#connection = new RedisConnection(url, { log: this.#seldom, onListening });
    const loop = (what: string, run: () => Promise<number>): Loop =>
      startLoop({
        run,
        onError: (err) => this.#seldom.warn({ err }, `the bus could not ${what} and tries again`),
      });
    this.#leases = new RedisLeases(this.#seldom);
    this.#storing = loop('store cursors', () => this.#storeProgress());
    this.#trimming = loop('trim events', () => this.#trim());
  }

  async open(): Promise<void> {
    await this.#connection.open().catch(async (error: unknown) => {
      await this.#stopLoops();
      throw error;
    });
  }

  async publish(
    stream: string,
    events: readonly EventEnvelope[],
    known?: StreamMark | null,
  ): Promise<StreamMark> {
    await this.#ensureStream(stream);
    const expected = known === undefined ? undefined : statesOf(known, this.#partitions);
    const byPartition = Map.groupBy(events, (event) => partitionOf(event.aggregateId, this.#partitions));
    const looksAtAll = events.length === 0 || expected === undefined;
    const publishes = placesOf(stream, this.#partitions).map(async (place) => {
      const own = byPartition.get(place.partition) ?? [];
      const before = expected?.[place.partition];
      if (own.length === 0 && !looksAtAll && before !== undefined) return { lost: false, state: before };
      let after = await this.#publishChunk(place, own.slice(0, PUBLISH_CHUNK_EVENTS), before);
      for (let at = PUBLISH_CHUNK_EVENTS; at < own.length && !after.lost; at += PUBLISH_CHUNK_EVENTS) {
        const chunk = own.slice(at, at + PUBLISH_CHUNK_EVENTS);
        after = await this.#publishChunk(place, chunk, before && after.state);
      }
      return after;
    });
    const results = await Promise.all(publishes);
    const mark = markOf(results.map((result) => result.state));
    if (results.some((result) => result.lost)) {
      this.#streams.delete(stream);
      throw new EventsLost(stream, { mark, everything: known === null || !isMark(known) });
    }
    return mark;
  }

  async settled(stream: string, mark: StreamMark): Promise<boolean> {
    const states = statesOf(mark, this.#partitions);
    const all = await Promise.all(
      states.map((state, partition) => partitionSettled(this.#connection, { stream, partition }, state)),
    );
    return all.every(Boolean);
  }

  async work(options: WorkOptions): Promise<Consumer> {
    await patiently(async () => {
      const places = await this.#placesOf(options.streams);
      await Promise.all(places.map((place) => ensureGroup(this.#connection, options.group, place)));
    });
    const consumer = new RedisConsumer(options, {
      connection: this.#connection,
      log: this.#log,
      seldomLog: this.#seldom,
      partitions: this.#partitions,
      leaseMs: LEASE_MS,
      progressed: (reader) => {
        this.#progressed.add(reader);
        this.#storing.nudge();
      },
      ended: () => this.#leases.nudge(),
    });
    this.#hear(options.streams);
    this.#leases.add(consumer);
    const stop = (): Promise<void> => this.#leases.remove(consumer);
    return { stop, [Symbol.asyncDispose]: stop };
  }

  async follow(options: FollowOptions): Promise<Follower> {
    const followed = await patiently(async () => {
      const places = await this.#placesOf(options.streams);
      return Promise.all(
        places.map(async (place) => ({ place, head: await partitionHead(this.#connection, place) })),
      );
    });
    this.#hear(options.streams);
    const port = { connection: this.#connection, log: this.#log, seldomLog: this.#seldom };
    const parts = followed.map((start) => new FollowedPartition(options, start, port));
    for (const part of parts) this.#followed.add(part);
    const stop = async (): Promise<void> => {
      for (const part of parts) this.#followed.delete(part);
      await Promise.all(parts.map((part) => part.stop()));
    };
    return { stop, [Symbol.asyncDispose]: stop };
  }

  deadLetters(filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    return listDeadLetters(this.#connection, filter);
  }

  deadLetterCounts(): Promise<ReadonlyMap<string, number>> {
    return countDeadLetters(this.#connection);
  }

  retryDeadLetters(group: string, aggregateId: string): Promise<number> {
    return requestRetries(this.#connection, { group, aggregateId });
  }

  cursors(group: string): Promise<PartitionCursor[]> {
    return readCursors(this.#connection, group);
  }

  replay(group: string, from: 'start' | Date | readonly PartitionCursor[]): Promise<void> {
    return replayGroup(this.#connection, group, from);
  }

  forgetGroup(group: string): Promise<void> {
    return forgetGroup(this.#connection, group);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#leases.stop();
    await Promise.all(Array.from(this.#followed, (part) => part.stop()));
    await this.#stopLoops();
    this.#connection.close();
  }

  async #stopLoops(): Promise<void> {
    this.#closing.abort();
    await Promise.all([this.#leases.stop(), this.#storing.stop(), this.#trimming.stop()]);
  }

  #publishChunk(
    place: { stream: string; partition: number },
    events: readonly EventEnvelope[],
    expected: Parameters<typeof publishToPartition>[1]['expected'],
  ): ReturnType<typeof publishToPartition> {
    return publishToPartition(this.#connection, {
      place,
      events,
      ...(expected === undefined ? {} : { expected }),
    });
  }

  async #placesOf(streams: readonly string[]): Promise<{ stream: string; partition: number }[]> {
    const distinct = [...new Set(streams)];
    await Promise.all(distinct.map((stream) => this.#ensureStream(stream)));
    return distinct.flatMap((stream) => placesOf(stream, this.#partitions));
  }

  #ensureStream(stream: string): Promise<void> {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const ensuring = ensureStream(this.#connection, stream, this.#partitions);
    this.#streams.set(stream, ensuring);
    ensuring.catch(() => this.#streams.delete(stream));
    return ensuring;
  }

  #hear(streams: readonly string[]): void {
    for (const stream of streams) {
      if (this.#hearing.has(stream)) continue;
      this.#hearing.add(stream);
      this.#connection.listen(hintChannel(stream), (message) => {
        if (message === MEMBERS_CHANGED) this.#leases.nudge();
        else this.#nudge({ stream, partition: Number(message) });
      });
    }
  }

  /** Looks for events at one place, or everywhere. */
  #nudge(place?: { stream: string; partition: number }): void {
    const readers = [...this.#leases.consumers].flatMap((consumer) => consumer.readers());
    for (const reader of [...readers, ...this.#followed]) {
      const concerned = reader.stream === place?.stream && reader.partition === place.partition;
      if (place === undefined || concerned) reader.feed.nudge();
    }
  }

  async #storeProgress(): Promise<number> {
    if (this.#progressed.size === 0) return IDLE_MS;
    const readers = [...this.#progressed];
    this.#progressed.clear();
    const stored = await Promise.allSettled(readers.map((reader) => reader.store()));
    for (const [index, result] of stored.entries()) {
      const reader = readers[index];
      if (result.status === 'rejected' && reader !== undefined && !reader.stopped)
        this.#progressed.add(reader);
    }
    const failed = stored.find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    await pauseUnless(this.#closing.signal, STORE_CURSORS_EVERY_MS);
    return this.#progressed.size > 0 ? 0 : IDLE_MS;
  }

  async #trim(): Promise<number> {
    // Said again now and then, because Redis may have lost which streams there are.
    const streams = [...this.#streams.keys()];
    await Promise.all(streams.map((stream) => ensureStream(this.#connection, stream, this.#partitions)));
    let more = false;
    for (const place of streams.flatMap((stream) => placesOf(stream, this.#partitions))) {
      if (this.#closing.signal.aborted) return IDLE_MS;
      const trimming = { retentionMs: this.#retentionMs, most: TRIM_EVENTS };
      const removed = await trimPartition(this.#connection, place, trimming);
      more ||= removed === TRIM_EVENTS;
    }
    return more ? 0 : TRIM_EVERY_MS;
  }
}
