// What is traded here. Prices are bigint in millionths of a dollar, quantities whole shares (a lot is one share).

export interface Instrument {
  readonly symbol: string;
  readonly name: string;
  /** The price around which the simulated market moves. */
  readonly basePrice: bigint;
  /** Prices are multiples of it. */
  readonly tick: bigint;
}

const CENT = 10_000n;
const listed = (symbol: string, name: string, baseCents: bigint): Instrument => ({
  symbol,
  name,
  basePrice: baseCents * CENT,
  tick: CENT,
});

export const instruments: readonly Instrument[] = [
  listed('ACME', 'Acme Corporation', 120_00n),
  listed('GLOBEX', 'Globex Corporation', 45_50n),
  listed('INITECH', 'Initech', 78_25n),
  listed('UMBRELLA', 'Umbrella Corporation', 210_10n),
  listed('STARK', 'Stark Industries', 340_00n),
  listed('WAYNE', 'Wayne Enterprises', 95_75n),
  listed('HOOLI', 'Hooli', 150_00n),
  listed('CYBERDYNE', 'Cyberdyne Systems', 61_40n),
];
