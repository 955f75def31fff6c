// What an order needs to know of the world around it: how its instrument trades, and the rule that bounds fees.
import type { Currency, Money, Price, Quantity } from '@simplebank/money';

export interface Quote {
  readonly bid: Price;
  readonly ask: Price;
  readonly last: Price;
}

export interface Instrument {
  readonly tickSize: Price;
  readonly lotSize: Quantity;
  readonly currency: Currency;
  readonly quote: Quote | null;
}

/** The most that a buy's fees can come to: a part of the principal, plus so much a lot for rounding up. */
export interface FeeCeilingRule {
  readonly basisPoints: bigint;
  readonly perLot: Money;
}
