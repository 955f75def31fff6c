// One partition that a consumer reads: its feed, the lanes that its events go to, and how far it has come. It ends by
// itself when Redis says that the group has another reader or that the partition has lost its place.
import { AggregateLanes } from './aggregate-lanes.ts';
import { DEFAULT_ATTEMPTS, GAP_PATIENCE_MS, type BusLog, type WorkOptions } from './bus.ts';
import type { Loop } from './loop.ts';
import type { RedisConnection } from './redis-connection.ts';
import { buriedDeliveries, buryDelivery, reburyDelivery, unburyDelivery } from './redis-dead-letters.ts';
import { startFeed, type FeedReader } from './redis-feed.ts';
import { storeCursorOf, type Entered } from './redis-groups.ts';
import { FETCH_EVENTS, type Demand, type Fetched, type ReaderKey } from './redis-partitions.ts';
import type { Slots } from './slots.ts';

export interface ReaderPort {
  readonly connection: RedisConnection;
  readonly log: BusLog;
  /** For what fails again and again while Redis is away. */
  readonly seldomLog: BusLog;
  /** The lease on the stream's partitions. */
  held(): boolean;
  /** The cursor may be stored, soon and together with others. */
  progressed(reader: PartitionReader): void;
  /** The reader reads no more; a heartbeat decides who does. */
  ended(): void;
}

export class PartitionReader implements FeedReader {
  readonly stream: string;
  readonly partition: number;
  readonly key: ReaderKey;
  readonly feed: Loop;
  readonly #lanes: AggregateLanes;
  readonly #port: ReaderPort;
  #after: bigint;
  #handled: bigint;
  #stored: bigint;
  /** The partition has more than was fetched. */
  #more = false;
  #stopping: Promise<void> | undefined;

  constructor(
    { key, cursor, parked }: Entered,
    { options, slots }: { options: WorkOptions; slots: Slots },
    port: ReaderPort,
  ) {
    this.stream = key.stream;
    this.partition = key.partition;
    this.key = key;
    this.#port = port;
    this.#after = cursor;
    this.#handled = cursor;
    this.#stored = cursor;
    const { connection, log } = port;
    this.#lanes = new AggregateLanes({
      port: {
        handle: (event) => options.handle(event),
        held: () => port.held(),
        progressed: (position) => this.#progressed(position),
        bury: (delivery, failure) => buryDelivery(connection, key, { delivery, failure }),
        buried: (aggregateId) => buriedDeliveries(connection, key, aggregateId),
        unbury: (delivery) => unburyDelivery(connection, key, delivery),
        rebury: (delivery, failure) => reburyDelivery(connection, key, { delivery, failure }),
      },
      slots,
      attempts: options.attempts ?? DEFAULT_ATTEMPTS,
      gapPatienceMs: options.gapPatienceMs ?? GAP_PATIENCE_MS,
      parked,
      log,
      logContext: { group: key.group, stream: key.stream, partition: key.partition },
    });
    this.feed = startFeed(connection, this, port.seldomLog);
  }

  get stopped(): boolean {
    return this.#lanes.stopped;
  }

  get wanting(): boolean {
    return !this.stopped && this.#lanes.backlog <= FETCH_EVENTS && this.#port.held();
  }

  demand(): Demand {
    const { stream, partition, key } = this;
    return { stream, partition, incarnation: key.incarnation, after: this.#after, reader: key };
  }

  take({ status, deliveries, retries }: Fetched): void {
    if (status !== 'ok') {
      this.end();
      return;
    }
    for (const aggregateId of retries) this.#lanes.retryDeadLetters(aggregateId);
    const last = deliveries.at(-1);
    if (last === undefined) return;
    this.#after = last.position;
    this.#more = deliveries.length === FETCH_EVENTS;
    this.#lanes.accept(deliveries);
  }

  /** Stores how far it has come; ends when the partition has another reader by now. */
  async store(): Promise<void> {
    const handled = this.#handled;
    if (handled === this.#stored) return;
    if (await storeCursorOf(this.#port.connection, this.key, handled)) this.#stored = handled;
    else this.end();
  }

  /** Begins nothing more, and tells. */
  end(): void {
    void this.stop();
    this.#port.ended();
  }

  /** Begins nothing more; resolves when the running handlers have ended. */
  stop(): Promise<void> {
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    await this.#lanes.stop();
    await this.feed.stop();
  }

  #progressed(position: bigint): void {
    this.#handled = position;
    this.#port.progressed(this);
    if (this.#more && this.wanting) this.feed.nudge();
  }
}
