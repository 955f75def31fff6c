// An order, its events and its saga as the graph shows them.
import { errorCodes } from '@simplebank/contracts';
import { formatPrice, formatQuantity } from '@simplebank/money';
import type { SagaStepView, SagaView } from '@simplebank/saga';
import { averagePriceOf } from './domain/order-state.ts';
import { priceText } from './event-codec.ts';
import { summaryOf } from './event-summary.ts';
import type { LoggedEvent, StoredOrder } from './order-row.ts';

export const orderFields = {
  id: ({ order }: StoredOrder) => order.terms.id,
  clientOrderId: ({ order }: StoredOrder) => order.terms.clientOrderId,
  account: ({ order }: StoredOrder) => ({ id: order.terms.accountId }),
  instrument: ({ order }: StoredOrder) => ({ symbol: order.terms.symbol }),
  side: ({ order }: StoredOrder) => order.terms.side,
  type: ({ order }: StoredOrder) => order.terms.orderType,
  timeInForce: ({ order }: StoredOrder) => order.terms.timeInForce,
  quantity: ({ order }: StoredOrder) => formatQuantity(order.terms.quantity),
  limitPrice: ({ order }: StoredOrder) => priceText(order.terms.limitPrice),
  status: ({ order }: StoredOrder) => order.status,
  leaves: ({ order }: StoredOrder) => formatQuantity(order.leaves),
  cumulative: ({ order }: StoredOrder) => formatQuantity(order.cumulative),
  canceled: ({ order }: StoredOrder) => formatQuantity(order.canceled),
  averagePrice({ order }: StoredOrder) {
    const average = averagePriceOf(order);
    return average === undefined ? null : formatPrice(average);
  },
  rejection: ({ order }: StoredOrder) => (order.status === 'REJECTED' ? order.rejection : null),
  cancelRejection: ({ order }: StoredOrder) => order.cancelRejection ?? null,
  outcome: ({ order }: StoredOrder) => ('outcome' in order ? (order.outcome ?? null) : null),
  sequence: ({ order }: StoredOrder) => order.sequence,
  placedAt: ({ placedAt }: StoredOrder) => placedAt.toISOString(),
  completedAt: ({ completedAt }: StoredOrder) => completedAt?.toISOString() ?? null,
};

export const eventFields = {
  type: ({ type }: LoggedEvent) => type.replaceAll(/(?<=.)[A-Z]/g, '_$&').toUpperCase(),
  occurredAt: ({ occurredAt }: LoggedEvent) => occurredAt.toISOString(),
  summary: summaryOf,
  execution(event: LoggedEvent) {
    const shows = event.type === 'OrderExecuted' || event.type === 'TradePosted';
    return shows ? { id: fieldOf(event, 'executionId') } : null;
  },
  // A charge has the id of its execution.
  fee: (event: LoggedEvent) => (event.type === 'FeeCharged' ? { id: fieldOf(event, 'executionId') } : null),
  rejection: (event: LoggedEvent) => fieldOf(event, 'rejection') ?? null,
};

function fieldOf({ data }: LoggedEvent, name: string): unknown {
  return typeof data === 'object' && data !== null && name in data
    ? (data as Readonly<Record<string, unknown>>)[name]
    : undefined;
}

export function sagaFields({ status, steps }: SagaView) {
  return { state: status, steps: steps.map((step) => ({ ...step, fault: faultCode(step) })) };
}

/** Faults begin with their code; what follows is for the operators' logs. */
function faultCode({ fault }: SagaStepView): string | null {
  if (fault === null) return null;
  const [code = ''] = fault.split(':');
  return Object.hasOwn(errorCodes, code) ? code : 'INTERNAL_ERROR';
}
