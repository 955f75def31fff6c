// Apollo's planner on a thread of its own: it plans synchronously, for tens of milliseconds and sometimes without end,
// so that whoever asked must be able to end the thread.
import { parentPort, workerData } from 'node:worker_threads';
import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
} from '@apollo/federation-internals';
import { QueryPlanner, type QueryPlan } from '@apollo/query-planner';
import { parse, printSchema } from 'graphql';

export interface ApolloWorkerData {
  readonly supergraph: string;
}

export type FromApolloWorker =
  | { readonly kind: 'loaded'; readonly apiSchema: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'planned'; readonly plan: QueryPlan }
  | { readonly kind: 'failed'; readonly reason: string };

export interface ToApolloWorker {
  readonly text: string;
  /** Progressive @override: whether each label is on. */
  readonly overrides: ReadonlyMap<string, boolean>;
}

const port = parentPort;
if (port !== null) serve((answer) => port.postMessage(answer));

function serve(post: (answer: FromApolloWorker) => void): void {
  const { supergraph: sdl } = workerData as ApolloWorkerData;
  let planning: ReturnType<typeof load>;
  try {
    planning = load(sdl);
    // The schema itself cannot be sent to another thread; its text can.
    post({ kind: 'loaded', apiSchema: printSchema(planning.apiSchema.toGraphQLJSSchema()) });
  } catch (error) {
    post({ kind: 'refused', reason: messageOf(error) });
    return;
  }
  const { apiSchema, planner } = planning;
  parentPort?.on('message', ({ text, overrides }: ToApolloWorker) => {
    try {
      const operation = operationFromDocument(apiSchema, parse(text, { noLocation: true }));
      const plan = planner.buildQueryPlan(operation, { overrideConditions: new Map(overrides) });
      post({ kind: 'planned', plan });
    } catch (error) {
      post({ kind: 'failed', reason: messageOf(error) });
    }
  });
}

function load(sdl: string) {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
  const planner = new QueryPlanner(supergraph, {
    incrementalDelivery: { enableDefer: true },
    // Without it, one field with different arguments in two branches of an abstract type comes with those of the first.
    typeConditionedFetching: true,
  });
  return { planner, apiSchema: supergraph.apiSchema() };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
