// Delivers one partition's events to a handler: one lane per aggregate, in order within a lane, the lanes next
// to each other. Knows tries, backoff, dead letters and parked aggregates, and how far the cursor may go; the
// transport behind it is a port, so that every transport delivers by the same rules.
import assert from 'node:assert/strict';
import { decodeEnvelope } from './envelope.ts';
import type { BusLog } from './bus.ts';
import type { EventEnvelope } from './envelope.ts';
import { classifyHandlerFault, describeFault } from './handler-faults.ts';
import { pauseUnless } from './loop.ts';
import type { Slots } from './slots.ts';

/** Pause before the second try; it doubles from try to try. */
const FIRST_BACKOFF_MS = 50;
/** The longest pause between tries that do not count: soon after the infrastructure is back, work goes on. */
const MAX_BACKOFF_MS = 1_000;

/**
 * One event that waits for its infrastructure keeps the cursor, but not the other aggregates: so many events may be
 * handled beyond it, which a crash would deliver again. They are kept as positions only.
 */
const MAX_BEYOND_CURSOR = 10_000;

export interface Delivery {
  readonly position: bigint;
  readonly aggregateId: string;
  /** As the transport stores it; decoded only when its turn comes, so that a broken one is a failed try. */
  readonly envelope: unknown;
}

export interface Failure {
  readonly error: string;
  readonly attempts: number;
}

export interface LanesPort {
  handle(event: EventEnvelope): Promise<void>;
  /** False when the lease has run out: then nothing may begin any more. */
  held(): boolean;
  /** Every event up to this position is handled or stands in the dead letters. */
  progressed(position: bigint): void;
  /** Answers false when the partition belongs to another reader by now. */
  bury(delivery: Delivery, failure: Failure): Promise<boolean>;
  buried(aggregateId: string): Promise<Delivery[]>;
  /** The dead letter has been handled. */
  unbury(delivery: Delivery): Promise<void>;
  /** A retry has failed: the dead letter keeps the new failure, and the aggregate stays parked. */
  rebury(delivery: Delivery, failure: Failure): Promise<void>;
}

export interface LanesOptions {
  readonly port: LanesPort;
  readonly slots: Slots;
  readonly attempts: number;
  readonly gapPatienceMs: number;
  readonly parked: Iterable<string>;
  readonly log: BusLog;
  /** Names the consumer and partition in log lines. */
  readonly logContext: object;
}

interface Entry {
  readonly position: bigint;
  /** Undefined when it is done. */
  delivery: Delivery | undefined;
}

type Task = Entry | 'retry dead letters';
type Outcome = 'handled' | 'stopped' | Failure;

export class AggregateLanes {
  readonly #options: LanesOptions;
  readonly #parked: Set<string>;
  readonly #lanes = new Map<string, Task[]>();
  readonly #running = new Set<Promise<void>>();
  readonly #stopping = new AbortController();
  /** In position order; its done head has left it. */
  #window: Entry[] = [];
  #open = 0;

  constructor(options: LanesOptions) {
    this.#options = options;
    this.#parked = new Set(options.parked);
  }

  /** Events taken in and not handled; when too many stand beyond the cursor, all of those. */
  get backlog(): number {
    return this.#window.length > MAX_BEYOND_CURSOR ? this.#window.length : this.#open;
  }

  get stopped(): boolean {
    return this.#stopping.signal.aborted;
  }

  /** Takes in the next events of the partition, in position order. */
  accept(deliveries: readonly Delivery[]): void {
    for (const delivery of deliveries) {
      const entry: Entry = { position: delivery.position, delivery };
      this.#window.push(entry);
      this.#open += 1;
      this.#enqueue(delivery.aggregateId, entry);
    }
  }

  retryDeadLetters(aggregateId: string): void {
    if (this.#lanes.get(aggregateId)?.includes('retry dead letters') === true) return;
    this.#enqueue(aggregateId, 'retry dead letters');
  }

  /** Begins nothing more; resolves when the running handlers have ended. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
  }

  #enqueue(aggregateId: string, task: Task): void {
    if (this.stopped) return;
    const lane = this.#lanes.get(aggregateId);
    if (lane !== undefined) {
      lane.push(task);
      return;
    }
    const tasks = [task];
    this.#lanes.set(aggregateId, tasks);
    const running = this.#runLane(aggregateId, tasks).finally(() => this.#running.delete(running));
    this.#running.add(running);
  }

  async #runLane(aggregateId: string, tasks: Task[]): Promise<void> {
    for (let task = tasks[0]; task !== undefined; task = tasks[0]) {
      const finished =
        task === 'retry dead letters' ? await this.#retry(aggregateId) : await this.#deliverEntry(task);
      if (!finished) {
        this.#stopping.abort();
        return;
      }
      tasks.shift();
      if (task !== 'retry dead letters') this.#finish(task);
    }
    this.#lanes.delete(aggregateId);
  }

  #finish(entry: Entry): void {
    entry.delivery = undefined;
    this.#open -= 1;
    const open = this.#window.findIndex((other) => other.delivery !== undefined);
    const passed = this.#window.splice(0, open === -1 ? this.#window.length : open);
    const last = passed.at(-1);
    if (last !== undefined) this.#options.port.progressed(last.position);
  }

  #deliverEntry({ delivery }: Entry): Promise<boolean> {
    assert.ok(delivery !== undefined, 'an event that is done is not delivered');
    return this.#deliver(delivery);
  }

  async #deliver(delivery: Delivery): Promise<boolean> {
    const { port, log, logContext } = this.#options;
    if (this.#parked.has(delivery.aggregateId)) {
      return this.#store(() => port.bury(delivery, { error: 'its aggregate is parked', attempts: 0 }));
    }
    const outcome = await this.#attempt(delivery);
    if (outcome === 'handled') return true;
    if (outcome === 'stopped') return false;
    this.#parked.add(delivery.aggregateId);
    log.error(
      { ...logContext, aggregateId: delivery.aggregateId, ...outcome },
      'an event went to the dead letters and parks its aggregate',
    );
    return this.#store(() => port.bury(delivery, outcome));
  }

  /** Runs inside the lane, so nothing is buried for the aggregate meanwhile. */
  async #retry(aggregateId: string): Promise<boolean> {
    const { port } = this.#options;
    let buried: Delivery[] = [];
    const loaded = await this.#store(async () => {
      buried = await port.buried(aggregateId);
      return true;
    });
    if (!loaded) return false;
    for (const delivery of buried) {
      const outcome = await this.#attempt(delivery);
      if (outcome === 'stopped') return false;
      const failed = outcome !== 'handled';
      const stored = await this.#store(async () => {
        await (failed ? port.rebury(delivery, outcome) : port.unbury(delivery));
        return true;
      });
      if (!stored || failed) return stored;
    }
    this.#parked.delete(aggregateId);
    return true;
  }

  async #attempt(delivery: Delivery): Promise<Outcome> {
    const { port, slots, log, logContext } = this.#options;
    let attempts = 0;
    let gapSince: number | undefined;
    for (let backoffMs = FIRST_BACKOFF_MS; ; backoffMs = Math.min(2 * backoffMs, MAX_BACKOFF_MS)) {
      const error = await slots.use(async () => {
        if (!this.#mayBegin()) return undefined;
        try {
          await port.handle(decodeEnvelope(delivery.envelope));
          return 'handled' as const;
        } catch (cause) {
          return { cause };
        }
      });
      if (error === 'handled') return 'handled';
      if (error === undefined) return 'stopped';

      const fault = classifyHandlerFault(error.cause);
      if (fault === 'gap') gapSince ??= performance.now();
      if (fault === 'failure') attempts += 1;
      const impatient = gapSince !== undefined && performance.now() - gapSince > this.#options.gapPatienceMs;
      if (attempts >= this.#options.attempts || (fault === 'gap' && impatient)) {
        return { error: describeFault(error.cause), attempts };
      }
      log.warn(
        { ...logContext, aggregateId: delivery.aggregateId, attempts, fault, err: error.cause },
        'an event could not be handled and is tried again',
      );
      await pauseUnless(this.#stopping.signal, backoffMs);
    }
  }

  /** Repeats a write of the transport until it holds. False: the lease is lost or the lanes are stopping. */
  async #store(write: () => Promise<boolean>): Promise<boolean> {
    while (this.#mayBegin()) {
      try {
        return await write();
      } catch (error) {
        this.#options.log.warn(
          { ...this.#options.logContext, err: error },
          'the bus could not store a dead letter',
        );
        await pauseUnless(this.#stopping.signal, MAX_BACKOFF_MS);
      }
    }
    return false;
  }

  #mayBegin(): boolean {
    return !this.stopped && this.#options.port.held();
  }
}
