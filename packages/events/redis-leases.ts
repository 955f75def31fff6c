// Keeps the consumers of one process alive in their groups by one heartbeat, which comes at once when the members of
// a group have changed: then partitions change hands.
import type { BusLog } from './bus.ts';
import { startLoop, type Loop } from './loop.ts';
import type { RedisConsumer } from './redis-consumer.ts';

/** A dead process's partitions are free after this and one heartbeat of another: below the 3 s of the design. */
export const LEASE_MS = 1_800;
const HEARTBEAT_MS = 400;
/** Without consumers there is nothing to renew; the first one nudges. */
const IDLE_MS = 60_000;

export class RedisLeases {
  readonly consumers = new Set<RedisConsumer>();
  readonly #log: BusLog;
  readonly #loop: Loop;
  #beat: Promise<unknown> = Promise.resolve();

  constructor(log: BusLog) {
    this.#log = log;
    this.#loop = startLoop({
      run: () => this.#heartbeat(),
      onError: (err) => log.warn({ err }, 'the bus could not renew its leases and tries again'),
    });
  }

  add(consumer: RedisConsumer): void {
    this.consumers.add(consumer);
    this.#loop.nudge();
  }

  nudge(): void {
    this.#loop.nudge();
  }

  /** Lets the consumer finish what it has begun, then leaves its partitions to others. */
  async remove(consumer: RedisConsumer): Promise<void> {
    if (!this.consumers.has(consumer)) return;
    try {
      // The heartbeat goes on meanwhile, so that the handlers that still run keep their partitions.
      await consumer.finish();
      this.consumers.delete(consumer);
      await this.#beat;
      await consumer.leave();
    } catch (err) {
      const { group } = consumer.member;
      this.#log.warn({ err, group }, 'a consumer could not leave; its lease runs out by itself');
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
    const beats = [...this.consumers].flatMap((consumer) =>
      consumer.streams.map((stream) => consumer.beat(stream)),
    );
    // One stream that is out of reach must not keep the others from being renewed.
    const beaten = Promise.allSettled(beats);
    this.#beat = beaten;
    const failed = (await beaten).find((result) => result.status === 'rejected');
    if (failed !== undefined) throw failed.reason;
    return HEARTBEAT_MS;
  }
}
