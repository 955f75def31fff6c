// An order as the sum of its events: `evolve` adds one, and is the only place where an order changes. An event
// that cannot follow is a bug of whoever recorded it, so it throws.
import { ZERO_QUANTITY, addQuantity, subtractQuantity } from '@simplebank/money';
import type { OrderEvent, OrderEventData } from './order-events.ts';
import { isClosed, isUnrouted } from './order-state.ts';
import type {
  ClosedOrder,
  DoneOrder,
  Execution,
  OpenOrder,
  Order,
  Posting,
  RejectedOrder,
  Rejection,
  RoutedOrder,
  UnroutedOrder,
} from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';

/** The order that a whole history tells of; undefined for an empty one. */
export function replay(events: readonly OrderEvent[]): Order | undefined {
  return events.reduce<Order | undefined>(evolve, undefined);
}

/** The order after further events. */
export function apply(order: Order | undefined, events: readonly OrderEvent[]): Order | undefined {
  return events.reduce<Order | undefined>(evolve, order);
}

export function evolve(order: Order | undefined, event: OrderEvent): Order {
  if (event.type === 'OrderCreated') return order === undefined ? created(event.data) : bug(order, event);
  if (order === undefined) return bug(order, event);
  const next = { ...order, sequence: order.sequence + 1 };
  switch (event.type) {
    case 'FeeQuoted':
      return { ...next, feeQuote: event.data };
    case 'StockReserved':
      return { ...unrouted(next, event), status: 'RESERVED', reservation: { kind: 'shares', ...event.data } };
    case 'CashReserved':
      return { ...unrouted(next, event), status: 'RESERVED', reservation: { kind: 'cash', ...event.data } };
    case 'ReservationRejected':
    case 'OrderRejected':
      return rejected(unrouted(next, event), event.data.rejection);
    case 'OrderRouted':
      return routedOf(unrouted(next, event));
    case 'OrderPlaced':
      return atMarket({
        ...routed(next, event),
        exchangeOrderId: event.data.exchangeOrderId,
        inDoubt: false,
      });
    case 'OrderInDoubt':
      return atMarket({ ...routed(next, event), inDoubt: true });
    case 'OrderRejectedByMarket':
      return rejected(routed(next, event), event.data.rejection);
    case 'OrderExecuted':
      return executed(routed(next, event), event.data);
    case 'OrderFilled':
      return done(routed(next, event), 'FILLED');
    case 'CancelRequested':
      return cancelRequested(open(next, event));
    case 'CancelSent':
      return atMarket({ ...routed(next, event), cancel: 'SENT' });
    case 'CancelRejected':
      return cancelRejected(next, event.data.rejection);
    case 'OrderCanceled':
      return done(open(next, event), 'CANCELED');
    case 'OrderExpired':
      return done(routed(next, event), 'EXPIRED');
    case 'TradePosted':
    case 'FeeCharged':
      return booked(next, event);
    case 'ReservationReleased':
      return { ...next, reservation: { kind: 'released' } };
    case 'OrderCompleted':
      return { ...closed(next, event), outcome: event.data.outcome };
    default:
      return event satisfies never;
  }
}

function created(terms: OrderTerms): UnroutedOrder {
  return {
    status: 'RECEIVED',
    terms,
    sequence: 1,
    cumulative: ZERO_QUANTITY,
    leaves: terms.quantity,
    canceled: ZERO_QUANTITY,
    executions: [],
    feeQuote: undefined,
    reservation: { kind: 'none' },
    cancel: 'NONE',
    cancelRequests: 0,
    cancelRejection: undefined,
  };
}

/** A cancel that was asked for too late to stop the order is from now on one for the exchange. */
function routedOf(order: UnroutedOrder): RoutedOrder {
  const cancel = order.cancel === 'EARLY' ? 'ASKED' : order.cancel;
  return atMarket({ ...order, status: 'ROUTED', cancel, exchangeOrderId: undefined, inDoubt: false });
}

/**
 * The status that the facts imply, by the precedence of OrdStatus in FIX 5.0 SP2, appendix D: a pending cancel
 * stands above fills, fills above the acknowledgement. IN_DOUBT, which FIX does not know, stands for the
 * acknowledgement that is missing.
 */
function atMarket(order: RoutedOrder): RoutedOrder {
  if (order.cancel !== 'NONE') return { ...order, status: 'PENDING_CANCEL' };
  if (order.cumulative > 0n) return { ...order, status: 'PARTIALLY_FILLED' };
  if (order.inDoubt) return { ...order, status: 'IN_DOUBT' };
  return { ...order, status: order.exchangeOrderId === undefined ? 'ROUTED' : 'WORKING' };
}

/** A fill is an answer of the exchange, so it ends a doubt. The last one is followed by OrderFilled. */
function executed(order: RoutedOrder, fill: OrderEventData['OrderExecuted']): RoutedOrder {
  const execution: Execution = { ...fill, posting: { state: 'EXECUTED' } };
  return atMarket({
    ...order,
    cumulative: addQuantity(order.cumulative, fill.quantity),
    leaves: subtractQuantity(order.leaves, fill.quantity),
    executions: [...order.executions, execution],
    inDoubt: false,
  });
}

function cancelRequested(order: OpenOrder): OpenOrder {
  const asked = { cancelRequests: order.cancelRequests + 1, cancelRejection: undefined };
  if (!isUnrouted(order)) return atMarket({ ...order, ...asked, cancel: 'ASKED' });
  return { ...order, ...asked, cancel: order.status === 'RECEIVED' ? 'EARLY' : 'ASKED' };
}

/**
 * Puts back the status that the executions imply, a doubt included, since an exchange that does not know the
 * order refuses its cancel too. A filled order only learns why its cancel came to nothing.
 */
function cancelRejected(order: Order, cancelRejection: Rejection): Order {
  const answered = { cancel: 'NONE', cancelRejection } as const;
  if (isClosed(order) || isUnrouted(order)) return { ...order, ...answered };
  return atMarket({ ...order, ...answered });
}

function done(order: OpenOrder, status: DoneOrder['status']): DoneOrder {
  const canceled = addQuantity(order.canceled, order.leaves);
  return {
    ...order,
    status,
    canceled,
    leaves: ZERO_QUANTITY,
    outcome: undefined,
    routed: !isUnrouted(order),
  };
}

function rejected(order: OpenOrder, rejection: Rejection): RejectedOrder {
  return { ...done(order, 'CANCELED'), status: 'REJECTED', rejection };
}

type Booking = Extract<OrderEvent, { type: 'TradePosted' | 'FeeCharged' }>;

function booked(order: Order, event: Booking): Order {
  const index = order.executions.findIndex(({ executionId }) => executionId === event.data.executionId);
  const execution = order.executions[index];
  if (execution === undefined) return bug(order, event);
  const posting = postingAfter(execution.posting, event) ?? bug(order, event);
  return { ...order, executions: order.executions.with(index, { ...execution, posting }) };
}

function postingAfter(posting: Posting, event: Booking): Posting | undefined {
  if (event.type === 'TradePosted') {
    return posting.state === 'EXECUTED' ? { state: 'POSTED', principal: event.data.principal } : undefined;
  }
  if (posting.state !== 'POSTED') return undefined;
  return { state: 'CHARGED', principal: posting.principal, fee: event.data.total };
}

function unrouted(order: Order, event: OrderEvent): UnroutedOrder {
  return isUnrouted(order) ? order : bug(order, event);
}

function routed(order: Order, event: OrderEvent): RoutedOrder {
  return isClosed(order) || isUnrouted(order) ? bug(order, event) : order;
}

function open(order: Order, event: OrderEvent): OpenOrder {
  return isClosed(order) ? bug(order, event) : order;
}

function closed(order: Order, event: OrderEvent): ClosedOrder {
  return isClosed(order) ? order : bug(order, event);
}

function bug(order: Order | undefined, event: OrderEvent): never {
  throw new Error(`Bug: ${event.type} cannot follow in an order that is ${order?.status ?? 'not created'}`);
}
