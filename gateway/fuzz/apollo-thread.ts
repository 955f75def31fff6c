// Apollo's planner on a thread, for one supergraph after another; planner/apollo-worker.ts, whose options these are, takes
// a single one.
import { parentPort } from 'node:worker_threads';
import {
  operationFromDocument,
  ROUTER_SUPPORTED_SUPERGRAPH_FEATURES,
  Supergraph,
  type Schema,
} from '@apollo/federation-internals';
import { QueryPlanner } from '@apollo/query-planner';
import { parse } from 'graphql';
import type { Question, Reply } from './planning.ts';

let loaded: { readonly planner: QueryPlanner; readonly schema: Schema } | undefined;

const port = parentPort;
port?.on('message', (question: Question) => port.postMessage(reply(question)));

function reply(question: Question): Reply {
  try {
    if (question.kind === 'load') {
      loaded = load(question.supergraph);
      return { kind: 'loaded' };
    }
    if (loaded === undefined) throw new Error('no supergraph is loaded');
    // As planner/apollo-planner.ts refuses it: Apollo's planner would declare the variable twice.
    if (/\$representations\b/.test(question.text)) throw new Error('a reserved variable name');
    const operation = operationFromDocument(loaded.schema, parse(question.text, { noLocation: true }));
    const plan = loaded.planner.buildQueryPlan(operation, { overrideConditions: new Map() });
    return { kind: 'planned', id: question.id, plan };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return question.kind === 'load'
      ? { kind: 'refused', reason }
      : { kind: 'failed', id: question.id, reason };
  }
}

function load(sdl: string) {
  const supergraph = Supergraph.build(sdl, { supportedFeatures: ROUTER_SUPPORTED_SUPERGRAPH_FEATURES });
  const planner = new QueryPlanner(supergraph, {
    incrementalDelivery: { enableDefer: true },
    typeConditionedFetching: true,
  });
  return { planner, schema: supergraph.apiSchema() };
}
