// An amount of one currency in its minor unit (cents), as a bigint. Adding two currencies is a bug of the
// caller, never a conversion, so it throws.
import { formatScaled, parseScaled, trusted } from './decimal.ts';
import type { Parsed } from './decimal.ts';
import { divideRounded } from './rounding.ts';
import type { Rounding } from './rounding.ts';

/** ISO 4217: how many decimals of the major unit a currency keeps. */
const MINOR_DIGITS = { USD: 2, EUR: 2, GBP: 2, CHF: 2, CAD: 2, JPY: 0 } as const;

export type Currency = keyof typeof MINOR_DIGITS;

export const CURRENCIES = Object.keys(MINOR_DIGITS) as readonly Currency[];

/** `{ amount: 1234n, currency: 'USD' }` is $12.34. */
export interface Money {
  readonly amount: bigint;
  readonly currency: Currency;
}

/**
 * In minor units; a Postgres bigint holds nine times as much. It is also the principal of the largest price
 * times the largest quantity, so whatever one trade yields can be written and read back.
 */
export const MAXIMUM_MINOR_UNITS = 1_000_000_000_000_000_000n;

export function isCurrency(value: unknown): value is Currency {
  return typeof value === 'string' && Object.hasOwn(MINOR_DIGITS, value);
}

export function minorDigits(currency: Currency): number {
  return MINOR_DIGITS[currency];
}

/** From minor units, as a database column or another calculation gives them. */
export function money(amount: bigint, currency: Currency): Money {
  return { amount, currency };
}

export function zero(currency: Currency): Money {
  return money(0n, currency);
}

/** From input in major units: '12.34'. The sign passes: whether it makes sense is for the domain to say. */
export function parseMoney(text: unknown, currency: Currency): Parsed<Money> {
  const scale = { digits: minorDigits(currency), limit: MAXIMUM_MINOR_UNITS };
  return parseScaled(text, scale, (amount) => money(amount, currency));
}

/** From trusted text in major units: `moneyOf('12.34', 'USD')`. Throws where parseMoney would refuse. */
export function moneyOf(text: string, currency: Currency): Money {
  return trusted(parseMoney(text, currency), `${currency} amount`, text);
}

export function usd(text: string): Money {
  return moneyOf(text, 'USD');
}

/** In major units with exactly the currency's decimals: '12.34', '-0.05'; yen '1200'. */
export function formatMoney(value: Money): string {
  const digits = minorDigits(value.currency);
  return formatScaled(value.amount, digits, digits);
}

export function addMoney(left: Money, right: Money): Money {
  requireSameCurrency(left, right);
  return money(left.amount + right.amount, left.currency);
}

export function subtractMoney(left: Money, right: Money): Money {
  requireSameCurrency(left, right);
  return money(left.amount - right.amount, left.currency);
}

/** The currency is an argument, so that the sum of nothing is a zero of something. */
export function sumMoney(values: readonly Money[], currency: Currency): Money {
  return values.reduce(addMoney, zero(currency));
}

export function negateMoney(value: Money): Money {
  return money(-value.amount, value.currency);
}

/** Fit for `sort`: below zero when left is the smaller. */
export function compareMoney(left: Money, right: Money): -1 | 0 | 1 {
  requireSameCurrency(left, right);
  if (left.amount === right.amount) return 0;
  return left.amount < right.amount ? -1 : 1;
}

export function isNegative(value: Money): boolean {
  return value.amount < 0n;
}

export function isZero(value: Money): boolean {
  return value.amount === 0n;
}

export function isPositive(value: Money): boolean {
  return value.amount > 0n;
}

/** A rate as two integers, so that no rate is ever a float: 5 % is (money, 5n, 100n, rounding). */
export function multiplyRatio(
  value: Money,
  numerator: bigint,
  denominator: bigint,
  rounding: Rounding,
): Money {
  return money(divideRounded(value.amount * numerator, denominator, rounding), value.currency);
}

function requireSameCurrency(left: Money, right: Money): void {
  if (left.currency === right.currency) return;
  throw new TypeError(`Cannot mix ${left.currency} and ${right.currency}`);
}
