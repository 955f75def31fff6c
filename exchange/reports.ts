// The exchange's view of an order to FIX: one execution report per event, and the answers to status and cancel
// requests (FIX 4.4 volume 4, "Execution Reports" and "Order Cancel Reject").
import {
  cxlRejReason,
  execType,
  ordRejReason,
  ordStatus,
  ordType,
  side,
  timeInForce,
  type ExecutionReport,
  type NewOrderSingle,
  type OrderCancelReject,
  type OrderCancelRequest,
  type OrderStatusRequest,
} from '@simplebank/fix';
import {
  averagePrice,
  leaves,
  type ClientOrder,
  type OrderEvent,
  type RejectReason,
} from './domain/client-order.ts';
import { formatPrice, parsePrice, parseQuantity } from './domain/decimal.ts';
import type { CancelRefusal, PlaceOrder } from './domain/exchange-state.ts';

/** Stands for the order's id where there is no order (FIX 4.4, tag 37). */
const NO_ORDER = 'NONE';

const rejections: Record<RejectReason, { ordRejReason: '1' | '2' | '13' | '99'; text: string }> = {
  UNKNOWN_SYMBOL: { ordRejReason: ordRejReason.unknownSymbol, text: 'unknown symbol' },
  HALTED: { ordRejReason: ordRejReason.exchangeClosed, text: 'trading in this instrument is halted' },
  INCORRECT_QUANTITY: {
    ordRejReason: ordRejReason.incorrectQuantity,
    text: 'the quantity must be whole shares above 0',
  },
  INCORRECT_PRICE: {
    ordRejReason: ordRejReason.other,
    text: 'a limit order needs a price on the tick, a market order none',
  },
};

/** `limit` undefined on a limit order means that its price was missing or no number. */
export function readOrder(message: NewOrderSingle): PlaceOrder {
  return {
    clOrdId: message.clOrdId,
    symbol: message.symbol,
    side: message.side === side.buy ? 'buy' : 'sell',
    quantity: parseQuantity(message.orderQty),
    ordType: message.ordType === ordType.market ? 'market' : 'limit',
    limit: message.price === undefined ? undefined : parsePrice(message.price),
    timeInForce: message.timeInForce === timeInForce.immediateOrCancel ? 'ioc' : 'day',
    account: message.account,
  };
}

function statusOf(order: ClientOrder): ExecutionReport['ordStatus'] {
  if (order.state === 'working') return order.cumulative === 0n ? ordStatus.new : ordStatus.partiallyFilled;
  return ordStatus[order.state];
}

/** The report of an event, made from the order as it is right after it. */
export function eventReport(event: OrderEvent, order: ClientOrder, at: number): ExecutionReport {
  const report = { ...describe(order), transactTime: at };
  switch (event.type) {
    case 'accepted':
      return { ...report, execType: execType.new, execId: `${order.orderId}-new` };
    case 'rejected':
      return {
        ...report,
        execType: execType.rejected,
        execId: `${order.orderId}-rej`,
        ...rejections[event.reason],
      };
    case 'traded': {
      const { execId, quantity, price } = event;
      return {
        ...report,
        execType: execType.trade,
        execId,
        lastQty: String(quantity),
        lastPx: formatPrice(price),
      };
    }
    case 'canceled': {
      const canceled = { ...report, execType: execType.canceled, execId: `${order.orderId}-cxl` };
      if (event.by === undefined) return { ...canceled, text: 'immediate or cancel' };
      return { ...canceled, clOrdId: event.by, origClOrdId: order.clOrdId };
    }
  }
}

/** The answer to a status request, and to an order that comes a second time. `execId` must be new. */
export function statusReport(
  order: ClientOrder,
  execId: string,
  request?: OrderStatusRequest,
): ExecutionReport {
  const asked = request?.ordStatusReqId === undefined ? {} : { ordStatusReqId: request.ordStatusReqId };
  const why = order.rejectReason === undefined ? {} : rejections[order.rejectReason];
  return { ...describe(order), execType: execType.orderStatus, execId, ...asked, ...why };
}

export function unknownOrderReport(request: OrderStatusRequest, execId: string): ExecutionReport {
  return {
    msgType: '8',
    orderId: NO_ORDER,
    execId,
    execType: execType.orderStatus,
    ordStatus: ordStatus.rejected,
    ordRejReason: ordRejReason.unknownOrder,
    clOrdId: request.clOrdId,
    ...(request.ordStatusReqId === undefined ? {} : { ordStatusReqId: request.ordStatusReqId }),
    symbol: request.symbol,
    side: request.side,
    leavesQty: '0',
    cumQty: '0',
    avgPx: '0.00',
    text: 'unknown order',
  };
}

export function cancelReject(
  request: OrderCancelRequest,
  order: ClientOrder | undefined,
  refusal: CancelRefusal,
): OrderCancelReject {
  const unknown = refusal === 'UNKNOWN_ORDER';
  return {
    msgType: '9',
    orderId: order?.orderId ?? NO_ORDER,
    clOrdId: request.clOrdId,
    origClOrdId: request.origClOrdId,
    ordStatus: order === undefined ? ordStatus.rejected : statusOf(order),
    cxlRejResponseTo: '1',
    cxlRejReason: unknown ? cxlRejReason.unknownOrder : cxlRejReason.tooLate,
    text: unknown ? 'unknown order' : 'too late to cancel',
  };
}

function describe(order: ClientOrder): Omit<ExecutionReport, 'execId' | 'execType'> {
  return {
    msgType: '8',
    orderId: order.orderId,
    clOrdId: order.clOrdId,
    ordStatus: statusOf(order),
    symbol: order.symbol,
    side: side[order.side],
    orderQty: String(order.quantity),
    ordType: order.limit === undefined ? ordType.market : ordType.limit,
    ...(order.limit === undefined ? {} : { price: formatPrice(order.limit) }),
    timeInForce: order.timeInForce === 'ioc' ? timeInForce.immediateOrCancel : timeInForce.day,
    ...(order.account === undefined ? {} : { account: order.account }),
    leavesQty: String(leaves(order)),
    cumQty: String(order.cumulative),
    avgPx: formatPrice(averagePrice(order)),
  };
}
