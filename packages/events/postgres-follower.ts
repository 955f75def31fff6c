// One follower of the Postgres bus: sees every event of its streams, in order per partition, with no cursor but
// the one in memory.
import type { Delivery } from './aggregate-lanes.ts';
import type { BusLog, FollowOptions } from './bus.ts';
import { FollowerQueue } from './follower-queue.ts';
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
  readonly #queue: FollowerQueue;

  constructor(follow: FollowOptions, head: PartitionHead, { log, hungry }: { log: BusLog; hungry(): void }) {
    this.stream = head.stream;
    this.partition = head.partition;
    this.after = follow.from === 'now' ? head.last : head.trimmed;
    this.#queue = new FollowerQueue({ follow, place: this, mostWaiting: FETCH_EVENTS, log, hungry });
  }

  get wanting(): boolean {
    return this.#queue.wanting;
  }

  deliver(deliveries: readonly Delivery[]): void {
    const first = deliveries[0];
    const last = deliveries.at(-1);
    // Positions have no holes, so a jump means that events were trimmed, an empty answer that the bus lost some.
    if (first === undefined || first.position !== this.after + 1n) this.#queue.tellGap();
    this.after = last?.position ?? 0n;
    this.#queue.push(deliveries);
  }

  stop(): Promise<void> {
    return this.#queue.stop();
  }
}
