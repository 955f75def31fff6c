// The contract of the bus that carries events between services. Two transports keep it: Postgres and Redis.
// Streams have partitions by the hash of the aggregate's id; a partition has one reader per group at a time,
// so that events of one aggregate arrive in order. Delivery is at least once: effects use the inbox.
import type { EventEnvelope } from './envelope.ts';

/** How many partitions a stream has when nothing else is said: the most processes that can share one group's work. */
export const DEFAULT_PARTITIONS = 8;
/** Tries before an event counts as poison and goes to the dead letters. With the backoff below: about 1.5 s. */
export const DEFAULT_ATTEMPTS = 6;
/** Events of different aggregates that one consumer handles at the same time; more would only queue for its database. */
export const DEFAULT_CONCURRENCY = 16;
/** How long a handler may answer with SequenceGap before the event counts as poison: longer than any relay's failover. */
export const GAP_PATIENCE_MS = 15_000;

export interface WorkOptions {
  /** Consumers with the same group share the events: each event is handled by one of them. */
  readonly group: string;
  readonly streams: readonly string[];
  /** Must be idempotent (inbox); a rejection is retried. Events of one aggregate come one after the other. */
  handle(event: EventEnvelope): Promise<void>;
  readonly attempts?: number;
  readonly concurrency?: number;
  readonly gapPatienceMs?: number;
}

export interface Consumer extends AsyncDisposable {
  /** Waits for the handlers that run, stores the cursors and hands the partitions over. */
  stop(): Promise<void>;
}

export interface FollowOptions {
  readonly streams: readonly string[];
  /** `now`: what is published after `follow` has resolved; `start`: everything that the bus still keeps. */
  readonly from: 'now' | 'start';
  /** Called in order per partition, one at a time. A failure is logged and skips the event. */
  onEvent(event: EventEnvelope): void | Promise<void>;
  /** Events were trimmed or lost before this follower read them: read the current state from its owner again. */
  onGap?(stream: string): void;
}

export interface Follower extends AsyncDisposable {
  stop(): Promise<void>;
}

/** A place in one partition. `position` is the transport's own form; only the bus that gave it can read it. */
export interface PartitionCursor {
  readonly stream: string;
  readonly partition: number;
  readonly position: string;
}

export interface DeadLetter {
  readonly group: string;
  readonly stream: string;
  readonly aggregateId: string;
  readonly event: EventEnvelope;
  /** What the handler said; for the events behind the poison one: that the aggregate is parked. */
  readonly error: string;
  /** 0 for an event that was never tried because its aggregate was parked. */
  readonly attempts: number;
  readonly failedAt: Date;
}

export interface DeadLetterFilter {
  readonly group?: string;
  readonly aggregateId?: string;
  readonly limit?: number;
}

/**
 * What a bus had of a stream after a publish, as text. Only the transport that gave it can read it; the relay keeps it
 * beside its outbox, since a bus may lose what it had and the outbox is the truth.
 */
export type StreamMark = string;

/**
 * The bus has lost events of the stream that it had when the mark was given, or never had what the mark says. What
 * was to be published is not written where something is lost: first publish the earlier events again, then go on.
 */
export class EventsLost extends Error {
  override readonly name = 'EventsLost';
  readonly code = 'EVENTS_LOST';
  /** The stream as it is now, to go on from. */
  readonly mark: StreamMark;
  /** There was no mark of this transport: what counts as handled may have been handled on another bus, or never. */
  readonly everything: boolean;

  constructor(stream: string, { mark, everything }: { mark: StreamMark; everything: boolean }) {
    super(`the bus has lost events of the stream ${stream}`);
    this.mark = mark;
    this.everything = everything;
  }
}

export interface Bus extends AsyncDisposable {
  /**
   * Resolves when the bus has the events, with what the stream is then. An id that the bus still keeps is not
   * written again. With the mark of before, or null for a stream of which nothing is known, it throws `EventsLost`
   * when the bus no longer has what it had then; without events it only looks. One publisher a stream keeps marks.
   */
  publish(stream: string, events: readonly EventEnvelope[], known?: StreamMark | null): Promise<StreamMark>;
  /** True when nothing up to the mark would have to be published again if the bus lost all that it has. */
  settled(stream: string, mark: StreamMark): Promise<boolean>;
  /** Resolves when the group exists; a new group begins at the oldest event that the bus keeps. */
  work(options: WorkOptions): Promise<Consumer>;
  follow(options: FollowOptions): Promise<Follower>;
  /** Oldest first. */
  deadLetters(filter?: DeadLetterFilter): Promise<DeadLetter[]>;
  /** How many dead letters each group has, also the groups that have none. */
  deadLetterCounts(): Promise<ReadonlyMap<string, number>>;
  /**
   * Puts an aggregate's dead letters through the group's handler again, in order, before its newer events.
   * Answers how many there are; resolves before they are handled. One that fails again parks the aggregate again.
   */
  retryDeadLetters(group: string, aggregateId: string): Promise<number>;
  /** Where the group stands, in a form that `replay` takes back. */
  cursors(group: string): Promise<PartitionCursor[]>;
  /** Sets the group back (or forward). What an inbox has recorded stays a duplicate: see `forgetConsumer`. */
  replay(group: string, from: 'start' | Date | readonly PartitionCursor[]): Promise<void>;
  /** Drops a group that no longer exists, so that retention need not keep events for it. */
  forgetGroup(group: string): Promise<void>;
  close(): Promise<void>;
}

export interface BusLog {
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}
