// The events that the market publishes, made from what the domain says happened to a route.
import { errorCodes, marketStream, type MarketEventData, type MarketEventType } from '@simplebank/contracts';
import { uuidv7, type EventEnvelope } from '@simplebank/events';
import { formatPrice, formatQuantity } from '@simplebank/money';
import type { RouteEvent } from './domain/route.ts';
import type { RouteRecord } from './route-store.ts';

type MarketEvent = { [T in MarketEventType]: { type: T; data: MarketEventData<T> } }[MarketEventType];

const inDoubtReason = 'The exchange has not acknowledged the order in time; it is being asked.';

/** `sequence` is the event's number within its order. */
export function envelopeOf(record: RouteRecord, event: RouteEvent, sequence: number): EventEnvelope {
  const { route, correlationId, traceparent } = record;
  const { orderId } = route.terms;
  return {
    id: uuidv7(),
    version: 1,
    source: marketStream,
    aggregateId: orderId,
    sequence,
    correlationId,
    causationId: null,
    traceparent,
    occurredAt: new Date().toISOString(),
    ...marketEventOf(record, event),
  };
}

function marketEventOf({ route }: RouteRecord, event: RouteEvent): MarketEvent {
  switch (event.type) {
    case 'RouteAcknowledged':
      return { type: event.type, data: { exchangeOrderId: event.exchangeOrderId } };
    case 'RouteInDoubt':
      return { type: event.type, data: { reason: inDoubtReason } };
    case 'RouteRejected':
      return { type: event.type, data: { rejection: refusedBecause(event.reason) } };
    case 'ExecutionReported': {
      const { executionId, quantity, price, cumulative, leaves, executedAt } = event.execution;
      const { symbol, side } = route.terms;
      return {
        type: event.type,
        data: {
          executionId,
          symbol,
          side,
          quantity: formatQuantity(quantity),
          price: formatPrice(price),
          cumulative: formatQuantity(cumulative),
          leaves: formatQuantity(leaves),
          executedAt: new Date(executedAt).toISOString(),
        },
      };
    }
    case 'RouteCanceled':
    case 'RouteExpired':
      return { type: event.type, data: { cumulative: event.cumulative } };
    case 'RouteCancelRejected': {
      const code = 'CANCEL_TOO_LATE';
      return { type: event.type, data: { rejection: { code, message: errorCodes[code].message } } };
    }
    default:
      return event satisfies never;
  }
}

function refusedBecause(reason: string): { code: string; message: string } {
  const code = 'REJECTED_BY_MARKET';
  const message = errorCodes[code].message.replace(/\.$/, `: ${reason}.`);
  return { code, message };
}
