// What the replies to the saga's commands mean for an order. A command may run twice, so every reply may come
// twice; what a report of the exchange has proved already is not recorded again.
import type { SagaReply } from './order-commands.ts';
import type { OrderEvent } from './order-events.ts';
import { evolve } from './order-history.ts';
import { averagePriceOf, feesOf, isClosed, isSettled, isUnrouted } from './order-state.ts';
import type { ClosedOrder, Hold, Order, OrderOutcome, Rejection } from './order-state.ts';
import { refuse } from './refusal.ts';
import type { Decision, Refusal } from './refusal.ts';

export function decideReply(order: Order, reply: SagaReply): Decision {
  switch (reply.kind) {
    case 'validated':
      return [];
    case 'validationRefused':
      return refusedBeforeRoute(order, reply.rejection, 'OrderRejected') ?? contradicts(order, reply);
    case 'feeQuoted':
      if (order.status !== 'RECEIVED' || order.feeQuote !== undefined) return [];
      return [{ type: 'FeeQuoted', data: reply.quote }];
    case 'reserved':
      if (order.status !== 'RECEIVED' || order.reservation.kind === 'released') return [];
      return order.feeQuote === undefined ? contradicts(order, reply) : [reserved(reply.hold)];
    case 'reservationRefused':
      return refusedBeforeRoute(order, reply.rejection, 'ReservationRejected') ?? contradicts(order, reply);
    case 'routed':
      return routed(order) ?? contradicts(order, reply);
    case 'tradePosted':
    case 'feeCharged':
      return booked(order, reply);
    case 'cancelSent':
      if (isClosed(order) || order.cancel !== 'ASKED' || reply.request !== order.cancelRequests) return [];
      return isUnrouted(order) ? contradicts(order, reply) : [{ type: 'CancelSent', data: {} }];
    case 'released':
      if (order.reservation.kind === 'released') return [];
      return mayRelease(order) ? [{ type: 'ReservationReleased', data: {} }] : unfinished(order, reply);
    case 'complete':
      return complete(order);
    default:
      return reply satisfies never;
  }
}

function refusedBeforeRoute(
  order: Order,
  rejection: Rejection,
  type: 'OrderRejected' | 'ReservationRejected',
): Decision | undefined {
  if (order.status === 'REJECTED') return [];
  return order.status === 'RECEIVED' ? [{ type, data: { rejection } }] : undefined;
}

function reserved(hold: Hold): OrderEvent {
  if (hold.kind === 'shares') {
    return { type: 'StockReserved', data: { symbol: hold.symbol, quantity: hold.quantity } };
  }
  const { principal, fee, protectingLimit } = hold;
  return { type: 'CashReserved', data: { principal, fee, protectingLimit } };
}

function routed(order: Order): Decision | undefined {
  if (isClosed(order)) return order.routed ? [] : undefined;
  if (!isUnrouted(order)) return [];
  const holds = order.status === 'RESERVED' && order.reservation.kind !== 'released';
  return holds ? [{ type: 'OrderRouted', data: {} }] : undefined;
}

type Booking = Extract<SagaReply, { kind: 'tradePosted' | 'feeCharged' }>;

function booked(order: Order, reply: Booking): Decision {
  const { executionId } = reply;
  const posting = order.executions.find((execution) => execution.executionId === executionId)?.posting;
  if (posting === undefined) return contradicts(order, reply);
  if (reply.kind === 'tradePosted') {
    if (posting.state !== 'EXECUTED') return [];
    return [{ type: 'TradePosted', data: { executionId, principal: reply.principal } }];
  }
  if (posting.state === 'EXECUTED') return contradicts(order, reply);
  return posting.state === 'CHARGED'
    ? []
    : [{ type: 'FeeCharged', data: { executionId, total: reply.total } }];
}

/** Nothing may still need the reservation: not the exchange, not an execution. */
function mayRelease(order: Order): boolean {
  return isClosed(order) ? isSettled(order) : isUnrouted(order) && order.cancel === 'EARLY';
}

function complete(order: Order): Decision {
  if (order.reservation.kind !== 'released' || !mayRelease(order))
    return unfinished(order, { kind: 'complete' });
  if (isClosed(order)) return order.outcome === undefined ? [completed(order)] : [];
  const canceled: OrderEvent = { type: 'OrderCanceled', data: { canceled: order.leaves } };
  const closed = evolve(order, canceled);
  return isClosed(closed) ? [canceled, completed(closed)] : unfinished(order, { kind: 'complete' });
}

function completed(order: ClosedOrder): OrderEvent {
  return {
    type: 'OrderCompleted',
    data: {
      outcome: outcomeOf(order),
      cumulative: order.cumulative,
      averagePrice: averagePriceOf(order) ?? null,
      fees: feesOf(order),
      rejection: order.status === 'REJECTED' ? order.rejection : null,
    },
  };
}

function outcomeOf({ status, cumulative }: ClosedOrder): OrderOutcome {
  const cutShort = (status === 'CANCELED' || status === 'EXPIRED') && cumulative > 0n;
  return cutShort ? 'PARTIALLY_FILLED' : status;
}

function contradicts(order: Order, reply: SagaReply): Refusal {
  return refuse('IMPOSSIBLE_REPLY', `${reply.kind} cannot follow in an order that is ${order.status}`);
}

function unfinished(order: Order, reply: SagaReply): Refusal {
  return refuse('NOT_FINISHED', `${reply.kind} comes too early for an order that is ${order.status}`);
}
