// One follower of the Postgres bus: sees every event of its streams, in order per partition, with no cursor but
// the one in memory.
import type { Delivery } from './aggregate-lanes.ts';
import type { BusLog, FollowOptions } from './bus.ts';
import { decodeEnvelope } from './envelope.ts';
import type { Source } from './postgres-sources.ts';
import { FETCH_EVENTS, type PartitionHead } from './postgres-streams.ts';

export class PostgresFollower {
  readonly #parts: FollowedPartition[];

  constructor(
    options: FollowOptions,
    heads: readonly PartitionHead[],
    port: { log: BusLog; hungry(): void },
  ) {
    this.#parts = heads.map((head) => new FollowedPartition(options, head, port));
  }

  sources(): Source[] {
    return this.#parts;
  }

  async stop(): Promise<void> {
    await Promise.all(this.#parts.map((part) => part.stop()));
  }
}

class FollowedPartition implements Source {
  readonly stream: string;
  readonly partition: number;
  after: bigint;
  readonly #options: FollowOptions;
  readonly #port: { log: BusLog; hungry(): void };
  #queue: Delivery[] = [];
  #draining = false;
  #drained: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: FollowOptions, head: PartitionHead, port: { log: BusLog; hungry(): void }) {
    this.stream = head.stream;
    this.partition = head.partition;
    this.after = options.from === 'now' ? head.last : head.trimmed;
    this.#options = options;
    this.#port = port;
  }

  get wanting(): boolean {
    return !this.#stopped && this.#queue.length <= FETCH_EVENTS;
  }

  deliver(deliveries: readonly Delivery[]): void {
    const first = deliveries[0];
    const last = deliveries.at(-1);
    // Positions have no holes, so a jump means that events were trimmed, an empty answer that the bus lost some.
    if (first === undefined || first.position !== this.after + 1n) this.#tellGap();
    this.after = last?.position ?? 0n;
    this.#queue.push(...deliveries);
    if (!this.#draining) this.#drained = this.#drain();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#drained;
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
      if (this.#queue.length === FETCH_EVENTS) this.#port.hungry();
    }
    // In the turn in which the queue was found empty: what comes after it must find nobody at work.
    this.#draining = false;
  }
}
