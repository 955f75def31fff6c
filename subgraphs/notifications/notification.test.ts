import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OrderEventData } from '@simplebank/contracts';
import { messageFor } from './notification.ts';

const filled: OrderEventData<'OrderCompleted'> = {
  outcome: 'FILLED',
  accountId: 'acc-1',
  customerId: 'cus-1',
  symbol: 'ACME',
  side: 'SELL',
  quantity: '100',
  cumulative: '100',
  averagePrice: '120.25',
  fees: { amount: '6.38', currency: 'USD' },
  rejection: null,
};

test('says what was sold, at which price and for which fees', () => {
  assert.deepEqual(messageFor(filled), {
    title: 'Sell 100 ACME: filled',
    body: '100 of 100 sold at 120.25 on average; fees 6.38 USD.',
  });
});

test('says why an order was rejected', () => {
  const rejection = {
    code: 'INSUFFICIENT_SHARES',
    message: 'The account has fewer shares available than the order sells.',
  };
  const message = messageFor({
    ...filled,
    outcome: 'REJECTED',
    cumulative: '0',
    averagePrice: null,
    rejection,
  });
  assert.deepEqual(message, { title: 'Sell 100 ACME: rejected', body: rejection.message });
});

test('says that nothing was traded when an order is canceled before its first fill', () => {
  const message = messageFor({ ...filled, outcome: 'CANCELED', cumulative: '0', averagePrice: null });
  assert.match(message.body, /^Nothing was traded/);
});
