// Keeps the consumers of one process alive in their groups: one heartbeat for all of them renews their leases,
// tells each what it holds, and passes on which dead letters are to be tried again.
import type { Database } from '@simplebank/chassis';
import type { BusLog } from './bus.ts';
import { startLoop, type Loop } from './loop.ts';
import type { PostgresConsumer } from './postgres-consumer.ts';
import { requestedRetries } from './postgres-dead-letters.ts';
import { holdPartitions, leaveGroup } from './postgres-groups.ts';

/** A dead process's partitions are free after this and one heartbeat of another: below the 3 s of the design. */
const LEASE_MS = 1_800;
const HEARTBEAT_MS = 400;
/** Without consumers there is nothing to renew; the first one nudges. */
const IDLE_MS = 60_000;

export interface LeasesOptions {
  readonly database: Database;
  readonly log: BusLog;
  /** Consumers may hold new partitions now. */
  changed(): void;
}

export class PostgresLeases {
  readonly consumers = new Set<PostgresConsumer>();
  readonly #options: LeasesOptions;
  readonly #loop: Loop;
  #beat: Promise<unknown> = Promise.resolve();

  constructor(options: LeasesOptions) {
    this.#options = options;
    this.#loop = startLoop({
      run: () => this.#heartbeat(),
      onError: (err) => options.log.warn({ err }, 'the bus could not renew its leases and tries again'),
    });
  }

  add(consumer: PostgresConsumer): void {
    this.consumers.add(consumer);
    this.#loop.nudge();
  }

  /** The next heartbeat at once, because something is waiting in the database. */
  nudge(): void {
    this.#loop.nudge();
  }

  /** Lets the consumer finish what it has begun, then leaves its partitions to others. */
  async remove(consumer: PostgresConsumer): Promise<void> {
    if (!this.consumers.has(consumer)) return;
    const { database, log } = this.#options;
    try {
      // The heartbeat goes on meanwhile, so that the handlers that still run keep their partitions.
      await consumer.stop();
      this.consumers.delete(consumer);
      await this.#beat;
      await leaveGroup(database, consumer.member.id);
    } catch (err) {
      log.warn(
        { err, group: consumer.member.group },
        'a consumer could not leave; its lease runs out by itself',
      );
    } finally {
      this.consumers.delete(consumer);
    }
  }

  async stop(): Promise<void> {
    await Promise.all([...this.consumers].map((consumer) => this.remove(consumer)));
    await this.#loop.stop();
  }

  async #heartbeat(): Promise<number> {
    if (this.consumers.size === 0) return IDLE_MS;
    const consumers = [...this.consumers];
    const sentAt = performance.now();
    const beat = holdPartitions(
      this.#options.database,
      consumers.map((consumer) => consumer.member),
      LEASE_MS,
    );
    this.#beat = beat.catch(() => undefined);
    const holdings = Map.groupBy(await beat, (holding) => holding.member_id);
    await Promise.all(
      consumers.map((consumer) =>
        consumer.apply(holdings.get(consumer.member.id) ?? [], { sentAt, leaseMs: LEASE_MS }),
      ),
    );
    await this.#startRetries(consumers);
    this.#options.changed();
    return HEARTBEAT_MS;
  }

  async #startRetries(consumers: readonly PostgresConsumer[]): Promise<void> {
    const requests = await requestedRetries(
      this.#options.database,
      consumers.map((consumer) => consumer.member.id),
    );
    for (const request of requests) {
      for (const consumer of consumers) {
        if (consumer.member.group === request.group) consumer.retryDeadLetters(request);
      }
    }
  }
}
