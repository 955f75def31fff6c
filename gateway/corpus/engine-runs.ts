// The engine as a whole, as a client meets it: both planners, compiled plans, the whole pipeline from text to text.
import { createEngine, type Engine } from '../engine.ts';
import type { GatewayAnswer } from '../gateway-request.ts';
import type { FetchContext, SubgraphFetcher } from '../subgraph-fetch.ts';
import type { OverrideChoice } from './corpus-case.ts';

export interface EngineCall {
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly override: OverrideChoice;
  readonly fetcher: SubgraphFetcher;
}

/** Milliseconds: a machine under load plans slowly, and time is not what is tested here. */
const planTimeoutMs = 15_000;

export class EngineRuns {
  readonly #supergraph: string;
  /** An engine has one fetcher; each request has its own by its context. */
  readonly #fetchers = new WeakMap<FetchContext, SubgraphFetcher>();
  readonly #engines = new Map<string, Promise<Engine>>();

  constructor(supergraph: string) {
    this.#supergraph = supergraph;
  }

  async run({ query, variables, override, fetcher }: EngineCall): Promise<GatewayAnswer> {
    const engine = await this.#engineFor(override.labels);
    const context = endlessContext();
    this.#fetchers.set(context, fetcher);
    return engine.handle({
      query,
      operationName: undefined,
      variables,
      context,
      caller: { isAuthenticated: false, scopes: new Set(), policies: new Set() },
      allowMutation: true,
      acceptsIncremental: false,
      client: undefined,
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#engines.values()].map(async (engine) => (await engine).close()));
  }

  #engineFor(overrideLabels: readonly string[]): Promise<Engine> {
    const key = overrideLabels.join(' ');
    let engine = this.#engines.get(key);
    if (engine === undefined) {
      const fetcher: SubgraphFetcher = {
        fetch: async (request) => {
          const own = this.#fetchers.get(request.context);
          if (own === undefined) throw new Error('a fetch came without the context of its request');
          return own.fetch(request);
        },
      };
      engine = createEngine({ supergraph: this.#supergraph, fetcher, overrideLabels, planTimeoutMs });
      this.#engines.set(key, engine);
    }
    return engine;
  }
}

export function endlessContext(): FetchContext {
  return { headers: [], tracingHeaders: [], deadlineAt: Number.POSITIVE_INFINITY, signal: undefined };
}
