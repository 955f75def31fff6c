import { test } from 'node:test';
import assert from 'node:assert/strict';
import { demoCustomers } from '@simplebank/contracts';
import { planOrders, usernames } from './planned-orders.ts';

const orders = planOrders({ rate: 100, seconds: 100 }, 1);

test('orders come from every customer who can trade, and only from open accounts with cash', () => {
  assert.deepEqual(new Set(orders.map(({ username }) => username)), new Set(usernames));
  const open = demoCustomers.flatMap(({ accounts }) => accounts).filter(({ status }) => status === 'OPEN');
  const able = open.filter(({ cash }) => cash !== '0.00').map(({ id }) => id);
  assert.deepEqual(new Set(orders.map(({ order }) => order.accountId)), new Set(able));
});

test('no holding ever drifts by more than one small order', () => {
  const drift = new Map<string, number>();
  for (const { order } of orders) {
    const key = `${order.accountId} ${order.symbol}`;
    const change = order.side === 'BUY' ? Number(order.quantity) : -Number(order.quantity);
    const held = (drift.get(key) ?? 0) + change;
    assert.ok(held <= 0 && held >= -3, `${key} drifts by ${held}`);
    drift.set(key, held);
  }
});

test('the same seed plans the same orders', () => {
  assert.deepEqual(planOrders({ rate: 100, seconds: 100 }, 1), orders);
  assert.notDeepEqual(planOrders({ rate: 100, seconds: 100 }, 2), orders);
});
