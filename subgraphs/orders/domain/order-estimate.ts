// What an order would cost, what is set aside for it, and what each execution is worth. The one promise here:
// what is reserved for a buy always covers its executions and their fees, to the cent.
import {
  PRICE_SCALE,
  QUANTITY_SCALE,
  addMoney,
  divideRounded,
  minorDigits,
  money,
  multiplyRatio,
  negateMoney,
  principal,
  roundToTick,
  scalePrice,
  subtractMoney,
  zero,
} from '@simplebank/money';
import type { Currency, Fill, Money, Price, Quantity } from '@simplebank/money';
import type { FeeCeilingRule, Instrument } from './instrument.ts';
import type { FeeQuote, Hold } from './order-state.ts';
import type { DealTerms } from './order-terms.ts';

/** A market buy reserves the last ask plus this much, and goes out with a limit there, so that cash suffices. */
const PROTECTION_PERCENT = 5n;

const BASIS_POINTS_IN_ONE = 10_000n;

/** What fees said about an order; without `estimate` they did not answer and the rule is the last known. */
export interface FeeSchedule {
  readonly scheduleId: string;
  readonly estimate: Money | undefined;
  readonly ceilingRule: FeeCeilingRule;
}

export interface OrderPreview {
  readonly price: Price;
  readonly principal: Money;
  readonly fee: Money;
  /** Signed: what the order would do to the account's cash, fee included. */
  readonly cashEffect: Money;
  /** Zero for a sell. */
  readonly cashReserved: Money;
}

/** The limit, else the ask for a buy and the bid for a sell; undefined for a market order without a quote. */
export function referencePrice(terms: DealTerms, { quote }: Instrument): Price | undefined {
  if (terms.limitPrice !== null) return terms.limitPrice;
  return terms.side === 'BUY' ? quote?.ask : quote?.bid;
}

/** On the tick, and never below the protection, since the exchange refuses prices off the tick. */
export function protectingLimit(reference: Price, tickSize: Price): Price {
  return roundToTick(scalePrice(reference, 100n + PROTECTION_PERCENT, 100n, 'UP'), tickSize, 'UP');
}

export function lotsOf(quantity: Quantity, lotSize: Quantity): bigint {
  return divideRounded(quantity, lotSize, 'UP');
}

/** Price times quantity at the reference price: what fees are asked about. */
export function referencePrincipal(terms: DealTerms, instrument: Instrument): Money | undefined {
  const reference = referencePrice(terms, instrument);
  return reference && principal(reference, terms.quantity, instrument.currency, 'HALF_EVEN');
}

/** Rounded up, as the most that the rule allows. */
function feeCeiling(rule: FeeCeilingRule, amount: Money, lots: bigint): Money {
  const share = multiplyRatio(amount, rule.basisPoints, BASIS_POINTS_IN_ONE, 'UP');
  return addMoney(share, multiplyRatio(rule.perLot, lots, 1n, 'UP'));
}

/**
 * The quote that is recorded with the order; undefined for a market order as long as there is no price. The
 * ceiling is reckoned here, because a market buy reserves more than the principal that fees were asked about.
 */
export function quoteOf(
  terms: DealTerms,
  instrument: Instrument,
  schedule: FeeSchedule,
): FeeQuote | undefined {
  const reference = referencePrice(terms, instrument);
  if (reference === undefined) return undefined;
  const expected = principal(reference, terms.quantity, instrument.currency, 'HALF_EVEN');
  const worst = heldPrincipal(terms, reference, instrument.tickSize, instrument.currency);
  const lots = lotsOf(terms.quantity, instrument.lotSize);
  return {
    scheduleId: schedule.scheduleId,
    estimate: schedule.estimate ?? feeCeiling(schedule.ceilingRule, expected, 1n),
    ceiling: feeCeiling(schedule.ceilingRule, worst, lots),
    referencePrice: reference,
    fallback: schedule.estimate === undefined,
  };
}

/** What to reserve: a sell's shares, a buy's cash at the worst price it can have, and its fees' ceiling. */
export function holdFor(terms: DealTerms, quote: FeeQuote, tickSize: Price): Hold {
  if (terms.side === 'SELL') return { kind: 'shares', symbol: terms.symbol, quantity: terms.quantity };
  return {
    kind: 'cash',
    principal: heldPrincipal(terms, quote.referencePrice, tickSize, quote.estimate.currency),
    fee: quote.ceiling,
    protectingLimit: terms.limitPrice === null ? protectingLimit(quote.referencePrice, tickSize) : null,
  };
}

/** All the cash that a buy sets aside; without the rule for fees only its principal. */
export function cashToReserve(
  terms: DealTerms,
  instrument: Instrument,
  rule: FeeCeilingRule | 'unknown',
): Money | undefined {
  if (terms.side === 'SELL') return zero(instrument.currency);
  const reference = referencePrice(terms, instrument);
  if (reference === undefined) return undefined;
  const held = heldPrincipal(terms, reference, instrument.tickSize, instrument.currency);
  if (rule === 'unknown') return held;
  return addMoney(held, feeCeiling(rule, held, lotsOf(terms.quantity, instrument.lotSize)));
}

/** Undefined for a market order without a quote. */
export function previewOf(
  terms: DealTerms,
  instrument: Instrument,
  fee: Money,
  rule: FeeCeilingRule,
): OrderPreview | undefined {
  const price = referencePrice(terms, instrument);
  const cashReserved = cashToReserve(terms, instrument, rule);
  if (price === undefined || cashReserved === undefined) return undefined;
  const worth = principal(price, terms.quantity, instrument.currency, 'HALF_EVEN');
  const cashEffect = terms.side === 'BUY' ? negateMoney(addMoney(worth, fee)) : subtractMoney(worth, fee);
  return { price, principal: worth, fee, cashEffect, cashReserved };
}

/**
 * What one execution of an order is worth, by the order's running total: rounded total with it less rounded
 * total before it. So the principals of an order sum to its total rounded once, half-even, and for a buy never
 * exceed the reservation: that is the worst price times the whole quantity, rounded up. Rounding each execution
 * by itself would need up to half a cent more for every lot.
 */
export function executionPrincipal(fills: readonly Fill[], index: number, currency: Currency): Money {
  const before = runningTotal(fills.slice(0, index), currency);
  return subtractMoney(runningTotal(fills.slice(0, index + 1), currency), before);
}

function runningTotal(fills: readonly Fill[], currency: Currency): Money {
  const exact = fills.reduce((sum, fill) => sum + fill.price * fill.quantity, 0n);
  const minorUnitsPerMajor = 10n ** BigInt(minorDigits(currency));
  return money(
    divideRounded(exact * minorUnitsPerMajor, PRICE_SCALE * QUANTITY_SCALE, 'HALF_EVEN'),
    currency,
  );
}

function heldPrincipal(terms: DealTerms, reference: Price, tickSize: Price, currency: Currency): Money {
  const worst = terms.limitPrice ?? protectingLimit(reference, tickSize);
  return principal(worst, terms.quantity, currency, 'UP');
}
