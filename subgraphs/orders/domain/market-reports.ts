// What the exchange's reports mean for an order, whatever order they come in: a report may be repeated, may
// overtake the answer to the route command, and may cross a cancel request. Transitions follow the order state
// change matrices of FIX 5.0 SP2, appendix D: A (executions), B (cancel), F (reject), I (time in force).
import type { MarketReport, ReportedExecution } from './order-commands.ts';
import type { OrderEvent } from './order-events.ts';
import { evolve } from './order-history.ts';
import { isClosed, isUnrouted } from './order-state.ts';
import type { ClosedOrder, Order, Rejection, RoutedOrder } from './order-state.ts';
import { isRefusal, refuse } from './refusal.ts';
import type { Decision, Refusal } from './refusal.ts';

/** The bank's own answer to a cancel request when the last fill overtakes it. */
const cancelTooLate: Rejection = {
  code: 'CANCEL_TOO_LATE',
  message: 'The exchange had finished the order before the cancel arrived.',
};

export function decideReport(order: Order, report: MarketReport): Decision {
  if (isClosed(order)) return order.routed ? reportWhenClosed(order, report) : impossible(order, report);
  if (!isUnrouted(order)) return reportWhenRouted(order, report);
  if (order.status === 'RECEIVED' || order.reservation.kind === 'released') return impossible(order, report);
  // It overtook the answer to the route command, which it proves to have arrived.
  const routed: OrderEvent = { type: 'OrderRouted', data: {} };
  const decision = decideReport(evolve(order, routed), report);
  return isRefusal(decision) ? decision : [routed, ...decision];
}

function reportWhenRouted(order: RoutedOrder, report: MarketReport): Decision {
  switch (report.kind) {
    case 'marketPlaced':
      if (order.exchangeOrderId === report.exchangeOrderId) return [];
      if (order.exchangeOrderId !== undefined) return impossible(order, report);
      return [{ type: 'OrderPlaced', data: { exchangeOrderId: report.exchangeOrderId } }];
    case 'marketInDoubt':
      if (order.inDoubt || order.exchangeOrderId !== undefined || order.cumulative > 0n) return [];
      return [{ type: 'OrderInDoubt', data: { reason: report.reason } }];
    case 'marketRejected':
      if (order.cumulative > 0n) return impossible(order, report);
      return [{ type: 'OrderRejectedByMarket', data: { rejection: report.rejection } }];
    case 'executed':
      return repeatOf(order, report) ?? fill(order, report);
    case 'marketCanceled':
      if (report.cumulative !== order.cumulative) return mismatch(order, report);
      return [{ type: 'OrderCanceled', data: { canceled: order.leaves } }];
    case 'marketExpired':
      if (report.cumulative !== order.cumulative) return mismatch(order, report);
      return [{ type: 'OrderExpired', data: { canceled: order.leaves } }];
    case 'cancelRefused':
      if (order.cancel === 'NONE') return [];
      return [{ type: 'CancelRejected', data: { rejection: report.rejection } }];
    default:
      return report satisfies never;
  }
}

/** No way out of a terminal state: what agrees with it is a repeat or was overtaken, the rest contradicts it. */
function reportWhenClosed(order: ClosedOrder, report: MarketReport): Decision {
  switch (report.kind) {
    case 'marketPlaced':
    case 'marketInDoubt':
    case 'cancelRefused':
      return [];
    case 'marketRejected':
      return order.status === 'REJECTED' ? [] : impossible(order, report);
    case 'executed':
      return repeatOf(order, report) ?? impossible(order, report);
    case 'marketCanceled':
      return order.status === 'CANCELED' && report.cumulative === order.cumulative
        ? []
        : impossible(order, report);
    case 'marketExpired':
      return order.status === 'EXPIRED' && report.cumulative === order.cumulative
        ? []
        : impossible(order, report);
    default:
      return report satisfies never;
  }
}

/**
 * Matrix B.1.c: a fill that overtakes the cancel counts, and the last one answers the cancel. FIX would go on to
 * report Pending Cancel; here the last fill makes the order FILLED at once.
 */
function fill(order: RoutedOrder, { executionId, quantity, price, executedAt }: ReportedExecution): Decision {
  if (quantity <= 0n || price <= 0n)
    return refuse('IMPOSSIBLE_REPORT', `Execution ${executionId} is not positive`);
  if (quantity > order.leaves) return refuse('OVERFILL', `Execution ${executionId} fills more than was open`);
  const executed: OrderEvent = {
    type: 'OrderExecuted',
    data: { executionId, quantity, price, executedAt },
  };
  if (quantity < order.leaves) return [executed];
  const filled: OrderEvent = { type: 'OrderFilled', data: {} };
  if (order.cancel === 'NONE') return [executed, filled];
  return [executed, filled, { type: 'CancelRejected', data: { rejection: cancelTooLate } }];
}

/** Undefined when the execution is new. */
function repeatOf(order: Order, report: ReportedExecution): Decision | undefined {
  const known = order.executions.find(({ executionId }) => executionId === report.executionId);
  if (known === undefined) return undefined;
  if (known.quantity === report.quantity && known.price === report.price) return [];
  return refuse('EXECUTION_ID_REUSED', `Execution ${report.executionId} was reported with another content`);
}

function impossible(order: Order, report: MarketReport): Refusal {
  return refuse('IMPOSSIBLE_REPORT', `${report.kind} cannot follow in an order that is ${order.status}`);
}

/** A fill has been missed: closing the order now would lose it. */
function mismatch(order: Order, report: MarketReport): Refusal {
  return refuse('CUMULATIVE_MISMATCH', `${report.kind} counts other fills than the order, ${order.status}`);
}
