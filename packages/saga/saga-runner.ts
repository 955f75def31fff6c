// Which sagas run when: new and woken ones are pushed by `nudge` and run at once; polling finds what nobody
// pushed: backoffs that have passed, and the sagas of a process that died, when their leases have run out.

import type { Database, Transaction } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { checkDefinition } from './check-definition.ts';
import type { SagaDefinition, SagaPort } from './definition.ts';
import { defaultLimits, type SagaLimits } from './limits.ts';
import { Pushed } from './pushed.ts';
import { SagaRun, type SagaLog, type SagaWork } from './run-saga.ts';
import { SagaStore, type SagaRow } from './saga-store.ts';
import { viewOf, type SagaView } from './saga-view.ts';

/** The longest time after which another process takes a dead one's sagas over. */
const MAX_LEASE_MS = 3_000;
/** Renewed so often within a lease that one slow statement does not lose it. */
const RENEWALS_PER_LEASE = 3;
/** Sagas that run at the same time; more would only queue for the database's connections. */
const DEFAULT_CONCURRENCY = 32;
/** Adds little to a backoff or a takeover, and is one cheap index scan. */
const DEFAULT_POLL_MS = 100;

export interface SagaRunnerOptions<State, Command, Reply> {
  readonly database: Database;
  readonly definition: SagaDefinition<State, Command>;
  readonly port: SagaPort<State, Command, Reply, Transaction>;
  readonly log: SagaLog;
  readonly leaseMs?: number;
  readonly concurrency?: number;
  readonly pollMs?: number;
  /** For tests; without it leases and backoffs follow the database's clock. */
  readonly clock?: () => Date;
  readonly limits?: Partial<SagaLimits>;
  /** For a metric; the log has it too. */
  readonly onStuck?: (sagaId: string, stepName: string) => void;
}

export interface SagaRunner extends AsyncDisposable {
  /** Makes new sagas in the caller's transaction; `nudge` them after the commit. */
  begin(tx: Transaction, ...sagaIds: string[]): Promise<void>;
  /** Says, in the transaction that changes it and after locking it, that the saga's aggregate has changed. */
  wake(tx: Transaction, sagaId: string): Promise<void>;
  /** Runs the saga in this process now, if there is room; otherwise polling finds it. Never throws. */
  nudge(sagaId: string): void;
  /** One statement for all of them; sagas that do not exist are left out. */
  view(sagaIds: readonly string[]): Promise<SagaView[]>;
  /** Lets a STUCK saga try again; false when it is not stuck. */
  resume(sagaId: string): Promise<boolean>;
  /** Finishes the commands that run, begins no more, and gives all leases back at once. */
  stop(): Promise<void>;
}

interface Running<Run> {
  readonly run: Run;
  /** It was nudged while it ran. */
  again: boolean;
  claimed: Run | undefined;
}

export function startSagaRunner<State, Command, Reply>(
  options: SagaRunnerOptions<State, Command, Reply>,
): SagaRunner {
  checkDefinition(options.definition);
  const runner = new Runner(options);
  runner.start();
  return runner;
}

class Runner<State, Command, Reply> implements SagaRunner {
  readonly #work: SagaWork<State, Command, Reply>;
  readonly #store: SagaStore;
  readonly #log: SagaLog;
  readonly #concurrency: number;
  readonly #pollMs: number;
  readonly #leaseMs: number;
  /** A saga must not inherit the deadline and the log fields of the request that happened to nudge it. */
  readonly #outside = AsyncLocalStorage.snapshot();
  readonly #pushed = new Pushed();
  readonly #claimed: SagaRun<State, Command, Reply>[] = [];
  readonly #running = new Map<string, Running<SagaRun<State, Command, Reply>>>();
  /** Everything under way that `stop` waits for. */
  readonly #underWay = new Set<Promise<void>>();
  #claimingNamed = false;
  #stopping = false;
  #pollTimer: NodeJS.Timeout | undefined;
  #renewTimer: NodeJS.Timeout | undefined;

  constructor(options: SagaRunnerOptions<State, Command, Reply>) {
    const { database, definition, port, log, clock, leaseMs = MAX_LEASE_MS, onStuck } = options;
    assert(
      leaseMs > 0 && leaseMs <= MAX_LEASE_MS,
      `a lease of ${leaseMs} ms is not above 0 and up to ${MAX_LEASE_MS}`,
    );
    this.#leaseMs = leaseMs;
    this.#log = log;
    this.#concurrency = options.concurrency ?? DEFAULT_CONCURRENCY;
    this.#pollMs = options.pollMs ?? DEFAULT_POLL_MS;
    this.#store = new SagaStore({
      database,
      definition: definition.name,
      owner: randomUUID(),
      leaseMs,
      clock,
    });
    this.#work = {
      definition,
      port,
      database,
      store: this.#store,
      limits: { ...defaultLimits, ...options.limits },
      leaseMs,
      log,
      now: clock ?? (() => new Date()),
      onStuck,
      stopping: () => this.#stopping,
    };
  }

  start(): void {
    this.#renewTimer = setInterval(() => this.#track(this.#renew()), this.#leaseMs / RENEWALS_PER_LEASE);
    this.#poll();
  }

  async begin(tx: Transaction, ...sagaIds: string[]): Promise<void> {
    const [first] = this.#work.definition.steps;
    assert(first !== undefined, 'a definition has steps');
    const leaseEnds = performance.now() + this.#leaseMs;
    await this.#store.insert(tx, sagaIds, first.name);
    this.#pushed.begun(sagaIds, leaseEnds);
  }

  async wake(tx: Transaction, sagaId: string): Promise<void> {
    await this.#store.wake(tx, sagaId);
  }

  nudge(sagaId: string): void {
    const running = this.#running.get(sagaId);
    if (running !== undefined) running.again = true;
    else if (!this.#stopping) this.#pushed.push(sagaId);
    this.#outside(() => this.#fill());
  }

  async view(sagaIds: readonly string[]): Promise<SagaView[]> {
    const rows = await this.#store.view(sagaIds);
    return rows.map((row) => viewOf(this.#work.definition, row));
  }

  async resume(sagaId: string): Promise<boolean> {
    const resumed = await this.#store.resume(sagaId);
    if (resumed) this.nudge(sagaId);
    return resumed;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#pollTimer);
    // Leases are renewed until the last command has ended.
    while (this.#running.size > 0 || this.#underWay.size > 0) await Promise.all(this.#underWay);
    clearInterval(this.#renewTimer);
    await this.#store.releaseAll();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** Gives the free places to sagas: first those that polling has claimed, then the pushed ones. */
  #fill(): void {
    while (!this.#stopping && this.#running.size < this.#concurrency) {
      const run = this.#claimed.shift() ?? this.#nextBegun();
      if (run === undefined) break;
      const running = this.#running.get(run.id);
      // Claimed in the moment between its going to rest and the end of that run.
      if (running === undefined) this.#start(run);
      else running.claimed = run;
    }
    if (this.#running.size < this.#concurrency) this.#claimPushed();
  }

  /** A saga that `begin` has leased needs no claim and no look at its row: it cannot have moved. */
  #nextBegun(): SagaRun<State, Command, Reply> | undefined {
    const begun = this.#pushed.takeBegun(performance.now());
    if (begun === undefined) return undefined;
    const step = this.#work.definition.steps[0]?.name;
    assert(step !== undefined, 'a definition has steps');
    const row: SagaRow = {
      id: begun.id,
      phase: 'forward',
      step,
      attempts: 0,
      wakes: 0n,
      version: 0n,
      steps: {},
    };
    return new SagaRun(this.#work, row, begun.leaseEnds);
  }

  #start(run: SagaRun<State, Command, Reply>): void {
    const running: Running<typeof run> = { run, again: false, claimed: undefined };
    this.#running.set(run.id, running);
    this.#track(
      run.toRest().then((rests) => {
        this.#running.delete(run.id);
        if (running.claimed !== undefined) this.#claimed.unshift(running.claimed);
        else if (running.again && rests) this.#pushed.push(run.id);
        this.#fill();
      }),
    );
  }

  /** One claim at a time: what is pushed meanwhile shares the next one. */
  #claimPushed(): void {
    if (this.#claimingNamed || this.#stopping) return;
    const ids = this.#pushed.take(this.#concurrency - this.#running.size);
    if (ids.length === 0) return;
    this.#claimingNamed = true;
    const claiming = this.#claim(() => this.#store.claimNamed(ids)).finally(
      () => (this.#claimingNamed = false),
    );
    this.#track(claiming.then(() => this.#fill()));
  }

  #poll(): void {
    if (this.#stopping) return;
    this.#track(
      this.#claimDue().then((full) => {
        this.#fill();
        if (!this.#stopping) this.#pollTimer = setTimeout(() => this.#poll(), full ? 0 : this.#pollMs);
      }),
    );
  }

  /** Answers true when there may be more. Claims only what can start soon, and leaves the rest to others. */
  async #claimDue(): Promise<boolean> {
    this.#pushed.forgetBegun(performance.now());
    const room = this.#concurrency - this.#claimed.length;
    // Without a free place a few are claimed all the same: pushed sagas must not starve those that failed.
    const limit = this.#running.size < this.#concurrency ? room : Math.min(1, room);
    if (limit === 0) return false;
    const claimed = await this.#claim(() => this.#store.claimDue([...this.#running.keys()], limit));
    return claimed === limit && this.#running.size + claimed < this.#concurrency;
  }

  async #claim(claim: () => Promise<SagaRow[]>): Promise<number> {
    const leaseEnds = performance.now() + this.#leaseMs;
    try {
      const rows = await claim();
      this.#claimed.push(...rows.map((row) => new SagaRun(this.#work, row, leaseEnds)));
      return rows.length;
    } catch (err) {
      this.#log.warn({ err }, 'sagas could not be claimed');
      return 0;
    }
  }

  async #renew(): Promise<void> {
    const sentAt = performance.now();
    const ageing = sentAt + this.#leaseMs - this.#leaseMs / RENEWALS_PER_LEASE / 2;
    const runs = [...this.#claimed, ...[...this.#running.values()].map(({ run }) => run)];
    const due = new Map(runs.filter(({ leaseEnds }) => leaseEnds < ageing).map((run) => [run.id, run]));
    if (due.size === 0) return;
    try {
      for (const id of await this.#store.renew([...due.keys()])) {
        const run = due.get(id);
        if (run !== undefined) run.leaseEnds = Math.max(run.leaseEnds, sentAt + this.#leaseMs);
      }
    } catch (err) {
      this.#log.warn({ err }, 'leases of sagas could not be renewed');
    }
  }

  #track(work: Promise<unknown>): void {
    const tracked = work.then(
      () => undefined,
      (err: unknown) => this.#log.error({ err }, 'the saga runner failed at its own work'),
    );
    this.#underWay.add(tracked);
    void tracked.finally(() => this.#underWay.delete(tracked));
  }
}
