// Plugs the engine under test in: two planners, two executors, and the way from a client's text to them. Plans are made
// by one planner at a time here, unlike in the engine, where the second one stands in for the first.
import {
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph as ApolloSupergraph,
} from '@apollo/federation-internals';
import { Kind, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { CannotCompile } from '../compile/cannot-compile.ts';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { Executable, Execute } from '../execution.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import { conditionVariables } from '../operation/condition-variables.ts';
import { normalise } from '../operation/normalise.ts';
import { plannedKeys } from '../operation/planned-keys.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { SupergraphInvalid, type Planner } from '../planner/planner.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { Operation } from './invent-operation.ts';
import type { Planning, PlannerName } from './planning.ts';

export type ExecutorName = 'compiled' | 'reference';

export interface Engines {
  readonly supergraph: Supergraph;
  /** By the reference implementation of federation: what the monolith has, too. */
  readonly apiSchema: GraphQLSchema;
  readonly planners: Readonly<Record<PlannerName, Planner | SupergraphInvalid>>;
}

export async function createEngines(sdl: string, planning: Planning): Promise<Engines> {
  const features = { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES };
  const apiSchema = ApolloSupergraph.build(sdl, features).apiSchema().toGraphQLJSSchema();
  const plannerOr = async (name: PlannerName) =>
    planning[name].plannerFor(sdl, apiSchema).catch((error: unknown) => {
      if (error instanceof SupergraphInvalid) return error;
      throw error;
    });
  const [native, apollo] = await Promise.all([plannerOr('native'), plannerOr('apollo')]);
  return { supergraph: readSupergraph(sdl), apiSchema, planners: { native, apollo } };
}

/** Milliseconds, never reached: planning.ts has a limit of its own for each plan. */
const planTimeoutMs = 120_000;

export interface Prepared {
  readonly executable: Executable;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Throws PlanningFailed, and SupergraphInvalid when the planner has refused the supergraph. */
export async function prepare(
  { supergraph, apiSchema, planners }: Engines,
  { document, variables: given }: Operation,
  plannerName: PlannerName,
): Promise<Prepared> {
  const first = planners[plannerName];
  if (first instanceof SupergraphInvalid) throw first;
  const operation = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  if (operation === undefined) throw new Error('an operation has a definition');
  const variables = coerceVariables(apiSchema, operation, given);
  const names = conditionVariables(document, operation);
  const conditions = Object.fromEntries(names.map((name) => [name, variables[name]]));
  const normalised = normalise({ schema: apiSchema, document, operation, conditions, keepDefer: false });
  const keys = plannedKeys(supergraph);
  const plan = await planOperation(normalised, normalised.document, {
    planners: { first },
    supergraph,
    apiSchema,
    keys,
    overrideLabels: new Set(),
    overridePercentage: 0,
    timeoutMs: planTimeoutMs,
  });
  return {
    executable: {
      supergraph,
      apiSchema,
      operation: normalised,
      plan,
      keys,
    },
    variables,
  };
}

/** Undefined when the compiler leaves the plan to the reference executor. */
export function executorOf(executable: Executable, name: ExecutorName): Execute | undefined {
  if (name === 'reference') return createReferenceExecutor(executable);
  try {
    return compileExecutable(executable);
  } catch (error) {
    if (error instanceof CannotCompile) return undefined;
    throw error;
  }
}
