// One follower of the Redis bus: sees every event of its streams, in order per partition, with no cursor but the one
// in memory. When Redis has lost something it is told, and goes on with what is published from then on; what a relay
// publishes again it may see twice.
import type { BusLog, FollowOptions } from './bus.ts';
import { FollowerQueue } from './follower-queue.ts';
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
  readonly #port: FollowerPort;
  readonly #queue: FollowerQueue;
  #incarnation: string;
  #after: bigint;

  constructor(
    options: FollowOptions,
    { place, head }: { place: Place; head: PartitionHead },
    port: FollowerPort,
  ) {
    this.stream = place.stream;
    this.partition = place.partition;
    this.#incarnation = head.incarnation;
    this.#after = options.from === 'now' ? head.last : head.trimmed;
    this.#port = port;
    this.#queue = new FollowerQueue({
      follow: options,
      place,
      mostWaiting: FETCH_EVENTS,
      log: port.log,
      hungry: () => this.feed.nudge(),
    });
    this.feed = startFeed(port.connection, this, port.seldomLog);
  }

  get wanting(): boolean {
    return this.#queue.wanting;
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
    if (first.position !== this.#after + 1n) this.#queue.tellGap();
    this.#after = last.position;
    this.#queue.push(deliveries);
  }

  async stop(): Promise<void> {
    const stopped = this.#queue.stop();
    await this.feed.stop();
    await stopped;
  }

  async #beginAnew(): Promise<void> {
    const { incarnation, base, last } = await partitionHead(this.#port.connection, this);
    // What was appended since the loss comes, also when this follower had been further before it. Redis may also have
    // gone back without anybody having noticed but this follower: then only the position is wrong.
    const known = incarnation === this.#incarnation ? last : base;
    if (this.#after > known) this.#after = known;
    this.#incarnation = incarnation;
    this.#queue.tellGap();
    this.feed.nudge();
  }
}
