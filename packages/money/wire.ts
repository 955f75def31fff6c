// Money as it travels between services and to clients: a decimal string in major units and a currency code.
import { formatMoney, isCurrency, moneyOf, type Currency, type Money } from './money.ts';

export interface WireMoney {
  readonly amount: string;
  /** ISO 4217 code. */
  readonly currency: string;
}

export function moneyToWire(value: Money): { amount: string; currency: Currency } {
  return { amount: formatMoney(value), currency: value.currency };
}

/** From a peer that keeps the contract: throws on an unknown currency, and on an amount that it cannot hold. */
export function moneyFromWire({ amount, currency }: WireMoney): Money {
  if (!isCurrency(currency)) throw new Error(`unknown currency ${currency}`);
  return moneyOf(amount, currency);
}
