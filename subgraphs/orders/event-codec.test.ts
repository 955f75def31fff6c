import assert from 'node:assert/strict';
import { test } from 'node:test';
import { orderEventSchemas } from '@simplebank/contracts';
import { price, quantity, usd } from '@simplebank/money';
import type { OrderEvent } from './domain/order-events.ts';
import { readEvent, wireData } from './event-codec.ts';

const terms = {
  id: '0199b4c8-0000-7000-8000-000000000001',
  clientOrderId: 'c-1',
  accountId: 'acc-1',
  customerId: 'cus-1',
  symbol: 'ACME',
  side: 'BUY',
  orderType: 'LIMIT',
  timeInForce: 'DAY',
  quantity: quantity('10.5'),
  limitPrice: price('120.50'),
} as const;

const rejection = { code: 'INSUFFICIENT_CASH', message: 'Too little cash.' };
const executedAt = '2026-11-22T14:30:00.000Z';

const oneOfEach: readonly OrderEvent[] = [
  { type: 'OrderCreated', data: terms },
  {
    type: 'FeeQuoted',
    data: {
      scheduleId: 's-1',
      estimate: usd('1.27'),
      ceiling: usd('3.00'),
      referencePrice: price('120.50'),
      fallback: false,
    },
  },
  { type: 'StockReserved', data: { symbol: 'ACME', quantity: quantity('10.5') } },
  {
    type: 'CashReserved',
    data: { principal: usd('1265.25'), fee: usd('3.00'), protectingLimit: price('126.53') },
  },
  { type: 'ReservationRejected', data: { rejection } },
  { type: 'OrderRouted', data: {} },
  { type: 'OrderPlaced', data: { exchangeOrderId: 'x-1' } },
  { type: 'OrderInDoubt', data: { reason: 'no answer' } },
  { type: 'OrderRejected', data: { rejection } },
  { type: 'OrderRejectedByMarket', data: { rejection } },
  {
    type: 'OrderExecuted',
    data: { executionId: 'e-1', quantity: quantity('0.000000001'), price: price('0.000001'), executedAt },
  },
  { type: 'OrderFilled', data: {} },
  { type: 'CancelRequested', data: {} },
  { type: 'CancelSent', data: {} },
  { type: 'CancelRejected', data: { rejection } },
  { type: 'OrderCanceled', data: { canceled: quantity('10.5') } },
  { type: 'OrderExpired', data: { canceled: quantity('4') } },
  { type: 'TradePosted', data: { executionId: 'e-1', principal: usd('0.01') } },
  { type: 'FeeCharged', data: { executionId: 'e-1', total: usd('0.00') } },
  { type: 'ReservationReleased', data: {} },
  {
    type: 'OrderCompleted',
    data: {
      outcome: 'PARTIALLY_FILLED',
      cumulative: quantity('6.5'),
      averagePrice: price('120.333333'),
      fees: usd('1.27'),
      rejection: null,
    },
  },
];

test('there is an example of each event that the contract names', () => {
  const types = oneOfEach.map(({ type }) => type).toSorted();
  assert.deepEqual(types, Object.keys(orderEventSchemas).toSorted());
});

for (const event of oneOfEach) {
  test(`${event.type} is written as its contract says, and read back as it was`, () => {
    const data: unknown = JSON.parse(JSON.stringify(wireData(event, terms)));
    assert.deepEqual(orderEventSchemas[event.type].parse(data), data, 'no field more than the contract has');
    assert.deepEqual(readEvent(terms.id, { type: event.type, data }), event);
  });
}

test('an event that the contract does not know is refused', () => {
  assert.throws(() => readEvent(terms.id, { type: 'OrderEaten', data: {} }), /unknown type OrderEaten/);
});
