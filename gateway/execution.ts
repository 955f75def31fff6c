// What an executor is: compiled (compile/, execute/) or reference (reference/). Both get the same and must answer alike.
import type { DocumentNode, GraphQLFormattedError, GraphQLSchema } from 'graphql';
import type { DeniedField } from './authorization/denied-field.ts';
import type { PlannedKeys } from './operation/planned-keys.ts';
import type { Plan } from './planner/plan.ts';
import type { FetchContext, SubgraphFetcher } from './subgraph-fetch.ts';
import type { Supergraph } from './supergraph/supergraph.ts';

/** A client's operation after operation/normalise.ts. */
export interface NormalisedOperation {
  readonly kind: 'query' | 'mutation';
  /**
   * One operation; its fragments are inlined as inline fragments; no @skip and @include left, since they have been
   * decided. Introspection fields (`__schema`, `__type`) and fields that the caller may not see are still in it.
   */
  readonly document: DocumentNode;
  readonly text: string;
  /** Client's names of variables that planners use themselves, with the names that stand in the document instead. */
  readonly renamedVariables?: ReadonlyMap<string, string>;
}

export interface Executable {
  readonly supergraph: Supergraph;
  readonly apiSchema: GraphQLSchema;
  readonly operation: NormalisedOperation;
  readonly plan: Plan;
  /** What the caller may not see: it was not planned, and is answered null with an error. */
  readonly denied?: readonly DeniedField[];
  /** How its response keys were planned; by default as the client wrote them. */
  readonly keys?: PlannedKeys;
}

export interface ExecutionInput {
  /** Coerced by the API schema, defaults included. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: FetchContext;
  readonly fetcher: SubgraphFetcher;
}

export interface ExecutionResult {
  /** Null when an error reached the root. Key order is that of the query. A key whose value is undefined is absent. */
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly GraphQLFormattedError[];
}

export type Execute = (input: ExecutionInput) => Promise<ExecutionResult>;
