// Many requests at once for the same shares, and the same request many times at once: nothing is sold that is not
// there, and nothing is ordered twice.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { BankClient } from '@simplebank/testkit';
import { codesOf } from './http.fixture.ts';
import { completed, place, tryToPlace, type OrderInput, type OrderState } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

let started: StartedBank;
let client: BankClient;
before(async () => {
  started = await startedBank();
  client = await started.client('ada');
});
after(() => started[Symbol.asyncDispose]());

const accountQuery = /* GraphQL */ `
  query Account($id: ID!) {
    account(id: $id) {
      positions {
        symbol
        quantity
        available
        reserved
      }
      orders(first: 100) {
        nodes {
          id
          clientOrderId
        }
      }
    }
  }
`;

interface AccountState {
  readonly account: {
    readonly positions: readonly { symbol: string; quantity: string; available: string; reserved: string }[];
    readonly orders: { readonly nodes: readonly { id: string; clientOrderId: string }[] };
  };
}

async function accountOf(id: string, symbol: string) {
  const { account } = await client.data<AccountState>(accountQuery, { id });
  const position = account.positions.find((held) => held.symbol === symbol);
  return {
    orders: account.orders.nodes,
    position: position ?? { quantity: '0', available: '0', reserved: '0' },
  };
}

/** Places all of them at once and waits for the end of each that was taken. */
async function placeAll(orders: readonly OrderInput[]) {
  const answers = await Promise.all(orders.map((order) => tryToPlace(client, order)));
  const refused = answers.flatMap(({ errors = [] }) => codesOf({ errors }));
  const taken = answers.flatMap(({ data }) => (data == null ? [] : [data.placeOrder.order.id]));
  return { refused, ended: await Promise.all(taken.map((id) => completed(client, id))) };
}

function sum(orders: readonly OrderState[]): number {
  return orders.reduce((total, { cumulative }) => total + Number(cumulative), 0);
}

test('50 concurrent sells of the same 100 shares sell 100 shares, and refuse the rest for want of shares', async () => {
  const accountId = 'acc-1002';
  const before = await accountOf(accountId, 'ACME');
  assert.equal(before.position.available, '100');
  const sell: OrderInput = { accountId, symbol: 'ACME', side: 'SELL', quantity: '10' };
  const { refused, ended } = await placeAll(Array.from({ length: 50 }, () => sell));

  const filled = ended.filter(({ status }) => status === 'FILLED');
  const rejected = ended.filter(({ status }) => status === 'REJECTED');
  assert.equal(filled.length, 10);
  assert.equal(sum(ended), 100);
  assert.equal(filled.length + rejected.length + refused.length, 50, 'every request has a clear end');
  for (const code of [...refused, ...rejected.map(({ rejection }) => rejection?.code)]) {
    assert.equal(code, 'INSUFFICIENT_SHARES');
  }
  const { position, orders } = await accountOf(accountId, 'ACME');
  assert.deepEqual([position.quantity, position.available, position.reserved], ['0', '0', '0']);
  assert.equal(orders.length, ended.length, 'what was refused is not recorded');
});

test('sells that together want more than there is fill what fits, whatever their sizes', async () => {
  const accountId = 'acc-1001';
  const { position: before } = await accountOf(accountId, 'GLOBEX');
  const sizes = [10, 60, 120, 7, 250, 33, 90, 1, 180, 44, 25, 75, 5, 130, 15];
  const sell = (size: number): OrderInput => ({
    accountId,
    symbol: 'GLOBEX',
    side: 'SELL',
    quantity: String(size),
  });
  const { refused, ended } = await placeAll(sizes.map(sell));
  const { position } = await accountOf(accountId, 'GLOBEX');
  assert.equal(Number(before.quantity) - Number(position.quantity), sum(ended));
  assert.ok(Number(position.quantity) >= 0);
  assert.equal(position.reserved, '0');
  assert.equal(refused.length + ended.length, sizes.length);
  for (const { status, quantity, cumulative, canceled, leaves, rejection } of ended) {
    assert.equal(leaves, '0');
    assert.equal(Number(cumulative) + Number(canceled), Number(quantity));
    if (status === 'REJECTED') assert.equal(rejection?.code, 'INSUFFICIENT_SHARES');
  }
});

test('one clientOrderId sent 100 times at once makes one order and 100 equal answers', async () => {
  const order: OrderInput = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '3' };
  const { orders: before } = await accountOf(order.accountId, 'ACME');
  const answers = await Promise.all(
    Array.from({ length: 100 }, () => tryToPlace(client, order, 'once-only')),
  );
  const ids = new Set(answers.map(({ data, errors }) => data?.placeOrder.order.id ?? JSON.stringify(errors)));
  assert.equal(ids.size, 1, [...ids].join());
  const { orders } = await accountOf(order.accountId, 'ACME');
  assert.equal(orders.length - before.length, 1);
  assert.equal(orders.filter(({ clientOrderId }) => clientOrderId === 'once-only').length, 1);
  const [id] = ids;
  assert.equal((await completed(client, id ?? '')).cumulative, '3');
});

test('the same clientOrderId with other terms is refused, also when both are sent at once', async () => {
  const order: OrderInput = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '2' };
  const { id } = await place(client, order, 'reused');
  assert.equal(
    (await place(client, { ...order, quantity: '2.0' }, 'reused')).id,
    id,
    '2 and 2.0 are the same terms',
  );
  for (const other of [
    { ...order, quantity: '4' },
    { ...order, side: 'BUY' as const },
    { ...order, symbol: 'GLOBEX' },
    { ...order, timeInForce: 'IOC' as const },
    { ...order, type: 'LIMIT' as const, limitPrice: '120.00' },
    { ...order, quantity: 'many' },
  ]) {
    const { data, errors = [] } = await tryToPlace(client, other, 'reused');
    assert.deepEqual([data, codesOf({ errors })], [null, ['CLIENT_ORDER_ID_REUSED']], JSON.stringify(other));
  }
  const race = Array.from({ length: 20 }, (_, index) => ({ ...order, quantity: String(1 + (index % 2)) }));
  const answers = await Promise.all(race.map((other) => tryToPlace(client, other, 'raced')));
  const made = new Set(answers.flatMap(({ data }) => (data == null ? [] : [data.placeOrder.order.id])));
  assert.equal(made.size, 1);
  const codes = answers.flatMap(({ errors = [] }) => codesOf({ errors }));
  assert.deepEqual(
    codes,
    Array.from({ length: 10 }, () => 'CLIENT_ORDER_ID_REUSED'),
  );
});

test('another account may use the same clientOrderId for an order of its own', async () => {
  const [alan, grace] = await Promise.all([started.client('alan'), started.client('grace')]);
  const one = await place(
    alan,
    { accountId: 'acc-1005', symbol: 'WAYNE', side: 'SELL', quantity: '1' },
    'mine',
  );
  const two = await place(
    grace,
    { accountId: 'acc-1003', symbol: 'HOOLI', side: 'SELL', quantity: '1' },
    'mine',
  );
  assert.notEqual(one.id, two.id);
});
