import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import type { EventEnvelope } from '@simplebank/events';
import type { OrderEvent } from './domain/order-events.ts';
import type { Order } from './domain/order-state.ts';
import { replayed } from './order-row.ts';
import { readState, stateText } from './state-codec.ts';
import { append, insert, openStore, placedAt, story, termsOf } from './store.fixture.ts';
import { logPartEvents } from './store.ts';

/** JSON knows no undefined fields. */
function asKept(order: Order): Order {
  return readState(stateText(order));
}

test('log, snapshot and outbox tell the same story, event by event', async () => {
  await using bank = await openStore();
  const { database, store } = bank;
  const terms = termsOf();
  assert.equal(await insert(database, store, terms), true);
  for (const event of story) await append(database, store, terms.id, [event]);

  const [stored] = await store.orders([terms.id]);
  const [log = []] = await store.events([{ orderId: terms.id, after: 0, length: logPartEvents }]);
  assert(stored !== undefined);
  assert.deepEqual(asKept(replayed(terms.id, log)), stored.order);
  assert.equal(stored.order.sequence, story.length + 1);
  assert.deepEqual(stored.completedAt, placedAt);
  const rows = await database.query<{ envelope: EventEnvelope }>(
    sql('test.outbox', 'select envelope from outbox order by id'),
  );
  const published = rows.map(({ envelope: { id, type, sequence, data } }) => ({ id, type, sequence, data }));
  assert.deepEqual(
    published,
    log.map(({ id, type, sequence, data }) => ({ id, type, sequence, data })),
  );
  assert.deepEqual([...new Set(rows.map(({ envelope }) => envelope.correlationId))], ['correlation-1']);
});

test('an order that an older program kept in another form is read from its log', async () => {
  await using bank = await openStore();
  const { database, store } = bank;
  const [old, current] = [termsOf(), termsOf()];
  for (const terms of [old, current]) {
    await insert(database, store, terms);
    await append(database, store, terms.id, story.slice(0, 4));
  }
  const [before] = await store.orders([old.id]);
  const forget = sql('test.forget', `update orders set state = '{}', state_version = 0 where id = $1`);
  await database.query(forget, [old.id]);
  const found = new Map(
    (await store.orders([old.id, current.id])).map((stored) => [stored.order.terms.id, stored]),
  );
  assert(before !== undefined);
  const read = found.get(old.id);
  assert(read !== undefined);
  assert.deepEqual(asKept(read.order), before.order);
  assert.equal(found.get(old.id)?.order.status, 'PARTIALLY_FILLED');
  assert.equal(found.get(current.id)?.order.terms.id, current.id);
});

test('an old log that is longer than one part is replayed to its end', async () => {
  await using bank = await openStore();
  const { database, store } = bank;
  const [long, short] = [termsOf(), termsOf()];
  for (const terms of [long, short]) {
    await insert(database, store, terms);
    await append(database, store, terms.id, story.slice(0, 4));
  }
  const rejection = { code: 'CANCEL_TOO_LATE', message: 'Too late.' };
  const refusal: OrderEvent = { type: 'CancelRejected', data: { rejection } };
  await append(
    database,
    store,
    long.id,
    Array.from({ length: logPartEvents }, () => refusal),
  );
  await database.query(sql('test.forget-all', `update orders set state = '{}', state_version = 0`));
  const found = await store.orders([long.id, short.id]);
  const sequences = found.map(({ order }) => [order.terms.id, order.sequence]);
  assert.deepEqual(
    new Map(sequences as [string, number][]),
    new Map([
      [long.id, 5 + logPartEvents],
      [short.id, 5],
    ]),
  );
});

test('the second order under a client order id of the account is not written at all', async () => {
  await using bank = await openStore();
  const { database, store } = bank;
  assert.equal(await insert(database, store, termsOf({ clientOrderId: 'c-1' })), true);
  const second = termsOf({ clientOrderId: 'c-1' });
  assert.equal(await insert(database, store, second), false);
  assert.equal(await insert(database, store, termsOf({ clientOrderId: 'c-1', accountId: 'acc-2' })), true);
  assert.deepEqual(await store.orders([second.id]), []);
  assert.deepEqual(await store.events([{ orderId: second.id, after: 0, length: 1 }]), [[]]);
  const outbox = sql('test.count', 'select count(*) as events from outbox');
  assert.deepEqual(await database.query(outbox), [{ events: 2n }]);
});

test('two writers of one order take turns, so that no sequence number is used twice', async () => {
  await using bank = await openStore();
  const { database, store } = bank;
  const terms = termsOf();
  await insert(database, store, terms);
  await append(database, store, terms.id, story.slice(0, 4));
  const refusal: OrderEvent = {
    type: 'CancelRejected',
    data: { rejection: { code: 'CANCEL_TOO_LATE', message: 'Too late.' } },
  };
  await Promise.all(Array.from({ length: 20 }, () => append(database, store, terms.id, [refusal])));
  const [log = []] = await store.events([{ orderId: terms.id, after: 5, length: logPartEvents }]);
  assert.deepEqual(
    log.map(({ sequence }) => sequence),
    Array.from({ length: 20 }, (_item, index) => 6 + index),
  );
});

test('pages go from new to old without overlap or hole, also where orders were placed at one moment', async () => {
  const statements: string[] = [];
  await using bank = await openStore((name) => statements.push(name));
  const { database, store } = bank;
  const mine = Array.from({ length: 7 }, () => termsOf());
  for (const [index, terms] of mine.entries()) {
    await insert(database, store, terms, new Date(placedAt.getTime() + (index > 4 ? 1 : 0)));
  }
  await insert(database, store, termsOf({ accountId: 'acc-2' }));

  statements.length = 0;
  const [first = [], others = []] = await store.pages([
    { accountId: 'acc-1', before: null, length: 3 },
    { accountId: 'acc-2', before: null, length: 3 },
  ]);
  assert.deepEqual(statements, ['orders.account-pages']);
  assert.equal(others.length, 1);
  const seen = [...first];
  for (let last = seen.at(-1); last !== undefined;) {
    const before = { at: last.placedAt, id: last.order.terms.id };
    const [next = []] = await store.pages([{ accountId: 'acc-1', before, length: 3 }]);
    seen.push(...next);
    last = next.at(-1);
  }
  const newestFirst = mine.map(({ id }) => id).toReversed();
  assert.deepEqual(
    seen.map(({ order }) => order.terms.id),
    newestFirst,
  );
});

test('the events of many orders come by one statement, each order from its own place on', async () => {
  const statements: string[] = [];
  await using bank = await openStore((name) => statements.push(name));
  const { database, store } = bank;
  const [one, two] = [termsOf(), termsOf()];
  for (const terms of [one, two]) {
    await insert(database, store, terms);
    await append(database, store, terms.id, story);
  }
  statements.length = 0;
  const parts = await store.events([
    { orderId: two.id, after: 8, length: 10 },
    { orderId: one.id, after: 0, length: 2 },
    { orderId: two.id, after: 0, length: 1 },
  ]);
  assert.deepEqual(statements, ['orders.events-after']);
  assert.deepEqual(
    parts.map((events) => events.map(({ orderId, sequence }) => [orderId, sequence])),
    [
      [
        [two.id, 9],
        [two.id, 10],
      ],
      [
        [one.id, 1],
        [one.id, 2],
      ],
      [[two.id, 1]],
    ],
  );
});
