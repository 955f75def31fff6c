// What an order can be told: by the customer, by the saga that carries it (replies to its commands), and by the
// market (reports of the exchange). Each may come twice; reports may overtake replies.
import type { Money, Price, Quantity } from '@simplebank/money';
import type { FeeQuote, Hold, Rejection } from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';

export type CustomerCommand =
  { readonly kind: 'place'; readonly terms: OrderTerms } | { readonly kind: 'requestCancel' };

export type SagaReply =
  | { readonly kind: 'validated' }
  /** Also the reply to go on with when a step before the route has used up its attempts. */
  | { readonly kind: 'validationRefused'; readonly rejection: Rejection }
  | { readonly kind: 'feeQuoted'; readonly quote: FeeQuote }
  | { readonly kind: 'reserved'; readonly hold: Hold }
  | { readonly kind: 'reservationRefused'; readonly rejection: Rejection }
  | { readonly kind: 'routed' }
  | { readonly kind: 'tradePosted'; readonly executionId: string; readonly principal: Money }
  | { readonly kind: 'feeCharged'; readonly executionId: string; readonly total: Money }
  /** `request` is the number that cancelAtExchange carried. */
  | { readonly kind: 'cancelSent'; readonly request: number }
  | { readonly kind: 'released' }
  | { readonly kind: 'complete' };

export interface ReportedExecution {
  readonly executionId: string;
  readonly quantity: Quantity;
  readonly price: Price;
  /** ISO 8601, handed through. */
  readonly executedAt: string;
}

export type MarketReport =
  | { readonly kind: 'marketPlaced'; readonly exchangeOrderId: string }
  | { readonly kind: 'marketInDoubt'; readonly reason: string }
  | { readonly kind: 'marketRejected'; readonly rejection: Rejection }
  | ({ readonly kind: 'executed' } & ReportedExecution)
  /** `cumulative` is what the exchange had filled by its own count. */
  | { readonly kind: 'marketCanceled'; readonly cumulative: Quantity }
  | { readonly kind: 'marketExpired'; readonly cumulative: Quantity }
  | { readonly kind: 'cancelRefused'; readonly rejection: Rejection };

export type OrderCommand = CustomerCommand | SagaReply | MarketReport;
