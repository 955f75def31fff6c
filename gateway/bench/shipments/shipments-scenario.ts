// A scenario that does not flatter: what is paid per object and per entity counts here, not what is paid per request.
// The right answers come from one schema without federation over the same data.
import { composeServices } from '@apollo/composition';
import { execute, parse } from 'graphql';
import { readSupergraph } from '../../supergraph/read-supergraph.ts';
import type { BenchRequest, Scenario } from '../scenario.ts';
import { regions } from './shipments-data.ts';
import { findShipments, sdlOf, subgraphNames, type ShipmentsArguments } from './shipments-subgraphs.ts';

const query = /* GraphQL */ `
  query Shipments($region: Region!, $first: Int!, $withPosition: Boolean!) {
    shipments(region: $region, first: $first) {
      __typename
      id
      weightGrams
      carrier {
        id
        name
        rating
      }
      ... on Parcel {
        isFragile
        status
        eta
        position @include(if: $withPosition) {
          latitude
          longitude
        }
      }
      ... on Pallet {
        boxes
        status
        eta
      }
      lastEvent {
        __typename
        ... on Scanned {
          at
          place {
            city
            country
          }
        }
        ... on Held {
          at
          reason
          place {
            city
            country
          }
        }
        ... on Delivered {
          at
          signedBy
        }
      }
    }
  }
`;

const listLengths = [1_000, 2_000, 3_000];

export async function shipmentsScenario(): Promise<Scenario> {
  const supergraph = composeShipments();
  return {
    name: 'shipments',
    title: 'Lists of thousands: interfaces, unions, variables, three subgraphs of 20 ms',
    about:
      'Lists of 1,000, 2,000 and 3,000 small objects of two types, behind an interface, with a union in each, three ' +
      'variables (12 combinations), an entity fetch for every object and more for the carriers and places inside; each ' +
      'subgraph takes 20 ms; another authorization header with each request.',
    supergraph,
    subgraphModule: './shipments/shipments-subgraphs.ts',
    subgraphSource: '',
    requests: await requestsWithAnswers(supergraph),
    connections: 200,
    authorization: 'each its own',
    floor: 'limit',
  };
}

/** Also of the trivial query, for which any supergraph will do. */
export function composeShipments(): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphNames.map((name) => ({
      name,
      url: `http://subgraphs.invalid/${name}`,
      typeDefs: parse(sdlOf(name)),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(`the scenario does not compose: ${String(errors)}`);
  return supergraphSdl;
}

async function requestsWithAnswers(supergraph: string): Promise<BenchRequest[]> {
  const schema = readSupergraph(supergraph).fullSchema;
  const document = parse(query);
  const rootValue = { shipments: (args: ShipmentsArguments) => findShipments(args) };
  const requests: BenchRequest[] = [];
  for (const [index, region] of regions.entries()) {
    for (const first of listLengths) {
      const variables = { region, first, withPosition: (index + first / 1_000) % 2 === 0 };
      const result = await execute({ schema, document, rootValue, variableValues: variables });
      if (result.errors !== undefined) throw new Error(`the monolith fails: ${String(result.errors[0])}`);
      requests.push({ body: JSON.stringify({ query, variables }), answer: JSON.stringify(result) });
    }
  }
  return requests;
}
