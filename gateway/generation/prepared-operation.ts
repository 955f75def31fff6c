// An operation that only has to be run: what prepare-operation.ts makes and a generation keeps.
import type { DeniedField } from '../authorization/denied-field.ts';
import type { Execute, NormalisedOperation } from '../execution.ts';
import type { OperationFallbacks } from '../fallback/fallbacks.ts';
import type { OperationVariant } from '../operation/document-cache.ts';
import type { Plan } from '../planner/plan.ts';
import type { ExecuteDeferred } from '../reference/deferred-executor.ts';

export interface PreparedOperation {
  /** What it was prepared for, among those of its operation. */
  readonly key: string;
  readonly operation: NormalisedOperation;
  readonly plan: Plan;
  readonly execute: Execute;
  /** For @defer, when the client takes it. */
  readonly executeDeferred: ExecuteDeferred | undefined;
  /** Undefined when it selects no field with a fallback. */
  readonly fallbacks: OperationFallbacks | undefined;
  /** What the caller may not see of it. */
  readonly denied: readonly DeniedField[];
}

/** An operation with its conditions decided, and what was prepared for it. */
export type Variant = OperationVariant<PreparedOperation>;
