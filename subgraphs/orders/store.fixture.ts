// The store of orders on a database of its own, and what tests put into it: an order and the story of a whole one.
import assert from 'node:assert/strict';
import type { Database } from '@simplebank/chassis';
import { eventsMigrations, uuidv7 } from '@simplebank/events';
import { price, quantity, usd } from '@simplebank/money';
import { testDatabase } from '@simplebank/testkit';
import type { OrderEvent } from './domain/order-events.ts';
import { apply } from './domain/order-history.ts';
import type { OrderTerms } from './domain/order-terms.ts';
import type { StoredOrder } from './order-row.ts';
import { createStore, type OrdersStore } from './store.ts';

export async function openStore(onStatement?: (name: string) => void) {
  const test = await testDatabase({
    migrations: [
      { name: 'orders', folder: new URL('./migrations/', import.meta.url) },
      { name: 'events', folder: eventsMigrations },
    ],
    service: 'orders',
    ...(onStatement === undefined ? {} : { onStatement }),
  });
  const store = createStore(test.db);
  return { database: test.db, store, [Symbol.asyncDispose]: () => test[Symbol.asyncDispose]() };
}

export function termsOf(given: Partial<OrderTerms> = {}): OrderTerms {
  const id = uuidv7();
  return {
    id,
    clientOrderId: `client-${id}`,
    accountId: 'acc-1',
    customerId: 'cus-1',
    symbol: 'ACME',
    side: 'SELL',
    orderType: 'MARKET',
    timeInForce: 'DAY',
    quantity: quantity('10'),
    limitPrice: null,
    ...given,
  };
}

export const placedAt = new Date('2026-11-22T14:30:00.000Z');

export async function insert(
  database: Database,
  store: OrdersStore,
  terms: OrderTerms,
  at = placedAt,
): Promise<boolean> {
  const events: OrderEvent[] = [{ type: 'OrderCreated', data: terms }];
  const order = apply(undefined, events);
  assert(order !== undefined);
  const origin = { correlationId: 'correlation-1', traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` };
  const stored: StoredOrder = { order, origin, placedAt: at, completedAt: null };
  return database.transaction((tx) => store.insert(tx, stored, { events, at, causationId: null }));
}

export async function append(
  database: Database,
  store: OrdersStore,
  id: string,
  events: readonly OrderEvent[],
) {
  return database.transaction(async (tx) => {
    const before = await store.lock(tx, id);
    const next = before && apply(before.order, events);
    assert(before !== undefined && next !== undefined);
    return store.append(tx, before, next, { events, at: placedAt, causationId: 'cause-1' });
  });
}

export const story: readonly OrderEvent[] = [
  {
    type: 'FeeQuoted',
    data: {
      scheduleId: 's-1',
      estimate: usd('1.20'),
      ceiling: usd('2.00'),
      referencePrice: price('12.00'),
      fallback: false,
    },
  },
  { type: 'StockReserved', data: { symbol: 'ACME', quantity: quantity('10') } },
  { type: 'OrderRouted', data: {} },
  {
    type: 'OrderExecuted',
    data: {
      executionId: 'e-1',
      quantity: quantity('10'),
      price: price('12.00'),
      executedAt: '2026-11-22T14:30:01.000Z',
    },
  },
  { type: 'OrderFilled', data: {} },
  { type: 'TradePosted', data: { executionId: 'e-1', principal: usd('120.00') } },
  { type: 'FeeCharged', data: { executionId: 'e-1', total: usd('1.20') } },
  { type: 'ReservationReleased', data: {} },
  {
    type: 'OrderCompleted',
    data: {
      outcome: 'FILLED',
      cumulative: quantity('10'),
      averagePrice: price('12.00'),
      fees: usd('1.20'),
      rejection: null,
    },
  },
];
