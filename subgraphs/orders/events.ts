// Takes in what the exchange reported (stream `market`): each report becomes a command to its order, once, and
// wakes the saga that waits for it.
import type { Database, Tracing } from '@simplebank/chassis';
import { marketEventSchemas, type MarketEventData, type MarketEventType } from '@simplebank/contracts';
import { inEventSpan, receive, SequenceGap, type EventEnvelope } from '@simplebank/events';
import { price, quantity } from '@simplebank/money';
import type { SagaRunner } from '@simplebank/saga';
import type { MarketReport } from './domain/order-commands.ts';
import { isRefused, type OrderChanges } from './order-changes.ts';
import type { OrdersStore } from './store.ts';

/** The bus group and the inbox's consumer. */
export const marketConsumer = 'orders';

export interface MarketReportsOptions {
  readonly database: Database;
  readonly store: OrdersStore;
  readonly changes: OrderChanges;
  readonly runner: Pick<SagaRunner, 'wake' | 'nudge'>;
  readonly tracing: Tracing;
}

/** A report that contradicts its order throws, so that the bus parks the order's reports for an operator. */
export function takeMarketReports({ database, store, changes, runner, tracing }: MarketReportsOptions) {
  async function take(event: EventEnvelope): Promise<void> {
    const { aggregateId: orderId, id: causationId } = event;
    const change = await database.transaction(async (tx) => {
      const stored = await store.lock(tx, orderId);
      const received = await receive(tx, { consumer: marketConsumer, event });
      if (received === 'duplicate') return undefined;
      if (received === 'gap') throw new SequenceGap(event);
      if (stored === undefined) throw new Error(`the market reports on order ${orderId}, which is not known`);
      const carried = await changes.carryOut(tx, stored, { command: reportOf(event), causationId });
      if (isRefused(carried)) throw new Error(`${carried.refused}: ${carried.message}`);
      if (carried.events.length > 0) await runner.wake(tx, orderId);
      return carried;
    });
    if (change === undefined || change.events.length === 0) return;
    changes.committed(change);
    runner.nudge(orderId);
  }

  return (event: EventEnvelope): Promise<void> =>
    inEventSpan(tracing, { event, group: marketConsumer, orderId: event.aggregateId }, () => take(event));
}

function reportOf({ type, data }: Pick<EventEnvelope, 'type' | 'data'>): MarketReport {
  if (!isMarketEvent(type)) throw new Error(`the market sent an event of unknown type ${type}`);
  switch (type) {
    case 'RouteAcknowledged':
      return { kind: 'marketPlaced', ...dataOf(type, data) };
    case 'RouteInDoubt':
      return { kind: 'marketInDoubt', ...dataOf(type, data) };
    case 'RouteRejected':
      return { kind: 'marketRejected', ...dataOf(type, data) };
    case 'ExecutionReported': {
      const { executionId, executedAt, ...fill } = dataOf(type, data);
      const exact = { quantity: quantity(fill.quantity), price: price(fill.price) };
      return { kind: 'executed', executionId, ...exact, executedAt };
    }
    case 'RouteCanceled':
      return { kind: 'marketCanceled', cumulative: quantity(dataOf(type, data).cumulative) };
    case 'RouteExpired':
      return { kind: 'marketExpired', cumulative: quantity(dataOf(type, data).cumulative) };
    case 'RouteCancelRejected':
      return { kind: 'cancelRefused', ...dataOf(type, data) };
    default:
      return type satisfies never;
  }
}

function isMarketEvent(type: string): type is MarketEventType {
  return Object.hasOwn(marketEventSchemas, type);
}

function dataOf<T extends MarketEventType>(type: T, data: unknown): MarketEventData<T> {
  return marketEventSchemas[type].parse(data) as MarketEventData<T>;
}
