// One supergraph with everything that is made from it. A reload makes the next generation beside this one; requests
// that have begun end on the one they began with, and when the last has ended it is closed.
import {
  DirectiveLocation,
  GraphQLBoolean,
  GraphQLDirective,
  GraphQLNonNull,
  GraphQLSchema,
  GraphQLString,
  NoSchemaIntrospectionCustomRule,
  validateSchema,
  type DocumentNode,
} from 'graphql';
import { createAuthorization, type Authorization } from '../authorization/authorization.ts';
import type { EngineSettings } from '../engine-options.ts';
import { createFallbacks, type Fallbacks } from '../fallback/fallbacks.ts';
import { createCostModel, type CostModel } from '../operation/limit-cost.ts';
import { DocumentCache } from '../operation/document-cache.ts';
import { plannedKeys, type PlannedKeys } from '../operation/planned-keys.ts';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import { createNativePlanner, hasNativePlanner } from '../planner/native-planner.ts';
import type { Planners } from '../planner/plan-operation.ts';
import { SupergraphInvalid, type Planner } from '../planner/planner.ts';
import type { PreparedOperation, Variant } from './prepared-operation.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';

export interface Generation {
  readonly supergraph: Supergraph;
  /** What clients see; with @defer where it is understood. */
  readonly apiSchema: GraphQLSchema;
  readonly planners: Planners;
  readonly keys: PlannedKeys;
  readonly documents: DocumentCache<PreparedOperation>;
  readonly authorization: Authorization;
  readonly fallbacks: Fallbacks;
  /** Queries that the gateway itself makes, prepared. */
  readonly ownDocuments: WeakMap<DocumentNode, Variant>;
  readonly cost: CostModel | undefined;
  /** Percentages of progressive @override, ascending: between two of them all requests are planned alike. */
  readonly overrideSteps: readonly number[];
  /** Requests that began on it and have not ended. */
  running: number;
  /** Frees it once nothing runs on it any more. */
  retire(): void;
  ended(): void;
}

/** Throws SupergraphInvalid; nothing is left open then. */
export async function createGeneration(sdl: string, settings: EngineSettings): Promise<Generation> {
  const supergraph = readSupergraph(sdl);
  const planners = await openPlanners(sdl, settings);
  try {
    return generationOf(supergraph, planners, settings);
  } catch (fault) {
    await planners.close();
    throw fault;
  }
}

function generationOf(supergraph: Supergraph, planners: OpenPlanners, settings: EngineSettings): Generation {
  const apiSchema = settings.defer ? withDefer(planners.first.apiSchema) : planners.first.apiSchema;
  // Kept with the schema; otherwise the first document would wait for it.
  validateSchema(apiSchema);
  let isRetired = false;
  const generation: Generation = {
    supergraph,
    apiSchema,
    planners,
    keys: plannedKeys(supergraph),
    documents: new DocumentCache(
      {
        schema: apiSchema,
        limits: settings.documentLimits,
        rules: settings.introspection ? [] : [NoSchemaIntrospectionCustomRule],
        hideSuggestions: !settings.introspection,
      },
      settings.cacheLimits,
    ),
    authorization: createAuthorization(supergraph, { rejectUnauthorized: settings.rejectUnauthorized }),
    fallbacks: createFallbacks(supergraph, apiSchema, { lastKnown: settings.lastKnown }),
    ownDocuments: new WeakMap(),
    cost: settings.mostCost === undefined ? undefined : createCostModel(supergraph.document, apiSchema),
    overrideSteps: [...new Set([0, ...planners.first.overrides.percentages])].toSorted((a, b) => a - b),
    running: 0,
    retire() {
      isRetired = true;
      if (generation.running === 0) void planners.close();
    },
    ended() {
      generation.running -= 1;
      if (isRetired && generation.running === 0) void planners.close();
    },
  };
  return generation;
}

interface OpenPlanners extends Planners {
  close(): Promise<void>;
}

async function openPlanners(sdl: string, settings: EngineSettings): Promise<OpenPlanners> {
  const first = await openFirst(sdl, settings);
  // Most supergraphs never need it, and it takes several times as long to load.
  let second: Promise<Planner | undefined> | undefined;
  const hasSecond = settings.planner === 'auto' && first.name === 'native';
  return {
    first,
    ...(hasSecond && { second: () => (second ??= openSecond(sdl)) }),
    async close() {
      await first.close();
      await (await second)?.close();
    },
  };
}

async function openFirst(sdl: string, { planner, plannerProcesses }: EngineSettings): Promise<Planner> {
  if (planner === 'native') return createNativePlanner(sdl, plannerProcesses);
  if (planner === 'apollo' || !hasNativePlanner()) return createApolloPlanner(sdl);
  try {
    return await createNativePlanner(sdl, plannerProcesses);
  } catch (refusal) {
    // It refuses a few supergraphs that are right; what Apollo's planner refuses too is not.
    if (!(refusal instanceof SupergraphInvalid)) throw refusal;
    return createApolloPlanner(sdl);
  }
}

/** Undefined when it refuses a supergraph that the first one takes. */
async function openSecond(sdl: string): Promise<Planner | undefined> {
  try {
    return await createApolloPlanner(sdl);
  } catch (refusal) {
    if (!(refusal instanceof SupergraphInvalid)) throw refusal;
    return undefined;
  }
}

const defer = new GraphQLDirective({
  name: 'defer',
  locations: [DirectiveLocation.FRAGMENT_SPREAD, DirectiveLocation.INLINE_FRAGMENT],
  args: {
    label: { type: GraphQLString },
    if: { type: new GraphQLNonNull(GraphQLBoolean), defaultValue: true },
  },
});

function withDefer(schema: GraphQLSchema): GraphQLSchema {
  if (schema.getDirective('defer') != null) return schema;
  return new GraphQLSchema({ ...schema.toConfig(), directives: [...schema.getDirectives(), defer] });
}
