// What a large supergraph costs: to load, to plan for the first time, and in memory when it is loaded again and again.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createEngine, type Engine } from '../engine.ts';
import { settleEngineOptions } from '../engine-options.ts';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import { createNativePlanner } from '../planner/native-planner.ts';
import type { Planner } from '../planner/planner.ts';
import { prepareOperation } from '../prepare-operation.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';
import type { SyntheticOperation } from './synthetic-subgraphs.ts';

/** Nothing is asked of subgraphs here. */
const fetcher: SubgraphFetcher = { fetch: async () => ({ data: null, errors: [] }) };
/** What takes so much longer than it may is told as a failure, not waited for. */
const planTimeoutMs = 10_000;

export interface Timed {
  readonly name: string;
  readonly ms: number;
}

async function timed<Value>(work: () => Promise<Value>): Promise<readonly [ms: number, value: Value]> {
  const startedAt = performance.now();
  const value = await work();
  return [performance.now() - startedAt, value];
}

type Closable = Pick<Planner, 'close'>;

export const loaders: Readonly<Record<string, (supergraph: string) => Promise<Closable>>> = {
  'this engine, all of it': (supergraph) => createEngine({ supergraph, fetcher }),
  'native planner, through the seam': createNativePlanner,
  'Apollo’s planner, through the seam': createApolloPlanner,
};

export async function timeLoads(supergraph: string, name: string, times: number): Promise<number[]> {
  const open = loaders[name];
  if (open === undefined) throw new Error(`nobody loads as ${name}`);
  const loads: number[] = [];
  for (let count = 0; count < times; count += 1) {
    const [ms, loaded] = await timed(() => open(supergraph));
    loads.push(ms);
    await loaded.close();
  }
  return loads;
}

/** Each operation once, so that none is warm; the planner's own code is, from operations that come before. */
export async function timePlans(
  planner: Planner,
  operations: readonly SyntheticOperation[],
): Promise<readonly Timed[]> {
  const plans: Timed[] = [];
  for (const { name, text } of operations) {
    const operation = {
      text,
      kind: 'query' as const,
      isDeferred: false,
      overrideLabels: new Set<string>(),
      overridePercentage: 0,
    };
    const [ms] = await timed(() => planner.plan(operation, AbortSignal.timeout(planTimeoutMs)));
    plans.push({ name, ms });
  }
  return plans;
}

/** From the text of a document to what answers it: parsed, validated, normalised, planned, compiled. */
export async function timePreparing(
  { generation }: Engine,
  operations: readonly SyntheticOperation[],
): Promise<readonly Timed[]> {
  const settings = settleEngineOptions({ supergraph: generation.supergraph.sdl, fetcher, planTimeoutMs });
  const caller = { isAuthenticated: true, scopes: new Set<string>(), policies: new Set<string>() };
  const prepared: Timed[] = [];
  for (const { name, text } of operations) {
    const [ms] = await timed(async () => {
      const { documents } = generation;
      const known = documents.operation(documents.find(text), undefined);
      return prepareOperation(generation, settings, known, {
        variables: { id: '1', text: 'some' },
        acceptsIncremental: false,
        caller,
      });
    });
    prepared.push({ name, ms });
  }
  return prepared;
}

export interface MemoryAfter {
  readonly loads: number;
  readonly heapUsed: number;
  readonly rss: number;
}

/** Loads, plans and closes again and again; memory after a collection, once each `step` loads. */
export async function watchLoads(
  supergraph: string,
  operations: readonly SyntheticOperation[],
  { loads, step }: { readonly loads: number; readonly step: number },
): Promise<readonly MemoryAfter[]> {
  const collect = garbageCollector();
  const after: MemoryAfter[] = [];
  for (let count = 1; count <= loads; count += 1) {
    const engine = await createEngine({ supergraph, fetcher });
    await timePreparing(engine, operations);
    await engine.close();
    if (count % step !== 0) continue;
    collect();
    const { heapUsed, rss } = process.memoryUsage();
    after.push({ loads: count, heapUsed, rss });
  }
  return after;
}

function garbageCollector(): () => void {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  // The second one collects what the first one's finalisers let go.
  return () => {
    collect();
    collect();
  };
}

export async function withEngine<Value>(
  supergraph: string,
  use: (engine: Engine) => Promise<Value>,
): Promise<Value> {
  const engine = await createEngine({ supergraph, fetcher });
  try {
    return await use(engine);
  } finally {
    await engine.close();
  }
}

export async function withPlanner<Value>(
  open: Promise<Planner>,
  use: (planner: Planner) => Promise<Value>,
): Promise<Value> {
  const planner = await open;
  try {
    return await use(planner);
  } finally {
    await planner.close();
  }
}
