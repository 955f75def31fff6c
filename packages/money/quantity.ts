// A number of shares, exact to a billionth, so that fractions of a share and corporate actions lose nothing.
// Branded, so that the compiler refuses a price where shares are meant.
import { formatScaled, parseScaled, trusted } from './decimal.ts';
import type { Parsed } from './decimal.ts';

declare const quantityBrand: unique symbol;

/** In units of 1e-9 share: 1_000_000_000n is one share. */
export type Quantity = bigint & { readonly [quantityBrand]: true };

const QUANTITY_DIGITS = 9;

/** Units in one share. */
export const QUANTITY_SCALE = 1_000_000_000n;

/** In units: a billion shares. A Postgres bigint holds nine times as much, so sums of positions fit too. */
export const MAXIMUM_QUANTITY: Quantity = quantityOf(1_000_000_000n * QUANTITY_SCALE);

export const ZERO_QUANTITY: Quantity = quantityOf(0n);

/** From units, as a database column or another calculation gives them. */
export function quantityOf(units: bigint): Quantity {
  return units as Quantity;
}

/** From input. The sign passes: whether a negative quantity makes sense is for the domain to say. */
export function parseQuantity(text: unknown): Parsed<Quantity> {
  return parseScaled(text, { digits: QUANTITY_DIGITS, limit: MAXIMUM_QUANTITY }, quantityOf);
}

/** From trusted text: `quantity('10')`. Throws where parseQuantity would refuse. */
export function quantity(text: string): Quantity {
  return trusted(parseQuantity(text), 'quantity', text);
}

/** '100', '0.5': no zeros at the end. */
export function formatQuantity(value: Quantity): string {
  return formatScaled(value, QUANTITY_DIGITS, 0);
}

export function addQuantity(left: Quantity, right: Quantity): Quantity {
  return quantityOf(left + right);
}

export function subtractQuantity(left: Quantity, right: Quantity): Quantity {
  return quantityOf(left - right);
}

export function smallerQuantity(left: Quantity, right: Quantity): Quantity {
  return left < right ? left : right;
}
