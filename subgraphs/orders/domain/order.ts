// The order's decider: what an order answers to a command, as events. It knows no clock and makes no ids; an
// order changes only by `evolve` (order-history.ts), with the events that are decided here.
import { decideReply } from './saga-replies.ts';
import { decideReport } from './market-reports.ts';
import type { OrderCommand } from './order-commands.ts';
import { isClosed } from './order-state.ts';
import type { Order } from './order-state.ts';
import { sameDeal } from './order-terms.ts';
import type { OrderTerms } from './order-terms.ts';
import { refuse } from './refusal.ts';
import type { Decision } from './refusal.ts';

/** A repeat of what is recorded yields no events. */
export function decide(order: Order | undefined, command: OrderCommand): Decision {
  if (command.kind === 'place') return place(order, command.terms);
  if (order === undefined) return refuse('UNKNOWN_ORDER', `There is no order to ${command.kind}`);
  switch (command.kind) {
    case 'requestCancel':
      return requestCancel(order);
    case 'marketPlaced':
    case 'marketInDoubt':
    case 'marketRejected':
    case 'executed':
    case 'marketCanceled':
    case 'marketExpired':
    case 'cancelRefused':
      return decideReport(order, command);
    default:
      return decideReply(order, command);
  }
}

function place(order: Order | undefined, terms: OrderTerms): Decision {
  if (order === undefined) return [{ type: 'OrderCreated', data: terms }];
  if (order.terms.id === terms.id && sameDeal(order.terms, terms)) return [];
  return refuse('ORDER_EXISTS', `Order ${order.terms.id} was placed with other terms`);
}

function requestCancel(order: Order): Decision {
  if (isClosed(order)) return refuse('ORDER_NOT_CANCELABLE', `The order is ${order.status} already`);
  return order.cancel === 'NONE' ? [{ type: 'CancelRequested', data: {} }] : [];
}
