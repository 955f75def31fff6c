// Memory over many reloads: an engine that serves some operations gets one supergraph after the other, as it would over
// months, and the heap is measured after a collection each time.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createEngine } from '../engine.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';
import { median } from './statistics.ts';
import type { SyntheticSupergraph } from './synthetic-supergraph.ts';

export interface MemoryOverReloads {
  readonly reloads: number;
  /** Megabytes after each reload. */
  readonly heapMb: readonly number[];
  readonly rssMb: readonly number[];
  /** Medians of the second tenth of the reloads (the first warms up) and of the last. */
  readonly early: { readonly heapMb: number; readonly rssMb: number };
  readonly late: { readonly heapMb: number; readonly rssMb: number };
}

const deadlineMs = 10_000;
const megabyte = 2 ** 20;

/** Plans are what counts here: subgraphs answer nothing. */
const fetcher: SubgraphFetcher = { fetch: () => Promise.resolve({ data: null, errors: [] }) };

export async function memoryOverReloads(
  { sdl, operations }: SyntheticSupergraph,
  reloads: number,
): Promise<MemoryOverReloads> {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const engine = await createEngine({ supergraph: sdl, fetcher });
  const heapMb: number[] = [];
  const rssMb: number[] = [];
  try {
    for (let reload = 0; reload < reloads; reload += 1) {
      // Another text each time, since an equal one would not be loaded.
      await engine.reload(`${sdl}\n# ${reload}\n`);
      for (const { text } of operations) await engine.handle(requestOf(text));
      // Twice, since what the first frees by finalisers the second collects.
      collect();
      await new Promise((resolve) => void setImmediate(resolve));
      collect();
      const { heapUsed, rss } = process.memoryUsage();
      heapMb.push(heapUsed / megabyte);
      rssMb.push(rss / megabyte);
    }
  } finally {
    await engine.close();
  }
  const tenth = Math.max(1, Math.floor(reloads / 10));
  const at = (from: number) => ({
    heapMb: median(heapMb.slice(from, from + tenth)),
    rssMb: median(rssMb.slice(from, from + tenth)),
  });
  return { reloads, heapMb, rssMb, early: at(tenth), late: at(reloads - tenth) };
}

function requestOf(query: string) {
  return {
    query,
    operationName: undefined,
    variables: undefined,
    context: {
      headers: [],
      tracingHeaders: [],
      deadlineAt: performance.now() + deadlineMs,
      signal: undefined,
    },
    caller: { isAuthenticated: false, scopes: new Set<string>(), policies: new Set<string>() },
    allowMutation: false,
    acceptsIncremental: false,
    client: undefined,
  };
}
