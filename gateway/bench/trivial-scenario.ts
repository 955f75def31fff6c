// The query that asks for nothing: what a request costs before anything is done for it.
import type { Scenario } from './scenario.ts';
import { composeShipments } from './shipments/shipments-scenario.ts';

export function trivialScenario(): Scenario {
  return {
    name: 'trivial',
    title: 'The trivial query, against an echo server',
    about:
      '`{ __typename }`, which needs no subgraph, with another authorization header each time. The floor is a server ' +
      'on node:http that sends the request’s body back.',
    supergraph: composeShipments(),
    subgraphModule: './shipments/shipments-subgraphs.ts',
    subgraphSource: '',
    requests: [{ body: '{"query":"{ __typename }"}', answer: '{"data":{"__typename":"Query"}}' }],
    connections: 50,
    authorization: 'each its own',
    floor: 'echo',
  };
}
