// The bus on a Postgres database of its own. One object serves all services of a process: one small pool, one
// LISTEN connection, one poll, one heartbeat.
import { migrate, openDatabase, type Database } from '@simplebank/chassis';
import {
  DEFAULT_PARTITIONS,
  EventsLost,
  type Bus,
  type BusLog,
  type Consumer,
  type DeadLetter,
  type DeadLetterFilter,
  type Follower,
  type FollowOptions,
  type PartitionCursor,
  type StreamMark,
  type WorkOptions,
} from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { pauseUnless, startLoop, type Loop } from './loop.ts';
import { PostgresConsumer } from './postgres-consumer.ts';
import { countDeadLetters, listDeadLetters, requestRetries } from './postgres-dead-letters.ts';
import { PostgresFollower } from './postgres-follower.ts';
import {
  ensureGroup,
  forgetDeadMembers,
  forgetGroup,
  readCursors,
  replayGroup,
  storeCursors,
  type ReaderKey,
} from './postgres-groups.ts';
import { PostgresLeases } from './postgres-leases.ts';
import { fetchForSources } from './postgres-sources.ts';
import {
  ensureStream,
  notifyPublished,
  publishEvents,
  PUBLISHED_CHANNEL,
  readHeads,
  trimPartition,
} from './postgres-streams.ts';
import { uuidv7 } from './uuidv7.ts';

/** Notifications are hints; an event that none was heard for waits at most this long. */
const POLL_MS = 50;
/** Other processes are notified at most once in this time, however much is published. */
const NOTIFY_EVERY_MS = 1;
/** Cursors of all readers are stored together, at most once in this time: a crash repeats so much work. */
const STORE_CURSORS_EVERY_MS = 10;
/** Loops that only run when nudged look again after this time all the same. */
const IDLE_MS = 60_000;
/** Events stay this long after every group has read them, for replays and followers that come back. */
const RETENTION_MS = 24 * 60 * 60 * 1000;
const TRIM_EVERY_MS = 60_000;
/** Events that one trimming transaction removes from one partition; its lock makes publishers wait. */
const TRIM_EVENTS = 1_000;
/** Far above a lease: a process that comes back after this simply becomes a member again. */
const DEAD_MEMBER_MS = 60_000;
/** Publishers of a process rarely overlap; one connection each for fetching, heartbeat and cursors. */
const POOL_SIZE = 6;

/** The only mark of a stream that there is. */
const KEPT: StreamMark = 'postgres';

/** The bus's own tables; `openPostgresBus` applies them. */
export const busMigrations = new URL('./bus-migrations/', import.meta.url);

export interface PostgresBusOptions {
  /** A database that belongs to the bus alone. */
  readonly url: string;
  readonly log: BusLog;
  readonly partitions?: number;
  readonly retentionMs?: number;
  readonly poolSize?: number;
}

export async function openPostgresBus(options: PostgresBusOptions): Promise<Bus> {
  await migrate(options.url, busMigrations, 'bus');
  const database = openDatabase({
    url: options.url,
    service: 'bus',
    poolSize: options.poolSize ?? POOL_SIZE,
    logError: (err) => options.log.warn({ err }, 'the bus lost a database connection'),
  });
  const bus = new PostgresBus(database, options);
  await bus.listen();
  return bus;
}

class PostgresBus implements Bus {
  readonly #database: Database;
  readonly #log: BusLog;
  readonly #partitions: number;
  readonly #retentionMs: number;
  readonly #id = uuidv7();
  readonly #streams = new Map<string, Promise<void>>();
  readonly #followers = new Set<PostgresFollower>();
  readonly #fetching: Loop;
  readonly #leases: PostgresLeases;
  readonly #storing: Loop;
  readonly #notifying: Loop;
  readonly #trimming: Loop;
  readonly #closing = new AbortController();
  #progress = new Map<ReaderKey, bigint>();
  #unannounced = false;
  #closed: Promise<void> | undefined;

  constructor(database: Database, { log, partitions, retentionMs }: PostgresBusOptions) {
    this.#database = database;
    this.#log = log;
    this.#partitions = partitions ?? DEFAULT_PARTITIONS;
    this.#retentionMs = retentionMs ?? RETENTION_MS;
    const loop = (what: string, run: () => Promise<number>): Loop =>
      startLoop({ run, onError: (err) => log.warn({ err }, `the bus could not ${what} and tries again`) });
    this.#fetching = loop('fetch events', async () => ((await this.#fetch()) ? 0 : POLL_MS));
    this.#leases = new PostgresLeases({ database, log, changed: () => this.#fetching.nudge() });
    this.#storing = loop('store cursors', () => this.#storeProgress());
    this.#notifying = loop('notify', () => this.#announce());
    this.#trimming = loop('trim events', () => this.#trim());
  }

  async listen(): Promise<void> {
    await this.#database.listen(PUBLISHED_CHANNEL, (sender) => {
      if (sender !== this.#id) this.#fetching.nudge();
    });
  }

  async publish(
    stream: string,
    events: readonly EventEnvelope[],
    known?: StreamMark | null,
  ): Promise<StreamMark> {
    // What this database has, it keeps. A mark of another transport speaks of events that this one never had.
    if (typeof known === 'string' && known !== KEPT) {
      throw new EventsLost(stream, { mark: KEPT, everything: true });
    }
    if (events.length === 0) return KEPT;
    await this.#ensureStream(stream);
    await publishEvents(this.#database, { stream, events, partitions: this.#partitions });
    this.#unannounced = true;
    this.#fetching.nudge();
    this.#notifying.nudge();
    return KEPT;
  }

  async settled(_stream: string, mark: StreamMark): Promise<boolean> {
    return mark === KEPT;
  }

  async work(options: WorkOptions): Promise<Consumer> {
    await Promise.all(options.streams.map((stream) => this.#ensureStream(stream)));
    await ensureGroup(this.#database, options.group, options.streams);
    const consumer = new PostgresConsumer(options, {
      database: this.#database,
      log: this.#log,
      progressed: (key, position) => {
        this.#progress.set(key, position);
        this.#storing.nudge();
      },
      hungry: () => this.#fetching.nudge(),
    });
    this.#leases.add(consumer);
    const stop = (): Promise<void> => this.#leases.remove(consumer);
    return { stop, [Symbol.asyncDispose]: stop };
  }

  async follow(options: FollowOptions): Promise<Follower> {
    await Promise.all(options.streams.map((stream) => this.#ensureStream(stream)));
    const heads = await readHeads(this.#database, options.streams);
    const follower = new PostgresFollower(options, heads, {
      log: this.#log,
      hungry: () => this.#fetching.nudge(),
    });
    this.#followers.add(follower);
    this.#fetching.nudge();
    const stop = async (): Promise<void> => {
      this.#followers.delete(follower);
      await follower.stop();
    };
    return { stop, [Symbol.asyncDispose]: stop };
  }

  deadLetters(filter: DeadLetterFilter = {}): Promise<DeadLetter[]> {
    return listDeadLetters(this.#database, filter);
  }

  deadLetterCounts(): Promise<ReadonlyMap<string, number>> {
    return countDeadLetters(this.#database);
  }

  async retryDeadLetters(group: string, aggregateId: string): Promise<number> {
    const count = await requestRetries(this.#database, group, aggregateId);
    this.#leases.nudge();
    return count;
  }

  cursors(group: string): Promise<PartitionCursor[]> {
    return readCursors(this.#database, group);
  }

  async replay(group: string, from: 'start' | Date | readonly PartitionCursor[]): Promise<void> {
    await replayGroup(this.#database, group, from);
    this.#leases.nudge();
  }

  forgetGroup(group: string): Promise<void> {
    return forgetGroup(this.#database, group);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #close(): Promise<void> {
    await this.#leases.stop();
    await Promise.all([...this.#followers].map((follower) => follower.stop()));
    this.#closing.abort();
    const loops = [this.#fetching, this.#storing, this.#notifying, this.#trimming];
    await Promise.all(loops.map((loop) => loop.stop()));
    await this.#database.close();
  }

  #ensureStream(stream: string): Promise<void> {
    const known = this.#streams.get(stream);
    if (known !== undefined) return known;
    const ensuring = ensureStream(this.#database, stream, this.#partitions);
    this.#streams.set(stream, ensuring);
    ensuring.catch(() => this.#streams.delete(stream));
    return ensuring;
  }

  async #fetch(): Promise<boolean> {
    const readers = [...this.#leases.consumers, ...this.#followers].flatMap((reader) => reader.sources());
    return fetchForSources(this.#database, readers);
  }

  async #storeProgress(): Promise<number> {
    if (this.#progress.size === 0) return IDLE_MS;
    const progress = this.#progress;
    this.#progress = new Map();
    try {
      await storeCursors(this.#database, progress);
    } catch (error) {
      for (const [key, position] of progress) {
        if (!this.#progress.has(key)) this.#progress.set(key, position);
      }
      throw error;
    }
    await pauseUnless(this.#closing.signal, STORE_CURSORS_EVERY_MS);
    return this.#progress.size > 0 ? 0 : IDLE_MS;
  }

  async #announce(): Promise<number> {
    if (!this.#unannounced) return IDLE_MS;
    this.#unannounced = false;
    await notifyPublished(this.#database, this.#id);
    await pauseUnless(this.#closing.signal, NOTIFY_EVERY_MS);
    return this.#unannounced ? 0 : IDLE_MS;
  }

  async #trim(): Promise<number> {
    await forgetDeadMembers(this.#database, DEAD_MEMBER_MS);
    const heads = await readHeads(this.#database, [...this.#streams.keys()]);
    let more = false;
    for (const head of heads) {
      if (this.#closing.signal.aborted) return IDLE_MS;
      const removed = await trimPartition(this.#database, head, {
        retentionMs: this.#retentionMs,
        most: TRIM_EVENTS,
      });
      more ||= removed === TRIM_EVENTS;
    }
    return more ? 0 : TRIM_EVERY_MS;
  }
}
