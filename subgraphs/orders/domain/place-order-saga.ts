// How an order is carried through the bank: the whole saga as one table, each step beside what undoes it. State
// in, commands out; the runner sends them and hands the replies back to the order (order-commands.ts).
import { subtractMoney } from '@simplebank/money';
import type { Money, Price, Quantity } from '@simplebank/money';
import { executionPrincipal } from './order-estimate.ts';
import { currencyOf, feesOf, isClosed, isUnrouted } from './order-state.ts';
import type { Execution, FeeQuote, Order } from './order-state.ts';
import type { DealTerms, OrderTerms, Side } from './order-terms.ts';

interface ExecutionCommand {
  readonly executionId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly side: Side;
  readonly quantity: Quantity;
  readonly principal: Money;
  readonly executedAt: string;
}

export type SagaCommand =
  | { readonly kind: 'validate'; readonly terms: OrderTerms }
  | { readonly kind: 'quoteFee'; readonly terms: OrderTerms }
  /** What to hold is `holdFor(terms, quote, tickSize)`: only the market service knows the tick. */
  | { readonly kind: 'reserve'; readonly terms: OrderTerms; readonly quote: FeeQuote }
  /** `limitPrice` of a market buy is its protecting limit. */
  | ({ readonly kind: 'route'; readonly orderId: string; readonly accountId: string } & DealTerms)
  | ({ readonly kind: 'postTrade'; readonly symbol: string; readonly price: Price } & ExecutionCommand)
  /** `cap` is the most that may be charged: what is left of a buy's reserved fee, a sell's principal. */
  | ({ readonly kind: 'chargeFee'; readonly cap: Money } & ExecutionCommand)
  | { readonly kind: 'cancelAtExchange'; readonly orderId: string; readonly request: number }
  | { readonly kind: 'release'; readonly orderId: string }
  | { readonly kind: 'complete'; readonly orderId: string };

type Directive = SagaCommand | 'done' | 'wait';

interface Step {
  readonly name: string;
  readonly kind: 'retriable' | 'compensatable' | 'pivot' | 'forward';
  readonly command: (order: Order) => Directive;
  readonly compensation?: (order: Order) => SagaCommand | 'done';
  readonly repeats?: true;
}

interface Saga {
  readonly name: string;
  readonly steps: readonly Step[];
  readonly ending: readonly Step[];
  readonly aborted: (order: Order) => boolean;
}

/** Every end releases, also that of an order with nothing reserved: a late reserve must find the door shut. */
export const placeOrderSaga: Saga = {
  name: 'place-order',
  steps: [
    { name: 'validate', kind: 'retriable', command: validate },
    { name: 'quoteFee', kind: 'retriable', command: quoteFee },
    { name: 'reserve', kind: 'compensatable', command: reserve, compensation: release },
    { name: 'route', kind: 'pivot', command: route },
    { name: 'execute', kind: 'forward', command: execute, repeats: true },
  ],
  ending: [
    { name: 'release', kind: 'forward', command: release },
    { name: 'complete', kind: 'forward', command: complete },
  ],
  aborted,
};

/** Rejected, or stopped by a cancel that came before anything was reserved. A later cancel goes to the exchange. */
function aborted(order: Order): boolean {
  return order.status === 'REJECTED' || order.cancel === 'EARLY';
}

function validate({ status, terms }: Order): Directive {
  return status === 'RECEIVED' ? { kind: 'validate', terms } : 'done';
}

function quoteFee({ feeQuote, terms }: Order): Directive {
  return feeQuote === undefined ? { kind: 'quoteFee', terms } : 'done';
}

function reserve({ status, terms, feeQuote: quote }: Order): Directive {
  if (status !== 'RECEIVED') return 'done';
  if (quote === undefined) throw new Error('Bug: an order is quoted before anything is reserved for it');
  return { kind: 'reserve', terms, quote };
}

/** Done also when a report of the exchange has overtaken the answer to the command. */
function route(order: Order): Directive {
  if (!isUnrouted(order)) return 'done';
  const { id: orderId, accountId, symbol, side, orderType, timeInForce, quantity, limitPrice } = order.terms;
  const protection = order.reservation.kind === 'cash' ? order.reservation.protectingLimit : null;
  const deal = { symbol, side, orderType, timeInForce, quantity, limitPrice: limitPrice ?? protection };
  return { kind: 'route', orderId, accountId, ...deal };
}

/** A cancel goes first, since it races the market; then the oldest execution: post it, charge it. */
function execute(order: Order): Directive {
  const closed = isClosed(order);
  if (!closed && order.cancel === 'ASKED') {
    return { kind: 'cancelAtExchange', orderId: order.terms.id, request: order.cancelRequests };
  }
  const execution = order.executions.find(({ posting }) => posting.state !== 'CHARGED');
  if (execution === undefined) return closed ? 'done' : 'wait';
  const { price, posting } = execution;
  const common = commandFor(order, execution);
  if (posting.state === 'EXECUTED')
    return { kind: 'postTrade', symbol: order.terms.symbol, price, ...common };
  return { kind: 'chargeFee', cap: feeCap(order, common.principal), ...common };
}

function commandFor(order: Order, execution: Execution): ExecutionCommand {
  const { id: orderId, accountId, side } = order.terms;
  const { executionId, quantity, executedAt, posting } = execution;
  const principal =
    posting.state === 'EXECUTED'
      ? executionPrincipal(order.executions, order.executions.indexOf(execution), currencyOf(order))
      : posting.principal;
  return { executionId, orderId, accountId, side, quantity, principal, executedAt };
}

function feeCap(order: Order, principal: Money): Money {
  return order.reservation.kind === 'cash' ? subtractMoney(order.reservation.fee, feesOf(order)) : principal;
}

function release(order: Order): SagaCommand | 'done' {
  return order.reservation.kind === 'released' ? 'done' : { kind: 'release', orderId: order.terms.id };
}

function complete(order: Order): Directive {
  const completed = isClosed(order) && order.outcome !== undefined;
  return completed ? 'done' : { kind: 'complete', orderId: order.terms.id };
}
