// SDLs and data, opened: everything that answers an operation, federated or not.
import { compose } from './compose.ts';
import { createEngines, type Engines } from './engines.ts';
import { Facts, type Sdls } from './facts.ts';
import type { FieldFault } from './field-fault.ts';
import { faultyAnswer, type FetchFault } from './fetch-fault.ts';
import type { Planning } from './planning.ts';
import { hashOf } from './random.ts';
import { serveMonolith, type ServeMonolith } from './serve-monolith.ts';
import { serveSubgraph } from './serve-subgraph.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';
import type { World } from './world.ts';

export interface OpenCase {
  readonly facts: Facts;
  readonly engines: Engines;
  readonly monolith: ServeMonolith;
  /** For one request: it counts the mutations that it has seen. */
  fetcher(faults: Faults): SubgraphFetcher;
}

export interface Faults {
  readonly field: FieldFault | undefined;
  readonly fetch: FetchFault | undefined;
}

export const noFaults: Faults = { field: undefined, fetch: undefined };

/** Turns of the event loop's microtasks by which answers come out of order. */
const mostTurns = 5;

/** Throws when the SDLs do not compose. */
export async function openCase(
  sdls: Sdls,
  world: World,
  planning: Planning,
  supergraph = composed(sdls),
): Promise<OpenCase> {
  const facts = new Facts(sdls);
  const engines = await createEngines(supergraph, planning);
  const subgraphs = new Map(Object.keys(sdls).map((name) => [name, serveSubgraph(facts, world, name)]));
  return {
    facts,
    engines,
    monolith: serveMonolith(facts, world, engines.apiSchema),
    fetcher(faults) {
      const clock = { mutations: 0 };
      return {
        async fetch({ subgraph, body }) {
          const { query, variables = {} } = JSON.parse(body) as {
            query: string;
            variables?: Record<string, unknown>;
          };
          const serve = subgraphs.get(subgraph);
          if (serve === undefined) throw new Error(`no subgraph ${subgraph}`);
          const answer = serve({ query, variables, clock, fault: faults.field });
          for (let turns = hashOf(body) % mostTurns; turns > 0; turns -= 1) await undefined;
          return faults.fetch?.subgraph === subgraph ? faultyAnswer(faults.fetch, query, answer) : answer;
        },
      };
    },
  };
}

function composed(sdls: Sdls): string {
  const result = compose(sdls);
  if ('errors' in result) throw new Error(result.errors.join('\n'));
  return result.sdl;
}
