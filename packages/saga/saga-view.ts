// A saga as people see it: all steps of the definition in order, touched or not.

import type { SagaDefinition } from './definition.ts';
import type { SagaStatus, ViewedRow } from './saga-store.ts';
import { entryOf, type SagaStepState } from './step-log.ts';

export interface SagaStepView {
  readonly name: string;
  readonly state: SagaStepState;
  readonly attempts: number;
  /** The last fault, kept also when a later attempt went well. */
  readonly fault: string | null;
  /** ISO 8601 in UTC. */
  readonly finishedAt: string | null;
}

export interface SagaView {
  readonly sagaId: string;
  readonly status: SagaStatus;
  /** Where it stands; null when it is done. */
  readonly step: string | null;
  /** Why it does not move, while it does not. */
  readonly fault: string | null;
  readonly steps: readonly SagaStepView[];
}

export function viewOf<State, Command>(definition: SagaDefinition<State, Command>, row: ViewedRow): SagaView {
  return {
    sagaId: row.id,
    status: row.status,
    step: row.status === 'DONE' ? null : row.step,
    fault: row.last_fault,
    steps: [...definition.steps, ...definition.ending].map(({ name }) => {
      const { state, attempts, fault = null, finishedAt = null } = entryOf(row.steps, name);
      return { name, state, attempts, fault, finishedAt };
    }),
  };
}
