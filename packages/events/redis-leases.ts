// Keeps the consumers of one process alive in their groups by one heartbeat, which comes at once when the members of
// a group have changed: then partitions change hands.
import type { BusLog } from './bus.ts';
import { pauseUnless, startLoop, type Loop } from './loop.ts';
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
  /** Under way, by consumer and stream. */
  readonly #beats = new Map<string, Promise<void>>();

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
      const beats = consumer.streams.map((stream) => this.#beats.get(beatOf(consumer, stream)));
      await Promise.allSettled(beats);
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
      consumer.streams.map((stream) => this.#beat(consumer, stream)),
    );
    // One stream that does not answer, or fails, must not keep the others from being renewed.
    const waiting = new AbortController();
    const patience = pauseUnless(waiting.signal, HEARTBEAT_MS);
    await Promise.race([Promise.all(beats), patience]).finally(() => waiting.abort());
    return HEARTBEAT_MS;
  }

  #beat(consumer: RedisConsumer, stream: string): Promise<void> {
    const name = beatOf(consumer, stream);
    const present = this.#beats.get(name);
    if (present !== undefined) return present;
    const beat = consumer.beat(stream).finally(() => this.#beats.delete(name));
    // Its failure is told by the heartbeat that waits for it; there may be none.
    beat.catch(() => undefined);
    this.#beats.set(name, beat);
    return beat;
  }
}

const beatOf = ({ member }: RedisConsumer, stream: string): string => `${member.id} ${stream}`;
