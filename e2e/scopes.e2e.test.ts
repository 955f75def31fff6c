// What a token may be used for, through the whole bank: beyond its scopes a field is null with a code, a mutation is not
// carried out, and a subscription ends with the error. What the scopes reach stands.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { bankClient, type BankClient } from '@simplebank/testkit';
import { codesOf, send, type WireError } from './http.fixture.ts';
import { completed, orderSubscription, place, placeOrder, tryToPlace } from './orders.ts';
import { refusalOf } from './refused.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

const sell = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '2' } as const;
const bffs = ['bff-web', 'bff-mobile'] as const;

let started: StartedBank;
let ada: BankClient;
let orderId: string;
const limited: BankClient[] = [];
before(async () => {
  started = await startedBank();
  ada = await started.client('ada');
  ({ id: orderId } = await place(ada, sell));
  await completed(ada, orderId);
});
after(async () => {
  await Promise.all(limited.map((client) => client.close()));
  await started[Symbol.asyncDispose]();
});

/** Signs ada in for a part of what she may do. */
async function clientFor(scope: string, bff: (typeof bffs)[number] = 'bff-web'): Promise<BankClient> {
  const answer = await send(`${started.bank.addresses.identity}/token`, {
    body: { username: 'ada', password: 'demo', scope },
  });
  const { access_token: token } = JSON.parse(answer.text) as { access_token: string };
  const client = bankClient({ bffUrl: started.bank.addresses[bff], token });
  limited.push(client);
  return client;
}

const deniedAt = (errors: readonly WireError[] = []) =>
  errors.map(({ path, extensions }) => `${path?.join('.')} ${extensions?.code}`);
const unauthorized = (...paths: string[]) => paths.map((path) => `${path} UNAUTHORIZED_FIELD_OR_TYPE`);

const positions = '{ account(id: "acc-1001") { positions { symbol quantity reserved } } }';
const orders = '{ account(id: "acc-1001") { orders(first: 100) { nodes { id status } } } }';

for (const scope of ['accounts:read', 'accounts:read orders:read', 'accounts:read orders:write']) {
  test(`a token for ${scope} places and cancels nothing`, async () => {
    const client = await clientFor(scope);
    const before = [await ada.data(positions), await ada.data(orders)];
    const placed = await tryToPlace(client, sell);
    assert.deepEqual([placed.data, deniedAt(placed.errors)], [null, unauthorized('placeOrder')]);
    const cancel = `mutation { cancelOrder(input: { orderId: "${orderId}" }) { order { id } } }`;
    const canceled = await client.ask(cancel);
    assert.deepEqual([canceled.data, deniedAt(canceled.errors)], [null, unauthorized('cancelOrder')]);
    assert.deepEqual([await ada.data(positions), await ada.data(orders)], before);
  });
}

test('a token that reads orders only sees orders, and null for what is of accounts', async () => {
  const client = await clientFor('orders:read');
  const fields =
    'status account { number } ledgerEntries { amount } executions { price } fees { total { amount } }';
  const { data, errors } = await client.ask<{ me: object; order: Record<string, unknown> }>(
    `{ me { name } order(id: "${orderId}") { ${fields} } }`,
  );
  assert.deepEqual(deniedAt(errors), unauthorized('order.account', 'order.ledgerEntries'));
  assert.deepEqual(data?.me, { name: 'Ada Lovelace' });
  const { status, account, ledgerEntries, executions, fees } = data.order;
  assert.deepEqual([status, account, ledgerEntries], ['FILLED', null, null]);
  assert.ok(Array.isArray(executions) && executions.length > 0);
  assert.ok(Array.isArray(fees) && fees.length === executions.length);
});

test('where null may not stand, it goes up as far as it must', async () => {
  const client = await clientFor('orders:read');
  // Customer.accounts may not be null, so that the customer goes with it, and Query.me may not be null either.
  const { data, errors } = await client.ask('{ me { name accounts { id } } }');
  assert.deepEqual([data, deniedAt(errors)], [null, unauthorized('me.accounts')]);
});

test('a token that writes orders only previews them', async () => {
  const client = await clientFor('orders:write');
  const preview = 'query Preview($input: OrderInput!) { previewOrder(input: $input) { price } }';
  const { previewOrder } = await client.data<{ previewOrder: { price: string } }>(preview, { input: sell });
  assert.match(previewOrder.price, /^\d+/);
});

for (const bff of bffs) {
  test(`a subscription of ${bff} whose token does not read orders ends with the error`, async () => {
    const client = await clientFor('accounts:read orders:write', bff);
    for (const after of [null, '0']) {
      const { errors, said } = await refusalOf(client, orderSubscription, { id: orderId, after });
      assert.deepEqual([codesOf({ errors }), said], [['UNAUTHORIZED_FIELD_OR_TYPE'], []]);
    }
    const input = { clientOrderId: 'by-socket', order: sell };
    const { errors, said } = await refusalOf(client, placeOrder, { input });
    assert.deepEqual([codesOf({ errors }), said], [['UNAUTHORIZED_FIELD_OR_TYPE'], []]);
  });

  test(`an account followed at ${bff} ends, or lacks the part, that the token does not reach`, async () => {
    const query = (orders: string) =>
      `subscription { accountUpdated(accountId: "acc-1001") { number ${orders} } }`;
    const { errors, said } = await refusalOf(await clientFor('orders:read', bff), query(''), {});
    assert.deepEqual([codesOf({ errors }), said], [['UNAUTHORIZED_FIELD_OR_TYPE'], []]);
    const client = await clientFor('accounts:read', bff);
    const states = client.follow<{ accountUpdated: { number: string; orders: null } }>(
      query('orders { nodes { id } }'),
    );
    const { value: state } = await states.next();
    assert.deepEqual(state?.data?.accountUpdated, { number: 'SB-1001', orders: null });
    assert.deepEqual(deniedAt(state.errors), unauthorized('accountUpdated.orders.nodes'));
    await states.return?.();
  });

  test(`a subscription of ${bff} leaves out what the token does not reach, and tells so in each payload`, async () => {
    const client = await clientFor('orders:read', bff);
    const query = `subscription { orderUpdated(orderId: "${orderId}", after: "0") { event { type } order { account { number } } } }`;
    const types: string[] = [];
    for await (const { data, errors } of client.follow<{
      orderUpdated: { event: { type: string }; order: { account: null } };
    }>(query)) {
      types.push(data?.orderUpdated.event.type ?? '');
      assert.equal(data?.orderUpdated.order.account, null);
      assert.deepEqual(deniedAt(errors), unauthorized('orderUpdated.order.account'));
    }
    assert.deepEqual([types[0], types.at(-1)], ['ORDER_CREATED', 'ORDER_COMPLETED']);
  });
}
