// What can have happened to an order, with the domain's own types inside. The order's log and its stream hold
// the same events as text; the service writes and reads that form.
import type { Money, Price, Quantity } from '@simplebank/money';
import type { FeeQuote, OrderOutcome, Rejection } from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';

type Nothing = Readonly<Record<never, never>>;

export interface OrderEventData {
  readonly OrderCreated: OrderTerms;
  readonly FeeQuoted: FeeQuote;
  readonly StockReserved: { readonly symbol: string; readonly quantity: Quantity };
  readonly CashReserved: {
    readonly principal: Money;
    readonly fee: Money;
    readonly protectingLimit: Price | null;
  };
  readonly ReservationRejected: { readonly rejection: Rejection };
  readonly OrderRouted: Nothing;
  readonly OrderPlaced: { readonly exchangeOrderId: string };
  readonly OrderInDoubt: { readonly reason: string };
  /** Refused before it was routed. */
  readonly OrderRejected: { readonly rejection: Rejection };
  readonly OrderRejectedByMarket: { readonly rejection: Rejection };
  readonly OrderExecuted: {
    readonly executionId: string;
    readonly quantity: Quantity;
    readonly price: Price;
    readonly executedAt: string;
  };
  readonly OrderFilled: Nothing;
  readonly CancelRequested: Nothing;
  /** The market service has taken the cancel request; the exchange's answer follows. */
  readonly CancelSent: Nothing;
  readonly CancelRejected: { readonly rejection: Rejection };
  readonly OrderCanceled: { readonly canceled: Quantity };
  readonly OrderExpired: { readonly canceled: Quantity };
  readonly TradePosted: { readonly executionId: string; readonly principal: Money };
  readonly FeeCharged: { readonly executionId: string; readonly total: Money };
  readonly ReservationReleased: Nothing;
  readonly OrderCompleted: {
    readonly outcome: OrderOutcome;
    readonly cumulative: Quantity;
    readonly averagePrice: Price | null;
    readonly fees: Money;
    /** Null unless the outcome is REJECTED. */
    readonly rejection: Rejection | null;
  };
}

export type OrderEventType = keyof OrderEventData;

export type OrderEvent = {
  [T in OrderEventType]: { readonly type: T; readonly data: OrderEventData[T] };
}[OrderEventType];
