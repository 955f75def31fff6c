import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { execType, ordStatus, side, type ExecutionReport } from '@simplebank/fix';
import { newRoute, type RouteTerms } from './domain/route.ts';
import { price, quantity } from '@simplebank/money';
import { changeOf, messagesFor } from './fix-messages.ts';
import type { DueRoute } from './route-store.ts';

const trade: ExecutionReport = {
  msgType: '8',
  orderId: 'X-1',
  clOrdId: 'o-1',
  execId: 'E-1',
  execType: execType.trade,
  ordStatus: ordStatus.partiallyFilled,
  symbol: 'ACME',
  side: side.sell,
  lastQty: '40',
  lastPx: '120.50',
  cumQty: '40',
  leavesQty: '60',
  avgPx: '120.50',
  transactTime: 1_700_000_000_000,
};

test('an execution is read with its quantity, price and time', () => {
  assert.deepEqual(changeOf(trade), {
    orderId: 'o-1',
    message: {
      kind: 'executed',
      exchangeOrderId: 'X-1',
      execution: {
        executionId: 'E-1',
        quantity: quantity('40'),
        price: price('120.50'),
        cumulative: quantity('40'),
        leaves: quantity('60'),
        executedAt: 1_700_000_000_000,
      },
    },
  });
});

test('an execution that cannot be recorded is refused where it is read', () => {
  for (const wrong of [
    { lastQty: '0' },
    { lastQty: '-1' },
    { lastQty: '0.0000000001' },
    { lastPx: '0.00' },
    { lastPx: '-120.50' },
    { cumQty: '0' },
    { leavesQty: '-1' },
    { transactTime: Number.NaN },
    { transactTime: 9e15 },
  ]) {
    assert.throws(() => changeOf({ ...trade, ...wrong }), JSON.stringify(wrong));
  }
});

const terms: RouteTerms = {
  orderId: 'o-1',
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  orderType: 'MARKET',
  timeInForce: 'DAY',
  quantity: quantity('100'),
  limitPrice: null,
};

test('an acknowledged order is asked for, canceled, or both', () => {
  const sentFor = (cancel: 'NONE' | 'WANTED', asked: boolean, cancelSends: number) => {
    const due: DueRoute = {
      route: { ...newRoute(terms), state: { kind: 'ACKNOWLEDGED' }, sends: 1, cancel },
      was: 'ACKNOWLEDGED',
      asked,
      cancelSends,
      sequence: 1,
      correlationId: 'c-1',
      traceparent: 't-1',
    };
    return messagesFor(due, 0).map(({ msgType }) => msgType);
  };
  assert.deepEqual(sentFor('NONE', true, 0), ['H']);
  assert.deepEqual(sentFor('WANTED', false, 1), ['F']);
  assert.deepEqual(sentFor('WANTED', true, 1), ['H', 'F']);
  assert.deepEqual(sentFor('WANTED', false, 2), ['H', 'F']);
});
