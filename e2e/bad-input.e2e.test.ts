// Bad input through the web BFF: each kind has its documented code and a message for people, no stack trace comes
// with it, and nothing has changed afterwards.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import type { BankClient } from '@simplebank/testkit';
import { badAccounts, badFacts, badForms, type BadOrder } from './bad-orders.fixture.ts';
import { badRequests } from './bad-requests.fixture.ts';
import { codesOf, send, type WireAnswer, type WireError, type WireRequest } from './http.fixture.ts';
import { lockTables } from './locked-database.fixture.ts';
import { completed, orderSubscription, place, placeOrder, type PlacedOrder } from './orders.ts';
import { refusalOf } from './refused.fixture.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { uselessTokens } from './tokens.fixture.ts';

const usernames = ['ada', 'grace', 'alan'] as const;
const documented = new Set(
  [...readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8').matchAll(/^### (\w+)$/gm)].map(
    ([, code]) => code,
  ),
);

let started: StartedBank;
let clients: Record<(typeof usernames)[number], BankClient>;
/** Two completed orders of ada. */
let orderIds: readonly [string, string];
let untouched: unknown;
const goodOrder = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '5' } as const;

before(async () => {
  started = await startedBank();
  const [ada, grace, alan] = await Promise.all([
    started.client('ada'),
    started.client('grace'),
    started.client('alan'),
  ]);
  clients = { ada, grace, alan };
  const placed = await Promise.all([place(ada, goodOrder, 'good-one'), place(ada, goodOrder, 'good-two')]);
  orderIds = [placed[0].id, placed[1].id];
  await Promise.all(orderIds.map((id) => completed(ada, id)));
  untouched = await world();
});
after(() => started[Symbol.asyncDispose]());

/** Everything of the three customers that an order could change. */
async function world(): Promise<unknown> {
  const query =
    '{ me { accounts { id cash { balance { amount } reserved { amount } } positions { symbol quantity reserved } orders(first: 100) { nodes { id status sequence } } activities(first: 100) { nodes { id } } } } }';
  return Promise.all(usernames.map((username) => clients[username].data(query)));
}

const bff = (path = '/graphql') => `${started.bank.addresses['bff-web']}${path}`;
const ask = (request: WireRequest, path?: string) =>
  send(bff(path), { token: clients.ada.token, ...request });

/** One error with the code, as the documentation promises it. */
function assertRefused(answer: WireAnswer, code: string, what: string): void {
  assert.deepEqual(codesOf(answer), [code], `${what}: ${answer.status} ${answer.text.slice(0, 500)}`);
  assert.equal(answer.data ?? null, null, what);
  assertReadable(answer.errors, what);
  assert.doesNotMatch(answer.text, /stack|node_modules|\.ts:\d|\bat \w+ \(/i, what);
}

function assertReadable(errors: readonly WireError[], what: string): void {
  for (const { message, extensions } of errors) {
    assert.ok(documented.has(extensions?.code), `${extensions?.code} is in docs/errors.md`);
    assert.match(message, /^\S.{9,299}$/s, `${what}: a message that a person understands`);
  }
}

async function tryBadOrder({ username = 'ada', input }: BadOrder): Promise<WireAnswer> {
  const variables = { input: { clientOrderId: crypto.randomUUID(), order: input } };
  return send(bff(), { token: clients[username].token, body: { query: placeOrder, variables } });
}

test('every bad order is refused with its own code, and a preview of it too', async () => {
  const preview = 'query Preview($input: OrderInput!) { previewOrder(input: $input) { price } }';
  for (const bad of [...badForms, ...badAccounts, ...badFacts]) {
    assertRefused(await tryBadOrder(bad), bad.code, bad.what);
    const { username = 'ada', input, what, code } = bad;
    const body = { query: preview, variables: { input } };
    assertRefused(await send(bff(), { token: clients[username].token, body }), code, `a preview of ${what}`);
  }
  assert.deepEqual(await world(), untouched);
});

test('a clientOrderId that is empty, too long or not printable is refused', async () => {
  for (const clientOrderId of ['', 'x'.repeat(65), 'a\nb', 'ä', 'a\u0000']) {
    const variables = { input: { clientOrderId, order: goodOrder } };
    const answer = await ask({ body: { query: placeOrder, variables } });
    assertRefused(answer, 'CLIENT_ORDER_ID_INVALID', JSON.stringify(clientOrderId));
  }
  assert.deepEqual(await world(), untouched);
});

test('a repeated clientOrderId with another body is refused, and the first order stands', async () => {
  const variables = { input: { clientOrderId: 'good-one', order: { ...goodOrder, quantity: '6' } } };
  assertRefused(
    await ask({ body: { query: placeOrder, variables } }),
    'CLIENT_ORDER_ID_REUSED',
    'another body',
  );
  assert.equal((await place(clients.ada, goodOrder, 'good-one')).id, orderIds[0]);
  assert.deepEqual(await world(), untouched);
});

test('a number written into the document itself is refused like one in a variable', async () => {
  for (const [quantity, code] of [
    ['10', 'QUANTITY_NOT_A_NUMBER'],
    ['1.5', 'QUANTITY_NOT_A_NUMBER'],
    ['"-1"', 'QUANTITY_NOT_POSITIVE'],
    ['null', 'GRAPHQL_VALIDATION_FAILED'],
  ]) {
    const query = `mutation { placeOrder(input: { clientOrderId: "literal", order: { accountId: "acc-1001", symbol: "ACME", side: SELL, quantity: ${quantity} } }) { order { id } } }`;
    assertRefused(await ask({ body: { query } }), code ?? '', `quantity: ${quantity}`);
  }
  assert.deepEqual(await world(), untouched);
});

test('an order that is done, unknown or someone else’s is not canceled', async () => {
  const query =
    'mutation Cancel($orderId: ID!) { cancelOrder(input: { orderId: $orderId }) { order { id } } }';
  for (const [orderId, code] of [
    [orderIds[0], 'ORDER_NOT_CANCELABLE'],
    ['no-such-order', 'FORBIDDEN'],
    ['00000000-0000-0000-0000-000000000000', 'FORBIDDEN'],
    ['\u0000', 'FORBIDDEN'],
  ]) {
    assertRefused(await ask({ body: { query, variables: { orderId } } }), code ?? '', `${orderId}`);
  }
  assert.deepEqual(await world(), untouched);
});

test('without a valid token the answer is UNAUTHENTICATED, whatever is wrong with it', async () => {
  const wanted = { customerId: 'cus-ada', accountIds: ['acc-1001'] };
  const tokens = await uselessTokens({ dataDir: started.dataDir, token: clients.ada.token, wanted });
  const variables = { input: { clientOrderId: 'unsigned', order: goodOrder } };
  for (const [flaw, token] of [['missing', undefined] as const, ...tokens]) {
    const answer = await send(bff(), { token, body: { query: placeOrder, variables } });
    assertRefused(answer, 'UNAUTHENTICATED', `a token that is ${flaw}`);
  }
  const basic = { authorization: 'Basic YWRhOmRlbW8=' };
  assertRefused(
    await send(bff(), { body: { query: '{ me { id } }' }, headers: basic }),
    'UNAUTHENTICATED',
    'Basic',
  );
  assert.deepEqual(await world(), untouched);
});

test('a request that is no GraphQL request says what is wrong with it', async () => {
  for (const { what, code, request, path } of badRequests) {
    const answer = await ask(request, path);
    assert.ok(answer.status >= 200 && answer.status < 500, `${what}: ${answer.status}`);
    assertRefused({ ...answer, errors: answer.errors.slice(0, 1) }, code, what);
    assertReadable(answer.errors, what);
  }
  assert.deepEqual(await world(), untouched);
});

test('a page that is too small, too large or after a foreign cursor is refused in every list', async () => {
  const own =
    '{ account(id: "acc-1001") { orders(first: 1) { pageInfo { endCursor } } activities(first: 1) { pageInfo { endCursor } } } }';
  const { account } = await clients.ada.data<{
    account: Record<'orders' | 'activities', { pageInfo: { endCursor: string } }>;
  }>(own);
  const crafted = [
    '9999-12-31',
    '1:\u0000:acc-1001',
    '999999999999999:x:acc-1001',
    '99999999999999999999:acc-1001',
  ];
  const cursors = [...crafted.map((text) => Buffer.from(text).toString('base64url')), 'x', '', '🙂'];
  const wrong = [
    'first: 0',
    'first: -1',
    'first: 101',
    ...cursors.map((cursor) => `after: ${JSON.stringify(cursor)}`),
  ];
  const ofAnother = (list: string, cursor: string) =>
    `{ account(id: "acc-1002") { ${list}(after: "${cursor}") { nodes { id } } } }`;
  const queries = [
    ...wrong.map((page) => `{ account(id: "acc-1001") { orders(${page}) { nodes { id } } } }`),
    ...wrong.map((page) => `{ account(id: "acc-1001") { activities(${page}) { nodes { id } } } }`),
    ...wrong.map((page) => `{ me { notifications(${page}) { nodes { id } } } }`),
    ofAnother('orders', account.orders.pageInfo.endCursor),
    ofAnother('activities', account.activities.pageInfo.endCursor),
    ofAnother('orders', account.activities.pageInfo.endCursor),
    ...['0', '-5', '101'].map(
      (first) =>
        `{ orderUpdates(orderId: "${orderIds[0]}", afterSequence: 0, first: ${first}) { sequence } }`,
    ),
  ];
  for (const query of queries) {
    const answer = await ask({ body: { query } });
    // A list that another service adds is left out, and the rest of the answer stands.
    assertRefused({ ...answer, data: null }, 'INVALID_PAGE', query);
  }
});

test('a cursor of another order, a forged one and a document that does not fit are refused on the socket', async () => {
  const client = clients.ada;
  const cursors: string[] = [];
  for await (const { extensions } of client.follow(orderSubscription, { id: orderIds[0], after: '0' })) {
    cursors.push(extensions?.cursor ?? '');
  }
  const [, second = ''] = cursors;
  const forged = second.replace(/^\d+/, (sequence) => String(Number(sequence) + 1));
  const one = { id: orderIds[0] };
  for (const [what, code, query, variables] of [
    ['a cursor of another order', 'CURSOR_INVALID', orderSubscription, { id: orderIds[1], after: second }],
    ['an altered cursor', 'CURSOR_INVALID', orderSubscription, { ...one, after: forged }],
    ['an unsigned cursor', 'CURSOR_INVALID', orderSubscription, { ...one, after: '3' }],
    ['no cursor at all', 'CURSOR_INVALID', orderSubscription, { ...one, after: '' }],
    ['a wrong type', 'BAD_USER_INPUT', orderSubscription, { id: { of: 'order' } }],
    ['an unknown field', 'GRAPHQL_VALIDATION_FAILED', 'subscription { quoteUpdated { bid } }', {}],
    ['half a document', 'GRAPHQL_PARSE_FAILED', 'subscription { orderUpdated(', {}],
  ] as const) {
    const { errors } = await refusalOf(client, query, variables);
    assertRefused({ status: 200, text: JSON.stringify(errors), errors }, code, what);
  }
});

test('a wrong password, an unknown user and half a sign-in are told apart only as far as they may be', async () => {
  const signIn = (body: unknown) => send(`${started.bank.addresses.identity}/token`, { body });
  const wrong = await signIn({ username: 'ada', password: 'wrong' });
  assertRefused(wrong, 'SIGN_IN_FAILED', 'a wrong password');
  const unknown = await signIn({ username: 'nobody', password: 'demo' });
  // But for the id of the request itself.
  const saidBy = ({ text }: { text: string }) => text.replaceAll(/"correlationId":"[\w-]+"/g, '');
  assert.equal(saidBy(unknown), saidBy(wrong));
  for (const body of [
    {},
    { username: 'ada' },
    { username: ['ada'], password: 'demo' },
    'x',
    { username: 'a'.repeat(300), password: 'demo' },
  ])
    assertRefused(await signIn(body), 'BAD_REQUEST', JSON.stringify(body));
});

test('an order that could only be checked after it was taken ends REJECTED with the same code, and moves nothing', async () => {
  const urls = started.bank.databaseUrls;
  const before = await world();
  const taken = await (async () => {
    await using _accounts = await lockTables(urls['accounts'] ?? '');
    await using _market = await lockTables(urls['market'] ?? '');
    await using _customers = await lockTables(urls['customers'] ?? '');
    // Awaited here, since the locks go when this block is left.
    return await Promise.all(
      badFacts.map(async (bad) => {
        const { data, text } = await tryBadOrder(bad);
        assert.ok(data, `${bad.what} is taken while nobody can say what is wrong with it: ${text}`);
        return { bad, id: (data['placeOrder'] as { order: PlacedOrder }).order.id };
      }),
    );
  })();
  for (const { bad, id } of taken) {
    const state = await completed(clients[bad.username ?? 'ada'], id);
    assert.deepEqual([state.status, state.outcome], ['REJECTED', 'REJECTED'], bad.what);
    assert.equal(state.rejection?.code, bad.code, bad.what);
    assertReadable([{ message: state.rejection?.message ?? '', extensions: { code: bad.code } }], bad.what);
    assert.deepEqual([state.cumulative, state.leaves], ['0', '0']);
  }
  const ids = new Set(taken.map(({ id }) => id));
  assert.deepEqual(withoutOrders(await world(), ids), withoutOrders(before, ids));
});

function withoutOrders(state: unknown, ids: ReadonlySet<string>): unknown {
  return JSON.parse(JSON.stringify(state), (_key, value: unknown) =>
    Array.isArray(value) ? value.filter((item: { id?: string }) => !ids.has(item?.id ?? '')) : value,
  );
}
