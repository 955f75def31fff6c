import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { listOrders } from '@simplebank/contracts';
import {
  cancel,
  completed,
  place,
  placed,
  placeInput,
  typesOf,
  wholeOrder,
  type Placed,
  type Whole,
} from './order-questions.fixture.ts';
import { openOrders, type OrdersUnderTest } from './orders.fixture.ts';

test('a sell is reserved, filled in parts, charged and completed, and its timeline tells all of it', async () => {
  await using bank = await openOrders();
  const id = await placed(bank);
  const done = await completed(bank, id);
  const { order } = done;
  assert.equal(order.status, 'FILLED');
  assert.equal(order.outcome, 'FILLED');
  assert.deepEqual([order.cumulative, order.leaves, order.canceled], ['10', '0', '0']);
  assert.equal(order.averagePrice, '119.994');
  const types = typesOf(done);
  assert.deepEqual(types.slice(0, 3), ['ORDER_CREATED', 'FEE_QUOTED', 'STOCK_RESERVED']);
  assert.deepEqual(types.slice(-2), ['RESERVATION_RELEASED', 'ORDER_COMPLETED']);
  assert.deepEqual(types.toSorted(), [
    'FEE_CHARGED',
    'FEE_CHARGED',
    'FEE_QUOTED',
    'ORDER_COMPLETED',
    'ORDER_CREATED',
    'ORDER_EXECUTED',
    'ORDER_EXECUTED',
    'ORDER_FILLED',
    'ORDER_PLACED',
    'ORDER_ROUTED',
    'RESERVATION_RELEASED',
    'STOCK_RESERVED',
    'TRADE_POSTED',
    'TRADE_POSTED',
  ]);
  assert.deepEqual(
    order.timeline.map(({ sequence }) => sequence),
    types.map((_type, index) => index + 1),
  );
  const charged = order.timeline.filter(({ type }) => type === 'FEE_CHARGED');
  assert.deepEqual(charged.map(({ fee }) => fee?.id).toSorted(), [`${id}-1`, `${id}-2`]);
  assert.deepEqual(
    order.saga.steps.map(({ name, state }) => [name, state]),
    ['validate', 'quoteFee', 'reserve', 'route', 'execute', 'release', 'complete'].map((name) => [
      name,
      'DONE',
    ]),
  );
  assert.deepEqual([...bank.peers.world.postings.values()], ['480.00', '719.94']);
});

test('all that happens to an order is logged under the correlation id that it was placed with', async () => {
  await using bank = await openOrders();
  const correlationId = 'journey-0001';
  const { data } = await bank.ask<Placed>(place, placeInput(), { correlationId });
  const id = data?.placeOrder.order.id ?? '';
  const { order } = await completed(bank, id);
  // Two that are committed at the same moment are logged in any order.
  const lines = bank.log
    .filter(({ msg }) => msg === 'order event')
    .toSorted((left, right) => Number(left['sequence']) - Number(right['sequence']));
  assert.deepEqual(
    lines.map(({ correlationId: of, orderId, sequence }) => [of, orderId, sequence]),
    order.timeline.map(({ sequence }) => [correlationId, id, sequence]),
  );
});

test('a market buy goes out with its protecting limit and keeps its cash reserved until the end', async () => {
  await using bank = await openOrders();
  const id = await placed(bank, { side: 'BUY' });
  const { order } = await completed(bank, id);
  assert.equal(order.outcome, 'FILLED');
  // 10 at 120.10 plus 5 %, and fees of 10 basis points plus 3 cents a lot.
  assert.deepEqual(bank.peers.world.reserved.get(id)?.hold, {
    kind: 'cash',
    principal: { amount: '1261.10', currency: 'USD' },
    fee: { amount: '1.57', currency: 'USD' },
  });
});

test('an order that works is canceled at the exchange, and what was filled before is kept', async () => {
  await using bank = await openOrders();
  bank.peers.world.fills = [{ quantity: '4', price: '120.00' }];
  const id = await placed(bank);
  await bank.until<Whole>(wholeOrder, { id }, ({ order }) => order.status === 'PARTIALLY_FILLED');
  assert.deepEqual((await bank.ask(cancel, { id })).codes, []);
  await bank.ask(cancel, { id });
  const done = await completed(bank, id);
  assert.equal(done.order.status, 'CANCELED');
  assert.equal(done.order.outcome, 'PARTIALLY_FILLED');
  assert.deepEqual([done.order.cumulative, done.order.canceled], ['4', '6']);
  // The exchange's answer may overtake the market service's, which then is no news.
  const cancels = typesOf(done).filter((type) => type.includes('CANCEL') && type !== 'CANCEL_SENT');
  assert.deepEqual(cancels, ['CANCEL_REQUESTED', 'ORDER_CANCELED']);
  assert.deepEqual((await bank.ask(cancel, { id })).codes, ['ORDER_NOT_CANCELABLE']);
});

test('orders that are canceled at once all come to one end, with nothing left reserved', async () => {
  await using bank = await openOrders();
  bank.peers.world.fills = [{ quantity: '4', price: '120.00' }];
  const ids = await Promise.all(Array.from({ length: 20 }, () => placed(bank)));
  await Promise.all(ids.map((id) => bank.ask(cancel, { id })));
  for (const id of ids) {
    const { order } = await completed(bank, id);
    assert.equal(order.status, 'CANCELED');
    assert.equal(Number(order.cumulative) + Number(order.canceled), 10);
    assert.equal(bank.peers.world.reserved.get(id)?.released, true);
  }
});

test('shares that are gone by the time of the reservation reject the order, and nothing stays reserved', async () => {
  await using bank = await openOrders();
  bank.peers.world.silent.add('/internal/availability');
  const id = await placed(bank, { quantity: '1001' });
  const { order } = await completed(bank, id);
  assert.equal(order.status, 'REJECTED');
  assert.equal(order.rejection?.code, 'INSUFFICIENT_SHARES');
  assert.equal(bank.peers.world.reserved.get(id)?.released, true);
  assert.equal(bank.peers.world.calls.get('/internal/route') ?? 0, 0);
});

// Both wait for the runner to give a step up, which takes it five seconds.
describe('services that do not answer', { concurrency: true }, () => {
  test('without an answer from fees the last known schedule is used', async () => {
    await using bank = await openOrders();
    await completed(bank, await placed(bank));
    bank.peers.world.silent.add('/internal/quote');
    const id = await placed(bank);
    const fallback = ({ order }: Whole) => order.timeline.some(({ type }) => type === 'FEE_QUOTED');
    const { order } = await bank.until<Whole>(wholeOrder, { id }, fallback);
    assert.match(order.timeline[1]?.summary ?? '', /by the last known schedule/);
    const quote = order.saga.steps.find(({ name }) => name === 'quoteFee');
    assert.equal(quote?.fault, 'SERVICE_UNAVAILABLE');
    assert.equal((await completed(bank, id)).order.outcome, 'FILLED');
  });

  test('an order that cannot be validated for seconds is rejected in the end', async () => {
    await using bank = await openOrders();
    bank.peers.world.silent.add('customers');
    const id = await placed(bank);
    const { order } = await completed(bank, id);
    assert.equal(order.status, 'REJECTED');
    assert.equal(order.rejection?.code, 'SERVICE_UNAVAILABLE');
  });
});

// A sell's account is asked about once by the service and once by the saga.
for (const [path, asked] of [
  ['/internal/account', 2],
  ['/internal/quote', 1],
  ['/internal/reserve', 1],
] as const) {
  test(`an order whose request to ${path} is refused as such is rejected at once, with INTERNAL_ERROR`, async () => {
    await using bank = await openOrders();
    bank.peers.world.refusing.add(path);
    const id = await placed(bank);
    const { order } = await completed(bank, id);
    assert.deepEqual([order.status, order.rejection?.code], ['REJECTED', 'INTERNAL_ERROR']);
    const failed = order.saga.steps.find(({ fault }) => fault !== null);
    assert.equal(failed?.fault, 'INTERNAL_ERROR');
    assert.equal(bank.peers.world.calls.get(path), asked);
    assert.equal(bank.peers.world.reserved.get(id)?.released, true);
    assert.equal(bank.peers.world.calls.get('/internal/route') ?? 0, 0);
  });
}

test('from the market on, a request that is refused as such leaves the saga stuck at once', async () => {
  await using bank = await openOrders();
  bank.peers.world.refusing.add('/internal/post-trade');
  const id = await placed(bank);
  // The exchange goes on filling the order meanwhile; only its postings stand still.
  const isStuck = ({ order: { saga, status } }: Whole) => saga.state === 'STUCK' && status === 'FILLED';
  const { order } = await bank.until<Whole>(wholeOrder, { id }, isStuck);
  assert.equal(order.saga.steps.find(({ name }) => name === 'execute')?.fault, 'INTERNAL_ERROR');
  assert.equal(bank.peers.world.calls.get('/internal/post-trade'), 1);
});

test('a refusal that should be impossible leaves the saga stuck for an operator to see', async () => {
  await using bank = await openOrders();
  bank.peers.world.fills = [];
  const id = await placed(bank);
  await bank.until<Whole>(wholeOrder, { id }, ({ order }) => order.status === 'WORKING');
  bank.peers.world.reserved.delete(id);
  await bank.peers.report(id, 'ExecutionReported', {
    executionId: 'e-1',
    symbol: 'ACME',
    side: 'SELL',
    quantity: '10',
    price: '120.00',
    cumulative: '10',
    leaves: '0',
    executedAt: '2026-11-22T14:30:00.000Z',
  });
  const { order } = await bank.until<Whole>(
    wholeOrder,
    { id },
    ({ order: { saga } }) => saga.state === 'STUCK',
  );
  assert.equal(order.status, 'FILLED');
  assert.equal(order.outcome, null);
  assert.equal(order.saga.steps.find(({ name }) => name === 'execute')?.fault, 'UNKNOWN_RESERVATION');
});

test('a report that contradicts its order, or is on an unknown one, goes to the dead letters', async () => {
  await using bank = await openOrders();
  bank.peers.world.fills = [];
  const id = await placed(bank);
  await bank.until<Whole>(wholeOrder, { id }, ({ order }) => order.status === 'WORKING');
  await bank.peers.report(id, 'RouteCanceled', { cumulative: '3' });
  await bank.peers.report('unknown-order', 'RouteAcknowledged', { exchangeOrderId: 'x-1' });
  const letters = await untilLetters(bank, 2);
  const errors = letters.map(({ aggregateId, error }) => [aggregateId, error]).toSorted();
  assert.match(errors.find(([of]) => of === id)?.[1] ?? '', /CUMULATIVE_MISMATCH/);
  assert.match(errors.find(([of]) => of === 'unknown-order')?.[1] ?? '', /not known/);
});

async function untilLetters(bank: OrdersUnderTest, count: number) {
  const endsAt = performance.now() + 10_000;
  for (;;) {
    const letters = await bank.bus.deadLetters({ group: 'orders' });
    if (letters.length >= count || performance.now() > endsAt) return letters;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

test('the audit sees what an open order has reserved, and that a completed one holds nothing', async () => {
  await using bank = await openOrders();
  const done = await placed(bank);
  await completed(bank, done);
  bank.peers.world.fills = [];
  const open = await placed(bank);
  await bank.until<Whole>(wholeOrder, { id: open }, ({ order }) => order.status === 'WORKING');
  const first = await bank.client.call(listOrders, { afterId: '', first: 1 });
  const rest = await bank.client.call(listOrders, { afterId: first.orders[0]?.id ?? '', first: 10 });
  const reserved = [...first.orders, ...rest.orders].map(({ id, initiallyReserved, completed: isDone }) => [
    id,
    initiallyReserved,
    isDone,
  ]);
  assert.deepEqual(reserved, [
    [done, null, true],
    [open, { kind: 'shares', quantity: '10' }, false],
  ]);
});
