import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import {
  cancel,
  completed,
  place,
  placed,
  placeInput,
  wholeOrder,
  type Placed,
  type Whole,
} from './order-questions.fixture.ts';
import { openOrders } from './orders.fixture.ts';

const countOrders = sql('test.count-orders', 'select count(*) as orders from orders');

test('one clientOrderId sent a hundred times at once makes one order', async () => {
  await using bank = await openOrders();
  const sent = placeInput({ quantity: '600' });
  const answers = await Promise.all(Array.from({ length: 100 }, () => bank.ask<Placed>(place, sent)));
  assert.deepEqual(
    answers.flatMap(({ codes }) => codes),
    [],
  );
  assert.equal(new Set(answers.map(({ data }) => data?.placeOrder.order.id)).size, 1);
  assert.deepEqual(await bank.database.query(countOrders), [{ orders: 1n }]);
});

test('a repeated clientOrderId answers its order before anything else is checked', async () => {
  await using bank = await openOrders();
  const id = await placed(bank, { quantity: '10' }, 'mine-1');
  await completed(bank, id);
  // By now neither the shares nor a quote would be there for a new order.
  bank.peers.world.shares.set('acc-1', 0);
  bank.peers.world.quote = null;
  bank.peers.world.accounts.set('acc-1', { status: 'CLOSED', orderLimit: '0.00' });
  assert.equal(await placed(bank, { quantity: '10' }, 'mine-1'), id);
  assert.equal(await placed(bank, { quantity: '10.000' }, 'mine-1'), id);
  const others = [
    { quantity: '11' },
    { side: 'BUY' },
    { symbol: 'HOOLI' },
    { timeInForce: 'IOC' },
    { quantity: 'ten' },
  ];
  for (const other of others) {
    const { codes } = await bank.ask(place, placeInput({ quantity: '10', ...other }, 'mine-1'));
    assert.deepEqual(codes, ['CLIENT_ORDER_ID_REUSED'], JSON.stringify(other));
  }
});

test('the key of a request stands in for the clientOrderId, for each of its orders by the alias', async () => {
  await using bank = await openOrders();
  const { order } = placeInput().input;
  const one =
    'mutation ($order: OrderInput!) { placeOrder(input: { order: $order }) { order { id clientOrderId } } }';
  const two = `mutation ($order: OrderInput!) { a: placeOrder(input: { order: $order }) { order { id } }
    b: placeOrder(input: { order: $order }) { order { id } } }`;
  const ask = (document: string, idempotencyKey?: string, given: object = order) =>
    bank.ask<unknown>(document, { order: given }, idempotencyKey === undefined ? {} : { idempotencyKey });
  const first = await ask(one, '"key-1"');
  assert.match(JSON.stringify(first.data), /"clientOrderId":"key-1"/);
  assert.deepEqual(await ask(one, 'key-1'), first);
  const both = await ask(two, 'key-1');
  assert.deepEqual(await ask(two, 'key-1'), both);
  assert.deepEqual(await bank.database.query(countOrders), [{ orders: 3n }]);
  const other = await ask(one, 'key-1', { ...order, quantity: '11' });
  assert.deepEqual(other.codes, ['CLIENT_ORDER_ID_REUSED']);
  assert.deepEqual((await ask(one)).codes, ['CLIENT_ORDER_ID_INVALID']);
});

const refusals: readonly (readonly [code: string, given: object, clientOrderId?: string])[] = [
  ['CLIENT_ORDER_ID_INVALID', { accountId: 'acc-2', quantity: 'x' }, ''],
  ['FORBIDDEN', { accountId: 'acc-2', quantity: 'x' }],
  ['QUANTITY_NOT_A_NUMBER', { quantity: 'ten', symbol: 'NONE' }],
  ['QUANTITY_NOT_A_NUMBER', { quantity: 10 }],
  ['QUANTITY_NOT_POSITIVE', { quantity: '0' }],
  ['QUANTITY_NOT_POSITIVE', { quantity: '-1' }],
  ['QUANTITY_TOO_PRECISE', { quantity: '0.5' }],
  ['QUANTITY_TOO_LARGE', { quantity: '9999999999' }],
  ['LIMIT_PRICE_REQUIRED', { type: 'LIMIT' }],
  ['LIMIT_PRICE_NOT_ALLOWED', { limitPrice: '120.00' }],
  ['PRICE_NOT_A_NUMBER', { type: 'LIMIT', limitPrice: { cents: 1 } }],
  ['PRICE_NOT_POSITIVE', { type: 'LIMIT', limitPrice: '0' }],
  ['PRICE_OFF_TICK', { type: 'LIMIT', limitPrice: '120.001' }],
  ['PRICE_OUT_OF_BAND', { type: 'LIMIT', limitPrice: '10.00' }],
  ['UNKNOWN_SYMBOL', { symbol: 'NONE' }],
  ['UNKNOWN_SYMBOL', { symbol: 'AC\u0000ME' }],
  ['ORDER_LIMIT_EXCEEDED', { quantity: '5000' }],
  ['INSUFFICIENT_SHARES', { quantity: '1001' }],
  ['INSUFFICIENT_CASH', { side: 'BUY', quantity: '900' }],
];

test('bad input is refused with the code of its first fault, by placeOrder and previewOrder alike', async () => {
  await using bank = await openOrders();
  const preview = 'query ($input: OrderInput!) { previewOrder(input: $input) { price } }';
  for (const [code, given, clientOrderId] of refusals) {
    const sent = placeInput(given, clientOrderId);
    assert.deepEqual((await bank.ask(place, sent)).codes, [code], JSON.stringify(given));
    if (code.startsWith('CLIENT_')) continue;
    assert.deepEqual(
      (await bank.ask(preview, { input: sent.input.order })).codes,
      [code],
      JSON.stringify(given),
    );
  }
  const inline =
    'mutation { placeOrder(input: { clientOrderId: "i", order: { accountId: "acc-1", symbol: "ACME", side: SELL, quantity: 10 } }) { order { id } } }';
  assert.deepEqual((await bank.ask(inline)).codes, ['QUANTITY_NOT_A_NUMBER']);
  const closed = placeInput({ accountId: 'acc-closed' });
  assert.deepEqual((await bank.ask(place, closed, { accounts: ['acc-closed'] })).codes, ['ACCOUNT_CLOSED']);
  bank.peers.world.quote = null;
  assert.deepEqual((await bank.ask(place, placeInput())).codes, ['QUOTE_UNAVAILABLE']);
  assert.deepEqual(await bank.database.query(countOrders), [{ orders: 0n }]);
});

test('a preview tells what a buy and a sell would do to the cash', async () => {
  await using bank = await openOrders();
  const preview = `query ($input: OrderInput!) { previewOrder(input: $input) {
    price principal { amount } fee { amount } cashEffect { amount currency } cashReserved { amount }
  } }`;
  const { data: buy } = await bank.ask(preview, { input: placeInput({ side: 'BUY' }).input.order });
  assert.deepEqual(buy, {
    previewOrder: {
      price: '120.10',
      principal: { amount: '1201.00' },
      fee: { amount: '1.50' },
      cashEffect: { amount: '-1202.50', currency: 'USD' },
      cashReserved: { amount: '1262.67' },
    },
  });
  const { data: sell } = await bank.ask(preview, { input: placeInput().input.order });
  assert.deepEqual(sell, {
    previewOrder: {
      price: '120.00',
      principal: { amount: '1200.00' },
      fee: { amount: '1.50' },
      cashEffect: { amount: '1198.50', currency: 'USD' },
      cashReserved: { amount: '0.00' },
    },
  });
  bank.peers.world.silent.add('fees');
  assert.deepEqual((await bank.ask(preview, { input: placeInput().input.order })).codes, [
    'SERVICE_UNAVAILABLE',
  ]);
});

const updates = `query ($id: ID!, $after: Int, $first: Int! = 100) {
  orderUpdates(orderId: $id, afterSequence: $after, first: $first) {
    sequence final event { sequence type } order { sequence status }
  }
}`;

interface Updates {
  orderUpdates: {
    sequence: number;
    final: boolean;
    event: { sequence: number; type: string };
    order: { sequence: number; status: string };
  }[];
}

test('who polls orderUpdates with its cursor sees every event once, in order, up to the final one', async () => {
  await using bank = await openOrders();
  const id = await placed(bank);
  const seen: Updates['orderUpdates'] = [];
  while (seen.at(-1)?.final !== true) {
    const after = seen.at(-1)?.sequence ?? 0;
    const { orderUpdates } = await bank.until<Updates>(
      updates,
      { id, after, first: 2 },
      (data) => data.orderUpdates.length > 0,
    );
    assert(orderUpdates.length <= 2);
    for (const { sequence, event, order } of orderUpdates) {
      assert.equal(event.sequence, sequence);
      assert(order.sequence >= sequence, 'the order is at or past its event');
    }
    seen.push(...orderUpdates);
  }
  assert.deepEqual(
    seen.map(({ sequence }) => sequence),
    seen.map((_update, index) => index + 1),
  );
  assert.equal(seen.at(-1)?.event.type, 'ORDER_COMPLETED');
});

test('without a sequence number orderUpdates answers the newest event; a page out of bounds is refused', async () => {
  await using bank = await openOrders();
  const id = await placed(bank);
  const { order } = await completed(bank, id);
  const { data } = await bank.ask<Updates>(updates, { id });
  assert.deepEqual(
    data?.orderUpdates.map(({ sequence, final }) => [sequence, final]),
    [[order.sequence, true]],
  );
  assert.deepEqual((await bank.ask<Updates>(updates, { id, after: order.sequence })).data, {
    orderUpdates: [],
  });
  for (const first of [0, 101, -1]) {
    assert.deepEqual((await bank.ask(updates, { id, first })).codes, ['INVALID_PAGE']);
  }
});

const page = `query ($first: Int!, $after: String) {
  _entities(representations: [{ __typename: "Account", id: "acc-1" }]) {
    ... on Account { orders(first: $first, after: $after) {
      edges { cursor node { id } } nodes { id } pageInfo { hasNextPage endCursor }
    } }
  }
}`;

interface Pages {
  _entities: ({
    orders: {
      edges: { cursor: string; node: { id: string } }[];
      nodes: { id: string }[];
      pageInfo: { hasNextPage: boolean; endCursor: string | null };
    } | null;
  } | null)[];
}

test("an account's orders come newest first, page by page, and a foreign cursor is refused", async () => {
  await using bank = await openOrders();
  const ids: string[] = [];
  for (let count = 0; count < 5; count += 1) ids.unshift(await placed(bank, { quantity: '10' }));
  const found: string[] = [];
  let after: string | null = null;
  for (let pages = 1; ; pages += 1) {
    const answer: { data: Pages | null } = await bank.ask<Pages>(page, { first: 2, after });
    const orders = answer.data?._entities[0]?.orders;
    assert(orders !== null && orders !== undefined);
    assert.deepEqual(
      orders.nodes,
      orders.edges.map(({ node }) => node),
    );
    found.push(...orders.nodes.map(({ id }) => id));
    after = orders.pageInfo.endCursor;
    assert.equal(orders.pageInfo.hasNextPage, pages < 3);
    if (!orders.pageInfo.hasNextPage) break;
  }
  assert.deepEqual(found, ids);
  const foreign = Buffer.from(`0:${ids[0]}:acc-2`).toString('base64url');
  // No such moment can be a Date.
  const endless = Buffer.from('999999999999999:x:acc-1').toString('base64url');
  const cursors = ['x', foreign, endless].map((cursor) => ({ first: 2, after: cursor }));
  for (const bad of [{ first: 0 }, { first: 101 }, ...cursors]) {
    assert.deepEqual((await bank.ask(page, bad)).codes, ['INVALID_PAGE'], JSON.stringify(bad));
  }
});

test('fifty orders with timelines and sagas take three statements, as one order does', async () => {
  await using bank = await openOrders();
  const ids = await Promise.all(Array.from({ length: 50 }, () => placed(bank, { quantity: '10' })));
  for (const id of ids) await completed(bank, id);
  const everything = (first: number) => `{
    _entities(representations: [{ __typename: "Account", id: "acc-1" }]) { ... on Account {
      orders(first: ${first}) { nodes { id status averagePrice account { id } instrument { symbol } timeline { summary } saga { steps { name } } } }
    } }
  }`;
  // The relay and the saga runner work on beside the request; theirs are not counted.
  const own = /^sql_statements_total\{statement="(?!relay\.|outbox\.|inbox\.|saga\.(?!view)).*\} (\d+)$/gm;
  const counted = async () =>
    [...(await bank.service.metrics.text()).matchAll(own)].reduce((sum, [, count]) => sum + Number(count), 0);
  const statementsFor = async (query: string): Promise<number> => {
    const before = await counted();
    assert.deepEqual((await bank.ask(query)).codes, []);
    return (await counted()) - before;
  };
  assert.equal(await statementsFor(everything(50)), 3);
  assert.equal(await statementsFor(everything(1)), 3);
});

test("another customer's order answers FORBIDDEN to every field and mutation, as one that does not exist does", async () => {
  await using bank = await openOrders();
  const id = await placed(bank);
  const stranger = { accounts: ['acc-2'] };
  const entity = (type: string) =>
    `query ($id: ID!) { _entities(representations: [{ __typename: "${type}", id: $id }]) { ... on ${type} { id } } }`;
  for (const asked of [id, '00000000-0000-7000-8000-000000000000', 'no id', '\u0000']) {
    for (const query of [wholeOrder, updates, cancel, entity('Order')]) {
      const { data, codes } = await bank.ask<object>(query, { id: asked }, stranger);
      assert.deepEqual(codes, ['FORBIDDEN'], `${query} ${asked}`);
      assert(!JSON.stringify(data).includes('sequence'));
    }
  }
  assert.deepEqual((await bank.ask(entity('Account'), { id: 'acc-1' }, stranger)).codes, ['FORBIDDEN']);
  assert.deepEqual((await bank.ask(page, { first: 1 }, stranger)).codes, ['FORBIDDEN']);
  assert.deepEqual((await bank.ask(place, placeInput(), stranger)).codes, ['FORBIDDEN']);
  assert.deepEqual(await bank.ask(entity('Order'), { id }), { data: { _entities: [{ id }] }, codes: [] });
  const { order } = await completed(bank, id);
  assert.equal(order.status, 'FILLED');
});

test('a stop lets a running order be carried on by the next process', async () => {
  await using bank = await openOrders();
  bank.peers.world.silent.add('/internal/post-trade');
  const id = await placed(bank);
  await bank.until<Whole>(wholeOrder, { id }, ({ order }) => order.status === 'FILLED');
  await bank.restart();
  bank.peers.world.silent.clear();
  assert.equal((await completed(bank, id)).order.outcome, 'FILLED');
});
