// A price per share, exact to a millionth of the currency's major unit, because exchanges quote finer than a
// cent and averages of fills need the room. A price knows no currency: its instrument does.
import { formatScaled, parseScaled, trusted } from './decimal.ts';
import type { Parsed } from './decimal.ts';
import { minorDigits, money } from './money.ts';
import type { Currency, Money } from './money.ts';
import { QUANTITY_SCALE } from './quantity.ts';
import type { Quantity } from './quantity.ts';
import { divideRounded } from './rounding.ts';
import type { Rounding } from './rounding.ts';

declare const priceBrand: unique symbol;

/** In units of 1e-6 major unit per share: 120_500_000n is 120.50. */
export type Price = bigint & { readonly [priceBrand]: true };

const PRICE_DIGITS = 6;
const MINIMUM_PRICE_DECIMALS = 2;

/** Units in one major unit of currency. */
export const PRICE_SCALE = 1_000_000n;

/**
 * In units: ten million a share, more than ten times the dearest listed share. Times MAXIMUM_QUANTITY it gives
 * MAXIMUM_MINOR_UNITS in a currency of two decimals, so a principal fits a Postgres bigint.
 */
export const MAXIMUM_PRICE: Price = priceOf(10_000_000n * PRICE_SCALE);

/** From units, as a database column or another calculation gives them. */
export function priceOf(units: bigint): Price {
  return units as Price;
}

/** From input. The sign passes: whether a negative price makes sense is for the domain to say. */
export function parsePrice(text: unknown): Parsed<Price> {
  return parseScaled(text, { digits: PRICE_DIGITS, limit: MAXIMUM_PRICE }, priceOf);
}

/** From trusted text: `price('120.50')`. Throws where parsePrice would refuse. */
export function price(text: string): Price {
  return trusted(parsePrice(text), 'price', text);
}

/** '120.50', '0.000166': at least two decimals, and as many more as the price has. */
export function formatPrice(value: Price): string {
  return formatScaled(value, PRICE_DIGITS, MINIMUM_PRICE_DECIMALS);
}

/** What the shares cost: price × quantity, rounded once to the currency's minor unit. */
export function principal(value: Price, shares: Quantity, currency: Currency, rounding: Rounding): Money {
  const minorUnitsPerMajor = 10n ** BigInt(minorDigits(currency));
  const amount = divideRounded(value * shares * minorUnitsPerMajor, PRICE_SCALE * QUANTITY_SCALE, rounding);
  return money(amount, currency);
}

/** The price times a ratio; a market buy's protecting limit is scalePrice(ask, 105n, 100n, 'UP'). */
export function scalePrice(value: Price, numerator: bigint, denominator: bigint, rounding: Rounding): Price {
  return priceOf(divideRounded(value * numerator, denominator, rounding));
}

export interface Fill {
  readonly price: Price;
  readonly quantity: Quantity;
}

/** The fills' mean price weighted by their quantity; undefined as long as nothing is filled. */
export function averagePrice(fills: readonly Fill[], rounding: Rounding): Price | undefined {
  let weightedSum = 0n;
  let filled = 0n;
  for (const fill of fills) {
    if (fill.quantity < 0n) throw new RangeError(`A fill cannot be negative, got ${fill.quantity} units`);
    weightedSum += fill.price * fill.quantity;
    filled += fill.quantity;
  }
  return filled === 0n ? undefined : priceOf(divideRounded(weightedSum, filled, rounding));
}

/** The price moved onto the instrument's grid. A tick that is not positive is a bug and throws. */
export function roundToTick(value: Price, tick: Price, rounding: Rounding): Price {
  if (tick <= 0n) throw new RangeError(`A tick must be positive, got ${tick} units`);
  return priceOf(divideRounded(value, tick, rounding) * tick);
}
