// Whether an order may be placed, as account, instrument and market stand now. The checks stand in the order in
// which they are reported; each line names its code of docs/errors.md. Below the last one it must succeed.
import { compareMoney, isMultipleOf, principal } from '@simplebank/money';
import type { Money, Quantity } from '@simplebank/money';
import type { FeeCeilingRule, Instrument } from './instrument.ts';
import { cashToReserve, referencePrice } from './order-estimate.ts';
import type { DealTerms, FormFault } from './order-terms.ts';

/** `unknown` is a fact whose service did not answer: its checks are left to the saga. */
export interface TermsFacts {
  readonly account: 'unknown' | { readonly status: 'OPEN' | 'CLOSED'; readonly orderLimit: Money };
  readonly instrument: 'unknown' | 'missing' | Instrument;
  readonly availability: 'unknown' | { readonly cash: Money; readonly shares: Quantity };
  readonly feeCeilingRule: 'unknown' | FeeCeilingRule;
}

export type TermsFault =
  | FormFault
  | 'ACCOUNT_CLOSED'
  | 'UNKNOWN_SYMBOL'
  | 'PRICE_OFF_TICK'
  | 'QUOTE_UNAVAILABLE'
  | 'PRICE_OUT_OF_BAND'
  | 'ORDER_LIMIT_EXCEEDED'
  | 'INSUFFICIENT_SHARES'
  | 'INSUFFICIENT_CASH';

/** A limit may be this far from the last price, either way: farther is a slip of the finger. */
const PRICE_BAND_PERCENT = 20n;

/** What account, instrument and market say. The saga asks again, since all of it may have changed meanwhile. */
export function checkFacts(terms: DealTerms, facts: TermsFacts): TermsFault | undefined {
  const { account, instrument, availability, feeCeilingRule } = facts;
  if (account !== 'unknown' && account.status === 'CLOSED') return 'ACCOUNT_CLOSED';
  if (instrument === 'missing') return 'UNKNOWN_SYMBOL';
  if (instrument !== 'unknown') {
    if (!isMultipleOf(terms.quantity, instrument.lotSize)) return 'QUANTITY_TOO_PRECISE';
    if (isOffTick(terms, instrument)) return 'PRICE_OFF_TICK';
    const reference = referencePrice(terms, instrument);
    if (reference === undefined) return 'QUOTE_UNAVAILABLE';
    if (isOutOfBand(terms, instrument)) return 'PRICE_OUT_OF_BAND';
    const worth = principal(reference, terms.quantity, instrument.currency, 'UP');
    if (account !== 'unknown' && compareMoney(worth, account.orderLimit) > 0) return 'ORDER_LIMIT_EXCEEDED';
  }
  if (availability === 'unknown') return undefined;
  if (terms.side === 'SELL') return terms.quantity > availability.shares ? 'INSUFFICIENT_SHARES' : undefined;
  if (instrument === 'unknown') return undefined;
  const needed = cashToReserve(terms, instrument, feeCeilingRule);
  return needed !== undefined && compareMoney(needed, availability.cash) > 0
    ? 'INSUFFICIENT_CASH'
    : undefined;
}

function isOffTick({ limitPrice }: DealTerms, { tickSize }: Instrument): boolean {
  return limitPrice !== null && !isMultipleOf(limitPrice, tickSize);
}

/** Without a quote there is no market to be far from. */
function isOutOfBand({ limitPrice }: DealTerms, { quote }: Instrument): boolean {
  if (limitPrice === null || quote === null) return false;
  const distance = limitPrice > quote.last ? limitPrice - quote.last : quote.last - limitPrice;
  return distance * 100n > quote.last * PRICE_BAND_PERCENT;
}
