// The simulated market around the customers: a price for every instrument and moment, and the orders of everybody
// else, both computed from (seed, symbol, tick) alone. Nothing is remembered, so any moment can be asked for again.

/** Smooth noise of several speeds: how far it may move the price, and in how many ticks it turns. */
const WAVES = [
  { amplitude: 0.04, periodTicks: 3_000 },
  { amplitude: 0.015, periodTicks: 300 },
  { amplitude: 0.003, periodTicks: 30 },
] as const;
/** The price stays within this part of its base, whatever the waves say. */
export const MAX_DEVIATION = 0.08;
const PARTS = 1_000_000;

export interface Liquidity {
  /** Prices per side at which the background stands ready. */
  readonly levels: number;
  /** Shares per level: a random whole number between the two. */
  readonly minShares: number;
  readonly maxShares: number;
}

/** One price of the background on one side; matching takes from `open`. */
export interface Level {
  readonly price: bigint;
  open: bigint;
}

export interface Background {
  /** Best first. */
  readonly bids: Level[];
  readonly asks: Level[];
  /** The price between both sides, which stands for the last trade of the whole market. */
  readonly reference: bigint;
}

interface Listed {
  readonly symbol: string;
  readonly basePrice: bigint;
  readonly tick: bigint;
}

export function referencePrice(seed: number, instrument: Listed, tick: number): bigint {
  let deviation = 0;
  WAVES.forEach(({ amplitude, periodTicks }, wave) => {
    deviation += amplitude * smoothNoise(seed + wave, instrument.symbol, tick / periodTicks);
  });
  const bounded = Math.min(MAX_DEVIATION, Math.max(-MAX_DEVIATION, deviation));
  const moved = (instrument.basePrice * BigInt(Math.round((1 + bounded) * PARTS))) / BigInt(PARTS);
  const onTick = moved - (moved % instrument.tick);
  return onTick > instrument.tick * 100n ? onTick : instrument.tick * 100n;
}

/** The bids end below the reference price and the asks begin above it, so the background never trades with itself. */
export function background(seed: number, instrument: Listed, tick: number, liquidity: Liquidity): Background {
  const reference = referencePrice(seed, instrument, tick);
  const side = (name: string, direction: bigint): Level[] => {
    let price = reference;
    return Array.from({ length: liquidity.levels }, (_, level) => {
      const steps =
        1n + BigInt(Math.floor(random(seed, `${instrument.symbol} ${name} step`, tick * 64 + level) * 2));
      price += direction * steps * instrument.tick;
      const span = liquidity.maxShares - liquidity.minShares + 1;
      const shares = Math.floor(random(seed, `${instrument.symbol} ${name} size`, tick * 64 + level) * span);
      return { price, open: BigInt(liquidity.minShares + shares) };
    });
  };
  return { bids: side('bid', -1n), asks: side('ask', 1n), reference };
}

/** Between -1 and 1, without jumps: random values at whole positions, eased in between. */
function smoothNoise(seed: number, symbol: string, position: number): number {
  const whole = Math.floor(position);
  const part = position - whole;
  const eased = part * part * (3 - 2 * part);
  const [from, to] = [random(seed, symbol, whole), random(seed, symbol, whole + 1)];
  return (from + (to - from) * eased) * 2 - 1;
}

/** Between 0 and 1: FNV-1a over the inputs, then murmur3's finish, because FNV alone mixes the last bytes badly. */
function random(seed: number, name: string, position: number): number {
  let hash = 0x811c9dc5 ^ seed;
  const mix = (byte: number): void => {
    hash = Math.imul(hash ^ byte, 0x01000193);
  };
  for (let at = 0; at < name.length; at += 1) mix(name.charCodeAt(at));
  let rest = position;
  for (let byte = 0; byte < 7; byte += 1) {
    mix(rest % 256);
    rest = Math.floor(rest / 256);
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
