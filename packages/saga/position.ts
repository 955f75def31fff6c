// Where a saga stands and where it goes: pure functions over the definition's table. Forward through the
// steps; when the story is aborted before the pivot, backward through the compensations; then the ending.

import { pivotIndex } from './check-definition.ts';
import type { SagaDefinition, SagaStep } from './definition.ts';
import { withStepState, type StepLog } from './step-log.ts';

export type Phase = 'forward' | 'backward' | 'ending';

export interface Position {
  readonly phase: Phase;
  /** In `steps`, or in `ending` in that phase. */
  readonly index: number;
}

export interface Standing {
  readonly position: Position;
  readonly log: StepLog;
}

export type Next<Command> = Standing &
  (
    | { readonly kind: 'execute'; readonly command: Command }
    | { readonly kind: 'wait' }
    | { readonly kind: 'end' }
  );

/** Passes what needs no command, and answers the first thing to do. `at` is the time that is noted. */
export function findNext<State, Command>(
  definition: SagaDefinition<State, Command>,
  standing: Standing,
  state: State,
  at: Date,
): Next<Command> {
  const pivot = pivotIndex(definition);
  let { phase, index } = standing.position;
  let log = standing.log;
  for (;;) {
    if (phase === 'forward' && index < pivot && definition.aborted(state)) phase = 'backward';
    const step = stepAt(definition, { phase, index });
    if (step === undefined) {
      if (phase === 'ending') return { kind: 'end', position: { phase, index: index - 1 }, log };
      [phase, index] = ['ending', 0];
      continue;
    }
    const position = { phase, index };
    if (phase === 'backward') {
      const command = step.compensation?.(state) ?? 'done';
      if (command !== 'done') return { kind: 'execute', command, position, log };
      index -= 1;
      continue;
    }
    const directive = step.command(state);
    if (directive === 'wait') return { kind: 'wait', position, log };
    if (directive !== 'done') return { kind: 'execute', command: directive, position, log };
    log = withStepState(log, step.name, 'DONE', at);
    index += 1;
  }
}

/** Where the recorded reply of the step's command leads; `findNext` goes on from there. */
export function afterReply<State, Command>(
  definition: SagaDefinition<State, Command>,
  { position, log }: Standing,
  state: State,
  at: Date,
): Standing {
  const { phase, index } = position;
  const step = stepAt(definition, position);
  if (step === undefined) return { position, log };
  if (phase === 'backward') {
    return { position: { phase, index: index - 1 }, log: withStepState(log, step.name, 'COMPENSATED', at) };
  }
  if (phase === 'forward' && index < pivotIndex(definition) && definition.aborted(state)) {
    return { position: { phase: 'backward', index }, log: withStepState(log, step.name, 'FAILED', at) };
  }
  if (step.repeats === true) return { position, log };
  return { position: { phase, index: index + 1 }, log: withStepState(log, step.name, 'DONE', at) };
}

/** Whether a step that keeps failing is given up; from the pivot on it is retried instead. */
export function mayGiveUp<State, Command>(
  definition: SagaDefinition<State, Command>,
  { phase, index }: Position,
): boolean {
  return phase === 'forward' && index < pivotIndex(definition);
}

export function stepAt<State, Command>(
  definition: SagaDefinition<State, Command>,
  { phase, index }: Position,
): SagaStep<State, Command> | undefined {
  return (phase === 'ending' ? definition.ending : definition.steps)[index];
}

/** Rows name the step, so that a definition may grow between two releases. */
export function positionOf<State, Command>(
  definition: SagaDefinition<State, Command>,
  phase: Phase,
  stepName: string,
): Position | undefined {
  const index = (phase === 'ending' ? definition.ending : definition.steps).findIndex(
    ({ name }) => name === stepName,
  );
  return index === -1 ? undefined : { phase, index };
}

export function isSamePosition(one: Position, other: Position): boolean {
  return one.phase === other.phase && one.index === other.index;
}
