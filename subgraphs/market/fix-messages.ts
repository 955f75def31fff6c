// Between routes and FIX 4.4: what is sent for a route, and what a report of the exchange says about one.
// The client order id is the order id; questions and cancels carry numbers of their own, so that an answer
// tells which of them it answers.
import {
  execType,
  mdEntryType,
  ordRejReason,
  ordStatus,
  ordType,
  side,
  timeInForce,
  type ExecutionReport,
  type MarketDataFullRefresh,
  type MarketDataRequest,
  type NewOrderSingle,
  type OrderCancelReject,
  type OrderCancelRequest,
  type OrderStatusRequest,
} from '@simplebank/fix';
import { formatPrice, formatQuantity, price, quantity, type Price } from '@simplebank/money';
import type { Execution, Route, RouteMessage, RouteTerms } from './domain/route.ts';
import type { RouteChange } from './route-changes.ts';
import type { DueRoute } from './route-store.ts';

type Outgoing = NewOrderSingle | OrderCancelRequest | OrderStatusRequest;

/** What has to be sent for a route that is due, `now` in milliseconds since the epoch. */
export function messagesFor({ route, was, asked, cancelSends }: DueRoute, now: number): Outgoing[] {
  if (was === 'NEW') return [orderMessage(route.terms, now)];
  if (was === 'SENT') return [statusQuestion(route)];
  if (route.cancel !== 'WANTED') return [statusQuestion(route)];
  const cancel = cancelMessage(route.terms, cancelSends, now);
  // After a cancel without an answer the order may be done at the exchange: ask as well.
  return asked || cancelSends > 1 ? [statusQuestion(route), cancel] : [cancel];
}

function orderMessage(terms: RouteTerms, now: number): NewOrderSingle {
  return {
    msgType: 'D',
    clOrdId: terms.orderId,
    account: terms.accountId,
    ...instrumentAndSide(terms),
    orderQty: formatQuantity(terms.quantity),
    // A price makes it a limit order, as the protecting limit of a market buy does.
    ...(terms.limitPrice === null
      ? { ordType: ordType.market }
      : { ordType: ordType.limit, price: formatPrice(terms.limitPrice) }),
    timeInForce: terms.timeInForce === 'IOC' ? timeInForce.immediateOrCancel : timeInForce.day,
    transactTime: now,
  };
}

function statusQuestion({ terms, sends }: Route): OrderStatusRequest {
  const { orderId } = terms;
  return {
    msgType: 'H',
    clOrdId: orderId,
    ordStatusReqId: `${orderId}-S${sends}`,
    ...instrumentAndSide(terms),
  };
}

function cancelMessage(terms: RouteTerms, number: number, now: number): OrderCancelRequest {
  return {
    msgType: 'F',
    origClOrdId: terms.orderId,
    clOrdId: `${terms.orderId}-C${number}`,
    ...instrumentAndSide(terms),
    transactTime: now,
  };
}

function instrumentAndSide(terms: RouteTerms) {
  return { symbol: terms.symbol, side: terms.side === 'BUY' ? side.buy : side.sell };
}

/** Asks for bid, ask and last price of each symbol, now and whenever they change. */
export function quotesRequest(mdReqId: string, symbols: readonly string[]): MarketDataRequest {
  return {
    msgType: 'V',
    mdReqId,
    subscriptionRequestType: '1',
    marketDepth: 1,
    mdEntryTypes: Object.values(mdEntryType).map((entry) => ({ mdEntryType: entry })),
    relatedSymbols: symbols.map((symbol) => ({ symbol })),
  };
}

/** The prices in a snapshot; a side on which nobody quotes is left out. */
export function pricesOf({ mdEntries }: MarketDataFullRefresh): { bid?: Price; ask?: Price; last?: Price } {
  const priceAt = (type: string) => {
    const text = mdEntries.find((entry) => entry.mdEntryType === type)?.mdEntryPx;
    return text === undefined ? undefined : price(text);
  };
  const [bid, ask, last] = [mdEntryType.bid, mdEntryType.offer, mdEntryType.trade].map(priceAt);
  return {
    ...(bid === undefined ? {} : { bid }),
    ...(ask === undefined ? {} : { ask }),
    ...(last === undefined ? {} : { last }),
  };
}

/** What a report says about a route; undefined when it is about none, or of a kind that is not used. */
export function changeOf(report: ExecutionReport | OrderCancelReject): RouteChange | undefined {
  if (report.msgType === '9') {
    const { ordStatus: status, origClOrdId: orderId } = report;
    return { orderId, message: { kind: 'cancelRefused', stillWorking: isWorking(status) } };
  }
  // The answer to a cancel carries the cancel's id as ClOrdID, and the order's as OrigClOrdID.
  const orderId = report.origClOrdId ?? report.clOrdId;
  const message = messageOf(report);
  return orderId === undefined || message === undefined ? undefined : { orderId, message };
}

function messageOf(report: ExecutionReport): RouteMessage | undefined {
  const { orderId: exchangeOrderId } = report;
  switch (report.execType) {
    case execType.new:
      return { kind: 'acknowledged', exchangeOrderId };
    case execType.trade:
      return executed(report);
    case execType.canceled:
      return { kind: 'canceled', exchangeOrderId };
    case execType.expired:
      return { kind: 'expired', exchangeOrderId };
    case execType.rejected:
      return { kind: 'rejected', reason: report.text ?? 'no reason given' };
    case execType.orderStatus:
      return answered(report);
    default:
      return undefined;
  }
}

function executed(report: ExecutionReport): RouteMessage {
  const { orderId: exchangeOrderId, execId: executionId, lastQty, lastPx, transactTime } = report;
  if (lastQty === undefined || lastPx === undefined || transactTime === undefined) {
    throw new Error(`execution ${executionId} lacks quantity, price or time`);
  }
  const execution: Execution = {
    executionId,
    quantity: quantity(lastQty),
    price: price(lastPx),
    cumulative: quantity(report.cumQty),
    leaves: quantity(report.leavesQty),
    executedAt: transactTime,
  };
  if (!isPossible(execution)) throw new Error(`execution ${executionId} says what cannot be`);
  return { kind: 'executed', exchangeOrderId, execution };
}

/** A trade without shares, price or time cannot be recorded, and would keep what comes with it from being. */
function isPossible({ quantity, price, cumulative, leaves, executedAt }: Execution): boolean {
  const isTime = !Number.isNaN(new Date(executedAt).getTime());
  return quantity > 0n && price > 0n && cumulative > 0n && leaves >= 0n && isTime;
}

function answered(report: ExecutionReport): RouteMessage {
  const { orderId: exchangeOrderId, cumQty, ordStatus: status } = report;
  if (status === ordStatus.rejected) {
    if (report.ordRejReason === ordRejReason.unknownOrder) {
      return { kind: 'unknown', sends: Number(report.ordStatusReqId?.split('-S').at(-1)) };
    }
    return { kind: 'rejected', reason: report.text ?? 'no reason given' };
  }
  return { kind: 'status', exchangeOrderId, status: statusOf(status), cumulative: quantity(cumQty) };
}

function statusOf(status: ExecutionReport['ordStatus']): 'WORKING' | 'FILLED' | 'CANCELED' | 'EXPIRED' {
  if (status === ordStatus.filled) return 'FILLED';
  if (status === ordStatus.canceled) return 'CANCELED';
  return status === ordStatus.expired ? 'EXPIRED' : 'WORKING';
}

function isWorking(status: ExecutionReport['ordStatus']): boolean {
  return status !== ordStatus.rejected && statusOf(status) === 'WORKING';
}
