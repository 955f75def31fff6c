// One follower of the Redis bus: sees every event of its streams, in order per partition, with no cursor but the one
// in memory. When Redis has lost something it is told, and goes on with what is published from then on; what a relay
// publishes again it may see twice.
import type { Delivery } from './aggregate-lanes.ts';
import type { BusLog, FollowOptions } from './bus.ts';
import { decodeEnvelope } from './envelope.ts';
import type { Loop } from './loop.ts';
import type { RedisConnection } from './redis-connection.ts';
import { startFeed, type FeedReader } from './redis-feed.ts';
import type { Place } from './redis-keys.ts';
import {
  FETCH_EVENTS,
  partitionHead,
  type Demand,
  type Fetched,
  type PartitionHead,
} from './redis-partitions.ts';

export interface FollowerPort {
  readonly connection: RedisConnection;
  readonly log: BusLog;
  /** For what fails again and again while Redis is away. */
  readonly seldomLog: BusLog;
}

export class FollowedPartition implements FeedReader {
  readonly stream: string;
  readonly partition: number;
  readonly feed: Loop;
  readonly #options: FollowOptions;
  readonly #port: FollowerPort;
  #incarnation: string;
  #after: bigint;
  #queue: Delivery[] = [];
  #draining = false;
  #drained: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    options: FollowOptions,
    { place, head }: { place: Place; head: PartitionHead },
    port: FollowerPort,
  ) {
    this.stream = place.stream;
    this.partition = place.partition;
    this.#incarnation = head.incarnation;
    this.#after = options.from === 'now' ? head.last : head.trimmed;
    this.#options = options;
    this.#port = port;
    this.feed = startFeed(port.connection, this, port.seldomLog);
  }

  get wanting(): boolean {
    return !this.#stopped && this.#queue.length <= FETCH_EVENTS;
  }

  demand(): Demand {
    const { stream, partition } = this;
    return { stream, partition, incarnation: this.#incarnation, after: this.#after };
  }

  async take({ status, deliveries }: Fetched): Promise<void> {
    if (status !== 'ok') {
      await this.#beginAnew();
      return;
    }
    const [first] = deliveries;
    const last = deliveries.at(-1);
    if (first === undefined || last === undefined) return;
    // Positions have no holes, so a jump means that events were trimmed.
    if (first.position !== this.#after + 1n) this.#tellGap();
    this.#after = last.position;
    this.#queue.push(...deliveries);
    if (!this.#draining) this.#drained = this.#drain();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.feed.stop();
    await this.#drained;
  }

  async #beginAnew(): Promise<void> {
    const { incarnation, base, last } = await partitionHead(this.#port.connection, this);
    // What was appended since the loss comes, also when this follower had been further before it. Redis may also have
    // gone back without anybody having noticed but this follower: then only the position is wrong.
    const known = incarnation === this.#incarnation ? last : base;
    if (this.#after > known) this.#after = known;
    this.#incarnation = incarnation;
    this.#tellGap();
    this.feed.nudge();
  }

  #tellGap(): void {
    try {
      this.#options.onGap?.(this.stream);
    } catch (err) {
      this.#port.log.error({ err, stream: this.stream }, 'a follower failed when told of a gap');
    }
  }

  async #drain(): Promise<void> {
    this.#draining = true;
    for (let delivery = this.#queue.shift(); delivery !== undefined; delivery = this.#queue.shift()) {
      if (this.#stopped) break;
      try {
        // Most followers are synchronous, and waiting for nothing costs a turn of the event loop per event.
        const waiting = this.#options.onEvent(decodeEnvelope(delivery.envelope));
        if (waiting !== undefined) await waiting;
      } catch (err) {
        const { stream, partition } = this;
        this.#port.log.error({ err, stream, partition }, 'a follower failed and misses an event');
      }
      if (this.#queue.length === FETCH_EVENTS) this.feed.nudge();
    }
    // In the turn in which the queue was found empty: what comes after it must find nobody at work.
    this.#draining = false;
  }
}
