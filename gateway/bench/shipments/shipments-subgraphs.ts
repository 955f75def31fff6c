// The subgraphs of the scenario "shipments": three, each of which takes 20 ms.
import { readFileSync } from 'node:fs';
import type { BenchSubgraphs } from '../scenario.ts';
import { carriers, places, shipmentsByRegion } from './shipments-data.ts';

const latencyMs = 20;

export const subgraphNames = ['carriers', 'shipments', 'tracking'] as const;

export function sdlOf(name: (typeof subgraphNames)[number]): string {
  return readFileSync(new URL(`./${name}.graphql`, import.meta.url), 'utf8');
}

export interface ShipmentsArguments {
  readonly region: string;
  readonly first: number;
}

export function findShipments({ region, first }: ShipmentsArguments) {
  return shipmentsByRegion.get(region)?.slice(0, first) ?? [];
}

export function openSubgraphs(): BenchSubgraphs {
  const carrierById = new Map(carriers.map((carrier) => [carrier.id, carrier]));
  const placeByCode = new Map(places.map((place) => [place.code, place]));
  const shipmentById = new Map([...shipmentsByRegion.values()].flat().map((each) => [each.id, each]));
  const ofShipment = { __resolveReference: ({ id }: { id: string }) => shipmentById.get(id) };
  return {
    latencyMs,
    subgraphs: {
      shipments: {
        sdl: sdlOf('shipments'),
        resolvers: {
          Query: { shipments: (_: unknown, args: ShipmentsArguments) => findShipments(args) },
          Parcel: ofShipment,
          Pallet: ofShipment,
        },
      },
      tracking: { sdl: sdlOf('tracking'), resolvers: { Parcel: ofShipment, Pallet: ofShipment } },
      carriers: {
        sdl: sdlOf('carriers'),
        resolvers: {
          Carrier: { __resolveReference: ({ id }: { id: string }) => carrierById.get(id) },
          Place: { __resolveReference: ({ code }: { code: string }) => placeByCode.get(code) },
        },
      },
    },
  };
}
