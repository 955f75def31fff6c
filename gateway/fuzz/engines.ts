// Plugs the engine under test in: two planners, two executors, and the way from a client's text to them. Plans are made
// by one planner at a time here, unlike in the engine, where the second one stands in for the first.
import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph as ApolloSupergraph,
} from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { Kind, parse, type GraphQLSchema, type OperationDefinitionNode } from 'graphql';
import { CannotCompile } from '../compile/cannot-compile.ts';
import { compileExecutable } from '../compile/compile-executable.ts';
import type { Executable, Execute } from '../execution.ts';
import { coerceVariables } from '../operation/coerce-variables.ts';
import { conditionVariables } from '../operation/condition-variables.ts';
import { normalise } from '../operation/normalise.ts';
import { fromApolloPlan } from '../planner/apollo-plan.ts';
import { plannedKeys } from '../operation/planned-keys.ts';
import { planOperation } from '../planner/plan-operation.ts';
import { PlanningFailed, SupergraphInvalid, type Planner } from '../planner/planner.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { Operation } from './invent-operation.ts';
import type { NativePlanning } from './native-planning.ts';

export type PlannerName = 'native' | 'apollo';
export type ExecutorName = 'compiled' | 'reference';

export interface Engines {
  readonly supergraph: Supergraph;
  /** By the reference implementation of federation: what the monolith has, too. */
  readonly apiSchema: GraphQLSchema;
  readonly planners: { readonly apollo: Planner; readonly native: Planner | SupergraphInvalid };
}

export async function createEngines(sdl: string, native: NativePlanning): Promise<Engines> {
  const apollo = createPlannerInProcess(sdl);
  const { apiSchema } = apollo;
  const planner = await native.plannerFor(sdl, apiSchema).catch((error: unknown) => {
    if (error instanceof SupergraphInvalid) return error;
    throw error;
  });
  return { supergraph: readSupergraph(sdl), apiSchema, planners: { native: planner, apollo } };
}

/** Milliseconds: some operations plan for ever, and the fuzzer has others. */
const planTimeoutMs = 5_000;

/** Of Apollo's planner, which cannot be stopped here: its default of 10,000 takes seconds. */
const mostEvaluatedPlans = 500;

/**
 * planner/apollo-planner.ts without its thread: a thread for each supergraph would take longer than all of its
 * operations. The options are those of planner/apollo-worker.ts.
 */
function createPlannerInProcess(sdl: string): Planner {
  const supergraph = ApolloSupergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
  const planner = new QueryPlanner(supergraph, {
    incrementalDelivery: { enableDefer: true },
    typeConditionedFetching: true,
    debug: { maxEvaluatedPlans: mostEvaluatedPlans },
  });
  const schema = supergraph.apiSchema();
  return {
    name: 'apollo',
    apiSchema: schema.toGraphQLJSSchema(),
    overrides: { labels: [], percentages: [] },
    async plan({ text }) {
      if (/\$representations\b/.test(text)) throw new PlanningFailed('reserved variable');
      try {
        const operation = operationFromDocument(schema, parse(text, { noLocation: true }));
        return fromApolloPlan(planner.buildQueryPlan(operation, { overrideConditions: new Map() }));
      } catch (cause) {
        if (cause instanceof PlanningFailed) throw cause;
        throw new PlanningFailed(cause instanceof Error ? cause.message : String(cause), { cause });
      }
    },
    close: async () => undefined,
  };
}

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
  const plan = await planOperation(normalised, normalised.document, {
    planners: { first, second: async () => undefined },
    supergraph,
    apiSchema,
    keys: plannedKeys(supergraph),
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
      keys: plannedKeys(supergraph),
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
