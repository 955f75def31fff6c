// One consumer of the Postgres bus: holds partitions of its streams by lease and delivers their events through
// aggregate lanes. What it holds is told by the bus's heartbeat; it starts and stops readers accordingly.
import type { Database } from '@simplebank/chassis';
import { AggregateLanes, type Delivery } from './aggregate-lanes.ts';
import {
  DEFAULT_ATTEMPTS,
  DEFAULT_CONCURRENCY,
  GAP_PATIENCE_MS,
  type BusLog,
  type WorkOptions,
} from './bus.ts';
import {
  buriedDeliveries,
  buryDelivery,
  parkedAggregates,
  reburyDelivery,
  unburyDelivery,
  type RetryRequest,
} from './postgres-dead-letters.ts';
import {
  giveBackPartition,
  storeCursors,
  type Holding,
  type Member,
  type ReaderKey,
} from './postgres-groups.ts';
import type { Source } from './postgres-sources.ts';
import { FETCH_EVENTS } from './postgres-streams.ts';
import { Slots } from './slots.ts';
import { uuidv7 } from './uuidv7.ts';

/** What a consumer needs from its bus. */
export interface ConsumerPort {
  readonly database: Database;
  readonly log: BusLog;
  /** The cursor may be stored, soon and together with others. */
  progressed(key: ReaderKey, position: bigint): void;
  /** There is room again for more events. */
  hungry(): void;
}

/** One held partition: where its fetching stands, and the lanes that its events go to. */
class PartitionReader implements Source {
  readonly stream: string;
  readonly partition: number;
  readonly key: ReaderKey;
  readonly lanes: AggregateLanes;
  after: bigint;
  handled: bigint;
  readonly #held: () => boolean;
  /** It has left out a fetch, or will leave out the next one, because too much waits to be handled. */
  #sated = false;

  constructor(key: ReaderKey, from: bigint, { lanes, held }: { lanes: AggregateLanes; held: () => boolean }) {
    this.stream = key.stream;
    this.partition = key.partition;
    this.key = key;
    this.after = from;
    this.handled = from;
    this.lanes = lanes;
    this.#held = held;
  }

  get wanting(): boolean {
    return !this.lanes.stopped && this.lanes.backlog <= FETCH_EVENTS && this.#held();
  }

  deliver(deliveries: readonly Delivery[]): void {
    const last = deliveries.at(-1);
    if (last === undefined) return;
    this.after = last.position;
    this.lanes.accept(deliveries);
    this.#sated = this.lanes.backlog > FETCH_EVENTS;
  }

  /** True once when there is room again. To fetch after each handled event would double the bus's reads for nothing. */
  becameHungry(): boolean {
    if (!this.#sated || this.lanes.backlog > FETCH_EVENTS) return false;
    this.#sated = false;
    return true;
  }
}

export class PostgresConsumer {
  readonly member: Member;
  readonly #options: WorkOptions;
  readonly #port: ConsumerPort;
  readonly #slots: Slots;
  /** By stream and partition; `undefined` while it is being opened. */
  readonly #readers = new Map<string, PartitionReader | undefined>();
  /** A heartbeat that was sent before does not know it yet. */
  readonly #givenBackAt = new Map<string, number>();
  #leaseUntil = 0;
  #stopped = false;

  constructor(options: WorkOptions, port: ConsumerPort) {
    this.member = { id: uuidv7(), group: options.group, streams: [...new Set(options.streams)] };
    this.#options = options;
    this.#port = port;
    this.#slots = new Slots(options.concurrency ?? DEFAULT_CONCURRENCY);
  }

  sources(): PartitionReader[] {
    return [...this.#readers.values()].filter((reader) => reader !== undefined);
  }

  /** What a heartbeat has said that was sent at `sentAt`, on the clock of `performance.now()`. */
  async apply(
    holdings: readonly Holding[],
    { sentAt, leaseMs }: { sentAt: number; leaseMs: number },
  ): Promise<void> {
    this.#leaseUntil = sentAt + leaseMs;
    if (this.#stopped) return;
    const held = new Map(holdings.map((holding) => [`${holding.stream}/${holding.partition}`, holding]));
    for (const [place, reader] of this.#readers) {
      if (reader === undefined) continue;
      const lost = held.get(place)?.epoch !== reader.key.epoch;
      if (lost || reader.lanes.stopped) void this.#close(place, reader);
    }
    const opening: Promise<void>[] = [];
    const counts = new Map<string, bigint>();
    for (const [place, holding] of held) {
      const count = (counts.get(holding.stream) ?? 0n) + 1n;
      counts.set(holding.stream, count);
      const reader = this.#readers.get(place);
      if (count > holding.share) void this.#giveBack(place, holding, reader);
      else if (!this.#readers.has(place) && sentAt > (this.#givenBackAt.get(place) ?? 0)) {
        opening.push(this.#open(place, holding));
      }
    }
    await Promise.all(opening);
  }

  retryDeadLetters({ stream, partition, aggregateId }: RetryRequest): void {
    this.#readers.get(`${stream}/${partition}`)?.lanes.retryDeadLetters(aggregateId);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    const readers = this.sources();
    await Promise.all(readers.map((reader) => reader.lanes.stop()));
    await storeCursors(
      this.#port.database,
      readers.map((reader) => [reader.key, reader.handled] as const),
    );
    this.#readers.clear();
  }

  async #open(place: string, holding: Holding): Promise<void> {
    const key = readerKey(holding);
    this.#readers.set(place, undefined);
    try {
      const parked = await parkedAggregates(this.#port.database, key);
      if (this.#stopped) this.#readers.delete(place);
      else this.#readers.set(place, this.#createReader(key, holding.cursor, parked));
    } catch (error) {
      this.#readers.delete(place);
      throw error;
    }
  }

  #createReader(key: ReaderKey, from: bigint, parked: readonly string[]): PartitionReader {
    const { database, log } = this.#port;
    const held = (): boolean => performance.now() < this.#leaseUntil;
    const lanes = new AggregateLanes({
      port: {
        handle: (event) => this.#options.handle(event),
        held,
        progressed: (position) => {
          reader.handled = position;
          this.#port.progressed(key, position);
          if (reader.becameHungry()) this.#port.hungry();
        },
        bury: (delivery, failure) => buryDelivery(database, key, { delivery, failure }),
        buried: (aggregateId) => buriedDeliveries(database, key, aggregateId),
        unbury: (delivery) => unburyDelivery(database, key, delivery),
        rebury: (delivery, failure) => reburyDelivery(database, key, { delivery, failure }),
      },
      slots: this.#slots,
      attempts: this.#options.attempts ?? DEFAULT_ATTEMPTS,
      gapPatienceMs: this.#options.gapPatienceMs ?? GAP_PATIENCE_MS,
      parked,
      log,
      logContext: { group: key.group, stream: key.stream, partition: key.partition },
    });
    const reader = new PartitionReader(key, from, { lanes, held });
    return reader;
  }

  /** The place stays taken until the last handler has ended, so that no second reader starts beside it. */
  async #close(place: string, reader: PartitionReader): Promise<void> {
    await reader.lanes.stop();
    if (this.#readers.get(place) === reader) this.#readers.delete(place);
  }

  /** Another member of the group lacks its fair share. */
  async #giveBack(place: string, holding: Holding, reader: PartitionReader | undefined): Promise<void> {
    if (reader?.lanes.stopped === true) return;
    try {
      if (reader !== undefined) {
        await reader.lanes.stop();
        await storeCursors(this.#port.database, [[reader.key, reader.handled]]);
      }
      await giveBackPartition(this.#port.database, readerKey(holding));
      this.#givenBackAt.set(place, performance.now());
      if (this.#readers.get(place) === reader) this.#readers.delete(place);
    } catch (err) {
      // The next heartbeat finds the stopped reader and decides anew.
      this.#port.log.warn({ err, group: holding.group_name }, 'a partition could not be given back');
    }
  }
}

function readerKey({ group_name: group, stream, partition, epoch }: Holding): ReaderKey {
  return { group, stream, partition, epoch };
}
