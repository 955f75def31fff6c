// The seam between the engine and whoever plans. Two adapters: native-planner.ts and apollo-planner.ts.
import type { GraphQLSchema } from 'graphql';
import type { Plan, PlannerName } from './plan.ts';

export interface PlannableOperation {
  /** A document with one operation, without @skip, @include and introspection, its fragments inlined or along. */
  readonly text: string;
  readonly kind: 'query' | 'mutation';
  /** Whether it asks for incremental delivery. */
  readonly isDeferred: boolean;
  /** Progressive @override: labels that are on for this request. */
  readonly overrideLabels: ReadonlySet<string>;
  /** Progressive @override: 0 to 100; a share above it is off for this request. */
  readonly overridePercentage: number;
}

export interface Planner {
  readonly name: PlannerName;
  /** What clients see: without inaccessible parts and federation's own directives. */
  readonly apiSchema: GraphQLSchema;
  /** Labels and percentages of progressive @override in the supergraph. */
  readonly overrides: { readonly labels: readonly string[]; readonly percentages: readonly number[] };
  /**
   * Never on the event loop's critical path: on a thread of its own. Rejects with PlanningFailed when the operation
   * cannot be planned or takes longer than the signal allows.
   */
  plan(operation: PlannableOperation, signal: AbortSignal): Promise<Plan>;
  /** Ends threads and frees memory; plans under way reject. */
  close(): Promise<void>;
}

/** The supergraph lets no plan be made for this operation: `data: null` with an error, never silence. */
export class PlanningFailed extends Error {
  override readonly name = 'PlanningFailed';
}

/** The supergraph is not one: broken text, or no federation. The message says why. */
export class SupergraphInvalid extends Error {
  override readonly name = 'SupergraphInvalid';
}
