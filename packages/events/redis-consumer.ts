// One consumer of the Redis bus: holds partitions of its streams by lease, and has a reader for each that it holds.
// The heartbeat says what it holds; it starts and stops readers accordingly.
import { DEFAULT_CONCURRENCY, type BusLog, type WorkOptions } from './bus.ts';
import type { RedisConnection } from './redis-connection.ts';
import {
  enterPartition,
  giveBackPartition,
  holdPartitions,
  leaveGroup,
  type Holding,
  type Member,
} from './redis-groups.ts';
import { nameOf, type Place } from './redis-keys.ts';
import { PartitionReader } from './redis-reader.ts';
import { Slots } from './slots.ts';
import { uuidv7 } from './uuidv7.ts';

/** What a consumer needs from its bus. */
export interface ConsumerPort {
  readonly connection: RedisConnection;
  readonly log: BusLog;
  /** For what fails again and again while Redis is away. */
  readonly seldomLog: BusLog;
  readonly partitions: number;
  readonly leaseMs: number;
  progressed(reader: PartitionReader): void;
  ended(): void;
}

export class RedisConsumer {
  readonly member: Member;
  readonly streams: readonly string[];
  readonly #options: WorkOptions;
  readonly #port: ConsumerPort;
  readonly #slots: Slots;
  /** By place; `undefined` while it is being opened. */
  readonly #readers = new Map<string, PartitionReader | undefined>();
  /** A heartbeat that was sent before does not know it yet. */
  readonly #givenBackAt = new Map<string, number>();
  /** By stream: each stream's members stand in a slot of their own, and may be out of reach by themselves. */
  readonly #leaseUntil = new Map<string, number>();
  #stopped = false;

  constructor(options: WorkOptions, port: ConsumerPort) {
    this.member = { id: uuidv7(), group: options.group };
    this.streams = [...new Set(options.streams)];
    this.#options = options;
    this.#port = port;
    this.#slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
  }

  readers(): PartitionReader[] {
    return [...this.#readers.values()].filter((reader) => reader !== undefined);
  }

  /** Renews the lease on one stream's partitions, and reads what it then holds. */
  async beat(stream: string): Promise<void> {
    const { connection, partitions, leaseMs } = this.#port;
    const sentAt = performance.now();
    const holding = await holdPartitions(connection, this.member, { stream, partitions, leaseMs });
    this.#leaseUntil.set(stream, sentAt + leaseMs);
    if (!this.#stopped) await this.#apply(stream, holding, sentAt);
  }

  /** Waits for the handlers that run, and stores how far they came. The lease is still kept. */
  async finish(): Promise<void> {
    this.#stopped = true;
    const readers = this.readers();
    await Promise.all(readers.map((reader) => reader.stop()));
    await Promise.all(readers.map((reader) => reader.store()));
    this.#readers.clear();
  }

  /** Hands the partitions over to whoever asks next. */
  async leave(): Promise<void> {
    await Promise.all(this.streams.map((stream) => leaveGroup(this.#port.connection, this.member, stream)));
  }

  async #apply(stream: string, { share, partitions }: Holding, sentAt: number): Promise<void> {
    const held = new Set(partitions.map((partition) => nameOf({ stream, partition })));
    for (const [name, reader] of this.#readers) {
      if (reader?.stream !== stream) continue;
      if (!held.has(name) || reader.stopped) void this.#close(name, reader);
    }
    const opening: Promise<void>[] = [];
    for (const [index, partition] of partitions.entries()) {
      const place = { stream, partition };
      const name = nameOf(place);
      if (index >= share) void this.#giveBack(place);
      else if (!this.#readers.has(name) && sentAt > (this.#givenBackAt.get(name) ?? 0)) {
        opening.push(this.#open(place));
      }
    }
    await Promise.all(opening);
  }

  async #open(place: Place): Promise<void> {
    const name = nameOf(place);
    this.#readers.set(name, undefined);
    try {
      const entered = await enterPartition(this.#port.connection, this.member.group, place);
      if (this.#stopped) {
        this.#readers.delete(name);
        return;
      }
      const held = (): boolean => performance.now() < (this.#leaseUntil.get(place.stream) ?? 0);
      const work = { options: this.#options, slots: this.#slots };
      const reader = new PartitionReader(entered, work, { ...this.#port, held });
      this.#readers.set(name, reader);
    } catch (error) {
      this.#readers.delete(name);
      throw error;
    }
  }

  /** The place stays taken until the last handler has ended, so that no second reader starts beside it. */
  async #close(name: string, reader: PartitionReader): Promise<void> {
    await reader.stop();
    if (this.#readers.get(name) !== reader) return;
    this.#readers.delete(name);
    this.#port.ended();
  }

  /** Another member of the group lacks its fair share. */
  async #giveBack(place: Place): Promise<void> {
    const name = nameOf(place);
    const reader = this.#readers.get(name);
    if (reader?.stopped === true) return;
    try {
      await reader?.stop();
      await reader?.store();
      await giveBackPartition(this.#port.connection, this.member, place);
      this.#givenBackAt.set(name, performance.now());
      if (this.#readers.get(name) === reader) this.#readers.delete(name);
    } catch (err) {
      // The next heartbeat finds the stopped reader and decides anew.
      this.#port.log.warn({ err, group: this.member.group }, 'a partition could not be given back');
    }
  }
}
