// What an order is at any moment: the terms it was placed with, how far the exchange has filled it, what is
// reserved for it, and which of its executions are posted and charged. A union by status.
import { averagePrice, sumMoney } from '@simplebank/money';
import type { Currency, Money, Price, Quantity } from '@simplebank/money';
import type { OrderTerms } from './order-terms.ts';

/** A code of docs/errors.md with its message for people. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
}

export interface FeeQuote {
  readonly scheduleId: string;
  readonly estimate: Money;
  /** The most that a buy's fees can come to. */
  readonly ceiling: Money;
  readonly referencePrice: Price;
  /** True when fees did not answer and the last known schedule was used. */
  readonly fallback: boolean;
}

export type Hold =
  | { readonly kind: 'shares'; readonly symbol: string; readonly quantity: Quantity }
  | {
      readonly kind: 'cash';
      readonly principal: Money;
      readonly fee: Money;
      /** The limit with which a market buy goes out; null for a limit order, which has its own. */
      readonly protectingLimit: Price | null;
    };

/** `released` also when nothing was ever reserved: from then on nothing can be. */
export type Reservation = { readonly kind: 'none' } | Hold | { readonly kind: 'released' };

export type Posting =
  | { readonly state: 'EXECUTED' }
  | { readonly state: 'POSTED'; readonly principal: Money }
  | { readonly state: 'CHARGED'; readonly principal: Money; readonly fee: Money };

export interface Execution {
  /** The exchange's execution id. */
  readonly executionId: string;
  readonly quantity: Quantity;
  readonly price: Price;
  /** ISO 8601, handed through. */
  readonly executedAt: string;
  readonly posting: Posting;
}

/**
 * EARLY: asked before anything was reserved, so the order is stopped and never routed. ASKED: to be sent to the
 * exchange as soon as the order is there. SENT: the exchange's answer is awaited.
 */
export type CancelStage = 'NONE' | 'EARLY' | 'ASKED' | 'SENT';

export type OrderOutcome = 'FILLED' | 'PARTIALLY_FILLED' | 'CANCELED' | 'EXPIRED' | 'REJECTED';

interface Story {
  readonly terms: OrderTerms;
  /** The number of its newest event. */
  readonly sequence: number;
  readonly cumulative: Quantity;
  readonly leaves: Quantity;
  /** Neither filled nor open any more: cumulative + leaves + canceled = quantity. */
  readonly canceled: Quantity;
  readonly executions: readonly Execution[];
  readonly feeQuote: FeeQuote | undefined;
  readonly reservation: Reservation;
  readonly cancel: CancelStage;
  /** How often a cancel was requested, so that a late answer is not taken for one to a newer request. */
  readonly cancelRequests: number;
  /** Why the newest cancel request failed. */
  readonly cancelRejection: Rejection | undefined;
}

/** Not known to the market: nobody but the bank has seen it. */
export interface UnroutedOrder extends Story {
  readonly status: 'RECEIVED' | 'RESERVED';
}

/** Known to the market, and not done. QUEUED is kept for the trading calendar; no event leads there yet. */
export interface RoutedOrder extends Story {
  readonly status: 'ROUTED' | 'QUEUED' | 'WORKING' | 'PARTIALLY_FILLED' | 'PENDING_CANCEL' | 'IN_DOUBT';
  /** Undefined until the exchange has acknowledged the order. */
  readonly exchangeOrderId: string | undefined;
  readonly inDoubt: boolean;
}

interface Ended extends Story {
  /** How the whole story ended; undefined until everything is posted, charged and released. */
  readonly outcome: OrderOutcome | undefined;
  /** Whether the market ever knew it. */
  readonly routed: boolean;
}

export interface DoneOrder extends Ended {
  readonly status: 'FILLED' | 'CANCELED' | 'EXPIRED';
}

export interface RejectedOrder extends Ended {
  readonly status: 'REJECTED';
  readonly rejection: Rejection;
}

export type OpenOrder = UnroutedOrder | RoutedOrder;
export type ClosedOrder = DoneOrder | RejectedOrder;
export type Order = OpenOrder | ClosedOrder;

/** The bank's books; names the currency of an order that ended before anything of it had a price. */
const BOOK_CURRENCY: Currency = 'USD';

const terminal: readonly Order['status'][] = [
  'FILLED',
  'CANCELED',
  'EXPIRED',
  'REJECTED',
] satisfies ClosedOrder['status'][];

export function isClosed(order: Order): order is ClosedOrder {
  return terminal.includes(order.status);
}

export function isUnrouted(order: Order): order is UnroutedOrder {
  return order.status === 'RECEIVED' || order.status === 'RESERVED';
}

/** Every execution is in the ledger, with its fee. */
export function isSettled(order: Order): boolean {
  return order.executions.every((execution) => execution.posting.state === 'CHARGED');
}

export function currencyOf(order: Order): Currency {
  return order.feeQuote?.estimate.currency ?? BOOK_CURRENCY;
}

/** Volume-weighted price of the fills, rounded half-even to 1e-6; undefined without fills. */
export function averagePriceOf(order: Order): Price | undefined {
  return averagePrice(order.executions, 'HALF_EVEN');
}

/** What was charged so far. */
export function feesOf(order: Order): Money {
  const fees = order.executions.flatMap(({ posting }) => (posting.state === 'CHARGED' ? [posting.fee] : []));
  return sumMoney(fees, currencyOf(order));
}
