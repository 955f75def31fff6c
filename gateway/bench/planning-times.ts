// How long a supergraph takes to load and each of its operations to plan for the first time: by a planner alone, and by
// the whole engine, which parses, validates, normalises, plans and compiles before it asks a subgraph anything.
import { allRights } from '../authorization/all-rights.ts';
import { createEngine } from '../engine.ts';
import { settleEngineOptions } from '../engine-options.ts';
import type { Planner } from '../planner/planner.ts';
import { prepareOperation } from '../generation/prepare-operation.ts';
import { median } from './statistics.ts';

export interface PlannedSupergraph {
  readonly sdl: string;
  readonly operations: readonly { readonly name: string; readonly text: string }[];
}

export interface Times {
  readonly name: string;
  readonly loadMs: number;
  /** By operation, each as the first one of its kind on what has just been loaded. */
  readonly planMs: readonly number[];
}

/** What is loaded and can plan. */
interface Loaded {
  plan(text: string): Promise<unknown>;
  close(): Promise<void>;
}

/** Of one operation; far above what is measured. */
const planTimeoutMs = 60_000;

/** Medians of so many loads, after each of which every operation is planned once. */
export async function timePlanning(
  name: string,
  load: (sdl: string) => Promise<Loaded>,
  { sdl, operations }: PlannedSupergraph,
  loads: number,
): Promise<Times> {
  const loadMs: number[] = [];
  const planMs: number[][] = operations.map(() => []);
  for (let count = 0; count < loads; count += 1) {
    const startedAt = performance.now();
    const loaded = await load(sdl);
    loadMs.push(performance.now() - startedAt);
    try {
      for (const [index, { text }] of operations.entries()) {
        const plannedAt = performance.now();
        await loaded.plan(text);
        planMs[index]?.push(performance.now() - plannedAt);
      }
    } finally {
      await loaded.close();
    }
  }
  return { name, loadMs: median(loadMs), planMs: planMs.map(median) };
}

export const loadPlanner =
  (create: (sdl: string) => Promise<Planner>) =>
  async (sdl: string): Promise<Loaded> => {
    const planner = await create(sdl);
    const common = {
      isDeferred: false,
      overrideLabels: new Set<string>(),
      overridePercentage: 0,
    } as const;
    return {
      plan: (text) =>
        planner.plan({ ...common, kind: kindOf(text), text }, AbortSignal.timeout(planTimeoutMs)),
      close: () => planner.close(),
    };
  };

/** Of texts that begin with it, as all do here. */
function kindOf(text: string): 'query' | 'mutation' {
  return text.startsWith('mutation') ? 'mutation' : 'query';
}

export async function loadEngine(sdl: string): Promise<Loaded> {
  // Nothing is asked of subgraphs here.
  const fetcher = { fetch: () => Promise.resolve({ data: null, errors: [] }) };
  const options = { supergraph: sdl, fetcher, planTimeoutMs };
  const engine = await createEngine(options);
  const settings = settleEngineOptions(options);
  return {
    async plan(text) {
      const { documents } = engine.generation;
      const known = documents.operation(documents.find(text), undefined);
      const request = { variables: {}, acceptsIncremental: false, caller: allRights };
      return prepareOperation(engine.generation, settings, known, request);
    },
    close: () => engine.close(),
  };
}
