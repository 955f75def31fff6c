// Carries one saga on, from a claimed row until it waits, ends, faults or its lease is gone: load the state,
// find the next command, carry it out, record its reply together with the saga's move, and so on.

import type { Database, Transaction } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { CommandRefused, SagaStuck, type SagaDefinition, type SagaPort } from './definition.ts';
import { backoffMs, type SagaLimits } from './limits.ts';
import { afterReply, findNext, isSamePosition, mayGiveUp, positionOf, stepAt } from './position.ts';
import type { Next, Standing } from './position.ts';
import { LostLease, type Held, type Move, type Moved, type SagaRow, type SagaStore } from './saga-store.ts';
import { entryOf, faultText, withAttempt, withFault, type StepLog } from './step-log.ts';

export interface SagaLog {
  info(context: object, message: string): void;
  warn(context: object, message: string): void;
  error(context: object, message: string): void;
}

export interface SagaWork<State, Command, Reply> {
  readonly definition: SagaDefinition<State, Command>;
  readonly port: SagaPort<State, Command, Reply, Transaction>;
  readonly database: Database;
  readonly store: SagaStore;
  readonly limits: SagaLimits;
  readonly leaseMs: number;
  readonly log: SagaLog;
  /** For the times that people see; leases and due times are the store's. */
  readonly now: () => Date;
  readonly onStuck: ((sagaId: string, stepName: string) => void) | undefined;
  /** True when no further command may be begun. */
  readonly stopping: () => boolean;
}

/** `again`: the state is to be loaded again; `dropped`: a fault, a lost lease or a stop. */
type Outcome = 'rests' | 'again' | 'dropped';

export class SagaRun<State, Command, Reply> {
  readonly id: string;
  /** On the clock of `performance.now()`; the runner renews it while a command takes long. */
  leaseEnds: number;
  readonly #work: SagaWork<State, Command, Reply>;
  readonly #claimedLog: StepLog;
  #standing: Standing | undefined;
  #stepName: string;
  #attempts: number;
  #wakes: bigint;
  #version: bigint;

  constructor(work: SagaWork<State, Command, Reply>, row: SagaRow, leaseEnds: number) {
    this.#work = work;
    this.id = row.id;
    this.leaseEnds = leaseEnds;
    this.#claimedLog = row.steps;
    const position = positionOf(work.definition, row.phase, row.step);
    this.#standing = position === undefined ? undefined : { position, log: row.steps };
    this.#stepName = row.step;
    this.#attempts = row.attempts;
    this.#wakes = row.wakes;
    this.#version = row.version;
  }

  /** Never throws. Answers true when the saga came to rest: it is done, or it waits. */
  async toRest(): Promise<boolean> {
    const { port, stopping } = this.#work;
    let outcome: Outcome = 'again';
    while (outcome === 'again' && !stopping()) {
      outcome = await this.#orFail(async () => {
        // A newer program has put it there, and runs in another process: a fault, since that one can go on.
        if (this.#standing === undefined) throw new Error(`the definition has no step ${this.#stepName}`);
        const state = await port.load(this.id);
        return port.inContext(state, () => this.#orFail(() => this.#carryOn(state)));
      });
    }
    return outcome === 'rests';
  }

  async #orFail(work: () => Promise<Outcome>): Promise<Outcome> {
    try {
      return await work();
    } catch (fault) {
      await this.#fail(fault);
      return 'dropped';
    }
  }

  async #carryOn(loaded: State): Promise<Outcome> {
    const { definition, store, stopping, now } = this.#work;
    const standing = this.#standing;
    assert(standing !== undefined, 'a saga without a place has failed before this');
    let state = loaded;
    let wakes = this.#wakes;
    let next = findNext(definition, standing, state, now());
    if (next.kind !== 'execute' || !isSamePosition(next.position, standing.position)) {
      // What a command may be about to do must stand in the row first: at the pivot there is no way back, and
      // a runner that takes over from here must know that.
      const sentAt = performance.now();
      this.#moved(await store.moveAlone(this.#held(), this.#moveTo(next)), next, sentAt);
    }
    for (;;) {
      if (next.kind === 'end') return 'rests';
      // Something happened outside, perhaps after the state was read: look at it again.
      if (this.#wakes !== wakes) return 'again';
      if (next.kind === 'wait') return 'rests';
      if (stopping()) return 'dropped';
      if (performance.now() >= this.leaseEnds) throw new LostLease(`the lease on saga ${this.id} ran out`);
      wakes = this.#wakes;
      ({ state, next } = await this.#command(next.command, state));
    }
  }

  async #command(command: Command, state: State): Promise<{ state: State; next: Next<Command> }> {
    const { definition, port, limits, log } = this.#work;
    const standing = this.#standing;
    assert(standing !== undefined);
    if (entryOf(standing.log, this.#stepName).attempts >= limits.commandsPerStep) {
      throw new SagaStuck(`step ${this.#stepName} repeats without end`);
    }
    try {
      const attempt = async () => this.#record(await port.execute(command, state));
      return await (port.inStep?.(this.#stepName, attempt) ?? attempt());
    } catch (fault) {
      if (fault instanceof LostLease || fault instanceof SagaStuck) throw fault;
      const attempts = this.#attempts + 1;
      const isLast = fault instanceof CommandRefused || attempts >= limits.attemptsBeforeGivingUp;
      if (!mayGiveUp(definition, standing.position) || !isLast) throw fault;
      log.warn(
        { sagaId: this.id, step: this.#stepName, attempts, err: fault },
        'a step of a saga is given up',
      );
      this.#standing = { ...standing, log: withFault(standing.log, this.#stepName, fault) };
      return this.#record(port.giveUp(this.#stepName, state, fault));
    }
  }

  /** The reply's record locks the aggregate; the saga's row comes last, and only while the lease is held. */
  async #record(reply: Reply): Promise<{ state: State; next: Next<Command> }> {
    const { definition, port, database, store, now } = this.#work;
    const standing = this.#standing;
    assert(standing !== undefined);
    const tried = { ...standing, log: withAttempt(standing.log, this.#stepName) };
    const recorded = await database.transaction(async (tx) => {
      const state = await port.record(tx, this.id, reply);
      const at = now();
      const next = findNext(definition, afterReply(definition, tried, state, at), state, at);
      const sentAt = performance.now();
      return { state, next, sentAt, moved: await store.move(tx, this.#held(), this.#moveTo(next)) };
    });
    this.#moved(recorded.moved, recorded.next, recorded.sentAt);
    this.#tell(recorded.state);
    return recorded;
  }

  /** What was committed stands, whatever comes of telling it. */
  #tell(state: State): void {
    const { port, log } = this.#work;
    try {
      port.recorded?.(state);
    } catch (err) {
      log.error({ sagaId: this.id, step: this.#stepName, err }, 'a recorded reply could not be told');
    }
  }

  #moveTo(next: Next<Command>): Move {
    const { phase } = next.position;
    const running = phase === 'backward' ? 'COMPENSATING' : 'RUNNING';
    const status = { execute: running, wait: 'WAITING', end: 'DONE' } as const;
    const step = this.#nameAt(next);
    return { phase, step, status: status[next.kind], wakes: this.#wakes, steps: next.log };
  }

  /** `sentAt` is before the database renewed the lease, so that the lease ends here first. */
  #moved({ wakes, version }: Moved, next: Next<Command>, sentAt: number): void {
    this.#standing = { position: next.position, log: next.log };
    this.#stepName = this.#nameAt(next);
    this.#attempts = 0;
    this.#wakes = wakes;
    this.#version = version;
    this.leaseEnds = sentAt + this.#work.leaseMs;
  }

  #nameAt({ position }: Standing): string {
    // With an empty ending the saga ends at the last step.
    const name = stepAt(this.#work.definition, position)?.name ?? this.#work.definition.steps.at(-1)?.name;
    assert(name !== undefined, 'a definition has steps');
    return name;
  }

  #held(): Held {
    return { id: this.id, version: this.#version };
  }

  /** Whatever cannot be written here is found by whoever claims the saga when its lease has run out. */
  async #fail(fault: unknown): Promise<void> {
    const { store, log, limits, onStuck } = this.#work;
    const context = { sagaId: this.id, step: this.#stepName, attempts: this.#attempts + 1, err: fault };
    if (fault instanceof LostLease) {
      log.warn(context, 'a saga was lost to another runner');
      return;
    }
    const isHopeless = fault instanceof SagaStuck || fault instanceof CommandRefused;
    const stuck = isHopeless || context.attempts >= limits.attemptsBeforeStuck;
    const pauseMs = stuck ? null : backoffMs(context.attempts, limits);
    const steps = withFault(
      withAttempt(this.#standing?.log ?? this.#claimedLog, this.#stepName),
      this.#stepName,
      fault,
    );
    try {
      await store.fail(this.#held(), pauseMs, faultText(fault), steps);
    } catch (cause) {
      log.warn(
        { ...context, cause },
        'a fault of a saga could not be recorded; it goes on when its lease ends',
      );
      return;
    }
    if (!stuck) {
      log.warn({ ...context, pauseMs }, 'a step of a saga failed and will be tried again');
      return;
    }
    log.error(context, 'a saga is stuck and waits for an operator');
    onStuck?.(this.id, this.#stepName);
  }
}
