// Data of the scenario "shipments": thousands of small objects of two types and three kinds of events, made from their
// numbers alone, so that every process has the same.

export interface Carrier {
  readonly __typename: 'Carrier';
  readonly id: string;
  readonly name: string;
  readonly rating: number;
}

export interface Place {
  readonly __typename: 'Place';
  readonly code: string;
  readonly city: string;
  readonly country: string;
}

type ShipmentEvent =
  | { readonly __typename: 'Scanned'; readonly at: number; readonly place: Place }
  | { readonly __typename: 'Held'; readonly at: number; readonly place: Place; readonly reason: string }
  | { readonly __typename: 'Delivered'; readonly at: number; readonly signedBy: string | null };

interface AnyShipment {
  readonly id: string;
  readonly weightGrams: number;
  readonly carrier: Carrier;
  readonly lastEvent: ShipmentEvent | null;
  readonly status: string;
  readonly eta: number | null;
}

export type Shipment = AnyShipment &
  (
    | {
        readonly __typename: 'Parcel';
        readonly isFragile: boolean;
        readonly position: { readonly latitude: number; readonly longitude: number };
      }
    | { readonly __typename: 'Pallet'; readonly boxes: number }
  );

export const regions = ['NORTH', 'EAST', 'SOUTH', 'WEST'] as const;
type Region = (typeof regions)[number];

export const carriers: readonly Carrier[] = Array.from({ length: 40 }, (_, index) => ({
  __typename: 'Carrier',
  id: `c${index}`,
  name: `Carrier ${index}`,
  rating: 1 + (index % 9) / 2,
}));

export const places: readonly Place[] = Array.from({ length: 300 }, (_, index) => ({
  __typename: 'Place',
  code: `p${index}`,
  city: `City ${index}`,
  country: ['AT', 'BE', 'CZ', 'DE', 'FR'][index % 5] ?? '',
}));

const shipmentsOfARegion = 3_000;
const hour = 3_600;

/** Numbers without a visible pattern: the factors are primes. */
const pick = <Item>(items: readonly Item[], seed: number): Item => {
  const item = items[(seed * 7_919) % items.length];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
};

function eventOf(number: number): ShipmentEvent | null {
  const at = 1_700_000_000 + number * hour;
  const place = pick(places, number);
  switch (number % 4) {
    case 0:
      return null;
    case 1:
      return { __typename: 'Held', at, place, reason: pick(['CUSTOMS', 'ADDRESS', 'PAYMENT'], number) };
    case 2:
      return { __typename: 'Delivered', at, signedBy: number % 8 === 2 ? null : `Person ${number % 97}` };
    default:
      return { __typename: 'Scanned', at, place };
  }
}

function shipmentOf(region: Region, index: number): Shipment {
  const number = index + regions.indexOf(region) * shipmentsOfARegion;
  const any: AnyShipment = {
    id: `s${number}`,
    weightGrams: 100 + ((number * 37) % 20_000),
    carrier: pick(carriers, number),
    lastEvent: eventOf(number),
    status: pick(['WAITING', 'MOVING', 'ARRIVED'], number),
    eta: number % 3 === 0 ? null : number * hour,
  };
  if (number % 5 === 0) return { ...any, __typename: 'Pallet', boxes: 1 + (number % 40) };
  const position = { latitude: (number % 180) - 90 + 0.25, longitude: (number % 360) - 180 + 0.5 };
  return { ...any, __typename: 'Parcel', isFragile: number % 7 === 0, position };
}

export const shipmentsByRegion: ReadonlyMap<string, readonly Shipment[]> = new Map(
  regions.map((region) => [
    region,
    Array.from({ length: shipmentsOfARegion }, (_, index) => shipmentOf(region, index)),
  ]),
);
