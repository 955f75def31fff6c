// What a saga is: a table of steps, each beside its compensation. A definition is pure: state in, commands
// out. The runner carries the commands out, records the replies, and survives a kill between any two of them.

/**
 * `retriable` changes nothing elsewhere; `compensatable` is undone by its compensation; after the `pivot` the
 * saga only goes forward; `forward` is repeated until it succeeds.
 */
export type StepKind = 'retriable' | 'compensatable' | 'pivot' | 'forward';

/** A command to carry out; `done` when the state shows that nothing is left to do; `wait` until woken. */
export type Directive<Command> = Command | 'done' | 'wait';

export interface SagaStep<State, Command> {
  readonly name: string;
  readonly kind: StepKind;
  readonly command: (state: State) => Directive<Command>;
  /** Undoes the step; runs also when the step was only begun, so it must bear that nothing happened yet. */
  readonly compensation?: (state: State) => Command | 'done';
  /** The step is asked again after each reply, until it says `done`. */
  readonly repeats?: true;
}

export interface SagaDefinition<State, Command> {
  readonly name: string;
  /** In order; at most one pivot. */
  readonly steps: readonly SagaStep<State, Command>[];
  /** Run after the last step, and after a compensation alike. */
  readonly ending: readonly SagaStep<State, Command>[];
  /**
   * True when the story must not go on. Turns the saga backwards, but only while its current step is before
   * the pivot: once a saga stands at its pivot somebody may have sent the pivot's command already.
   */
  readonly aborted: (state: State) => boolean;
}

/** How the runner reaches the world; a command may run twice, so every command is idempotent at its receiver. */
export interface SagaPort<State, Command, Reply, Tx> {
  load(sagaId: string): Promise<State>;
  /** Carries the command out elsewhere. Throws on a fault, which is retried; a refusal is a reply. */
  execute(command: Command, state: State): Promise<Reply>;
  /**
   * Records the reply in the transaction that also moves the saga, locking the aggregate first. Answers the
   * state after it. Throws SagaStuck when the reply may never come in this state.
   */
  record(tx: Tx, sagaId: string, reply: Reply): Promise<State>;
  /**
   * Called with what `record` answered, once its transaction has committed and never when it rolled back: the
   * place to tell others. Lost when the process dies in between, so nothing may depend on it.
   */
  recorded?(state: State): void;
  /** The reply to go on with when a step before the pivot is given up: no attempts are left, or CommandRefused. */
  giveUp(stepName: string, state: State, fault: unknown): Reply;
  /** Wraps the work on one saga, for log fields and traces. */
  inContext<T>(state: State, work: () => Promise<T>): Promise<T>;
  /** Within `inContext`, wraps one try of a step: its command and the record of the reply. */
  inStep?<T>(stepName: string, work: () => Promise<T>): Promise<T>;
}

/** Thrown by a port when a saga cannot move and an operator must look. */
export class SagaStuck extends Error {
  override readonly name = 'SagaStuck';
}

/**
 * Thrown by a port when a command would be refused as often as it is sent. It is not tried again: before the
 * pivot the step is given up at once, elsewhere the saga is STUCK.
 */
export class CommandRefused extends Error {
  override readonly name = 'CommandRefused';
}
