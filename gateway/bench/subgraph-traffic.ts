// The subgraph requests that our engine makes for each request of a scenario, wave by wave: what the process without
// logic repeats. A wave begins with what waits for an answer of the one before.
import { createEngine } from '../engine.ts';
import type { FetchContext, SubgraphFetcher, SubgraphRequest } from '../subgraph-fetch.ts';
import { createTransport } from '../transport/transport.ts';
import type { BenchRequest } from './scenario.ts';

export interface SubgraphPost {
  readonly url: string;
  readonly body: string;
}

export interface Traffic {
  /** The client's body. */
  readonly body: string;
  readonly waves: readonly (readonly SubgraphPost[])[];
  readonly answer: string;
}

/** Of one request, while nothing else runs. */
const deadlineMs = 30_000;

export async function recordTraffic(
  supergraph: string,
  requests: readonly BenchRequest[],
  urlOf: (subgraph: string) => string,
): Promise<readonly Traffic[]> {
  await using transport = createTransport({ urlsOf: (name) => [urlOf(name)], deduplicates: false });
  const recorder = new WaveRecorder(transport, urlOf);
  const engine = await createEngine({ supergraph, fetcher: recorder, shareRequests: false });
  try {
    const traffic: Traffic[] = [];
    for (const { body, answer } of requests) {
      recorder.waves = [];
      recorder.answered = 0;
      const { query, variables } = JSON.parse(body) as { query: string; variables?: Record<string, unknown> };
      const context: FetchContext = {
        headers: [['authorization', 'Bearer recorder']],
        tracingHeaders: [],
        deadlineAt: performance.now() + deadlineMs,
        signal: undefined,
      };
      const result = await engine.handle({
        query,
        variables,
        operationName: undefined,
        context,
        caller: { isAuthenticated: false, scopes: new Set(), policies: new Set() },
        allowMutation: false,
        acceptsIncremental: false,
        client: undefined,
      });
      if (result.kind !== 'executed' || result.hasErrors) throw new Error('the recorded request failed');
      traffic.push({ body, waves: recorder.waves, answer });
    }
    return traffic;
  } finally {
    await engine.close();
  }
}

class WaveRecorder implements SubgraphFetcher {
  waves: SubgraphPost[][] = [];
  /** The highest wave of which an answer has come. */
  answered = 0;
  readonly #inner: SubgraphFetcher;
  readonly #urlOf: (subgraph: string) => string;

  constructor(inner: SubgraphFetcher, urlOf: (subgraph: string) => string) {
    this.#inner = inner;
    this.#urlOf = urlOf;
  }

  async fetch(request: SubgraphRequest) {
    const wave = this.answered;
    (this.waves[wave] ??= []).push({ url: this.#urlOf(request.subgraph), body: request.body });
    const answer = await this.#inner.fetch(request);
    this.answered = Math.max(this.answered, wave + 1);
    return answer;
  }
}
