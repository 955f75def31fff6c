// The inbox over the real bus, HTTP and Postgres: one entry an order, in pages, for its customer alone.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ordersStream, type OrderEventData } from '@simplebank/contracts';
import { busOf, uuidv7, type EventEnvelope } from '@simplebank/events';
import { testSubgraph, until, type TestCaller, type TestSubgraph } from '@simplebank/testkit';
import { start } from './main.ts';

const ada = { customerId: 'cus-ada', accountIds: ['acc-1001'] };
const grace = { customerId: 'cus-grace', accountIds: ['acc-1003'] };
const open = () => testSubgraph({ service: 'notifications', start, bus: true });

function completed(orderId: string, change: Partial<EventEnvelope> = {}): EventEnvelope {
  const data: OrderEventData<'OrderCompleted'> = {
    accountId: 'acc-1001',
    customerId: 'cus-ada',
    outcome: 'FILLED',
    symbol: 'ACME',
    side: 'SELL',
    quantity: '100',
    cumulative: '100',
    averagePrice: '120.25',
    fees: { amount: '6.38', currency: 'USD' },
    rejection: null,
  };
  return {
    id: uuidv7(),
    type: 'OrderCompleted',
    version: 1,
    source: 'orders',
    aggregateId: orderId,
    sequence: 9,
    correlationId: `correlation-${orderId}`,
    causationId: null,
    traceparent: null,
    occurredAt: '2026-11-22T15:00:00.000Z',
    data,
    ...change,
  };
}

interface Inbox {
  nodes: { id: string; title: string; order: { id: string }; createdAt: string }[];
  pageInfo: { hasNextPage: boolean; endCursor: string | null };
}

async function inbox(
  notifications: TestSubgraph,
  caller: TestCaller | undefined,
  { of = 'cus-ada', first = 20, after }: { of?: string; first?: number; after?: string | null } = {},
) {
  const { data, errors } = await notifications.ask<{ _entities: ({ notifications: Inbox | null } | null)[] }>(
    caller,
    `query ($of: [_Any!]!, $first: Int!, $after: String) { _entities(representations: $of) { ... on Customer {
      notifications(first: $first, after: $after) {
        nodes { id title order { id } createdAt } pageInfo { hasNextPage endCursor } } } } }`,
    { of: [{ __typename: 'Customer', id: of }], first, after },
  );
  return { found: data?._entities[0]?.notifications, code: errors?.[0]?.extensions?.code };
}

test('an order that completes leaves one entry, also when its event comes twice, and its log line has both ids', async () => {
  await using notifications = await open();
  const bus = await busOf(notifications.host);
  const event = completed('ord-1');
  await bus.publish(ordersStream, [completed('ord-0', { type: 'OrderFilled' }), event]);
  await bus.publish(ordersStream, [completed('ord-1'), completed('ord-2')]);
  await until(
    'the last order has its entry',
    async () => (await inbox(notifications, ada)).found?.nodes.length === 2,
  );
  await until(
    'all events are handled',
    () => notifications.logs.filter(({ msg }) => msg === 'notified').length === 3,
  );
  const { found } = await inbox(notifications, ada);
  assert.deepEqual(found?.nodes.map(({ order }) => order.id).toSorted(), ['ord-1', 'ord-2']);
  const entry = found.nodes.find(({ order }) => order.id === 'ord-1');
  assert.deepEqual(entry, {
    id: event.id,
    title: 'Sell 100 ACME: filled',
    order: { id: 'ord-1' },
    createdAt: '2026-11-22T15:00:00.000Z',
  });
  const line = notifications.logs.find(({ msg, orderId }) => msg === 'notified' && orderId === 'ord-1');
  assert.equal(line?.['correlationId'], 'correlation-ord-1');
});

test('pages show every entry once, newest first, also when many have the same moment', async () => {
  await using notifications = await open();
  const bus = await busOf(notifications.host);
  const minute = (index: number) => `2026-11-22T15:0${Math.floor(index / 3)}:00.000Z`;
  await bus.publish(
    ordersStream,
    Array.from({ length: 7 }, (_, index) => completed(`ord-${index}`, { occurredAt: minute(index) })),
  );
  await until('all have entries', async () => (await inbox(notifications, ada)).found?.nodes.length === 7);
  const seen: string[] = [];
  const moments: string[] = [];
  let after: string | null = null;
  for (let isMore = true; isMore;) {
    const { found } = await inbox(notifications, ada, { first: 3, after });
    assert.ok(found != null);
    seen.push(...found.nodes.map(({ order }) => order.id));
    moments.push(...found.nodes.map(({ createdAt }) => createdAt));
    ({ hasNextPage: isMore, endCursor: after } = found.pageInfo);
  }
  assert.deepEqual(moments, moments.toSorted().toReversed());
  assert.deepEqual(seen.toSorted(), ['ord-0', 'ord-1', 'ord-2', 'ord-3', 'ord-4', 'ord-5', 'ord-6']);
});

const strange = Buffer.from(JSON.stringify(['2026-11-22T15:00:00.000Z', 'a\u0000b'])).toString('base64url');
for (const page of [
  { first: 0 },
  { first: -1 },
  { first: 101 },
  { after: 'x' },
  { after: '' },
  { after: strange },
]) {
  test(`the page ${JSON.stringify(page)} is refused with INVALID_PAGE`, async () => {
    await using notifications = await open();
    assert.deepEqual(await inbox(notifications, ada, page), { found: null, code: 'INVALID_PAGE' });
  });
}

test("another customer's token opens neither the inbox nor an entry", async () => {
  await using notifications = await open();
  const bus = await busOf(notifications.host);
  const event = completed('ord-1');
  await bus.publish(ordersStream, [event]);
  await until(
    'the order has its entry',
    async () => (await inbox(notifications, ada)).found?.nodes.length === 1,
  );
  assert.equal((await inbox(notifications, grace)).code, 'FORBIDDEN');
  assert.equal((await inbox(notifications, undefined)).code, 'UNAUTHENTICATED');
  assert.deepEqual((await inbox(notifications, grace, { of: 'cus-grace' })).found?.nodes, []);
  const query =
    'query ($of: [_Any!]!) { _entities(representations: $of) { ... on Notification { id title } } }';
  const of = [{ __typename: 'Notification', id: event.id }];
  const own = await notifications.ask(ada, query, { of });
  assert.deepEqual(own.data, { _entities: [{ id: event.id, title: 'Sell 100 ACME: filled' }] });
  for (const [caller, code] of [
    [grace, 'FORBIDDEN'],
    [undefined, 'UNAUTHENTICATED'],
  ] as const) {
    const { data, errors } = await notifications.ask(caller, query, { of });
    assert.deepEqual(data, { _entities: [null] });
    assert.equal(errors?.[0]?.extensions?.code, code);
  }
});
