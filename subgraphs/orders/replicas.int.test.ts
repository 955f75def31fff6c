// Two replicas of orders on one database: they share the sagas by lease, and one goes on with those of the other when
// that is killed and never comes back.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { postTrade, reserveForOrder } from '@simplebank/contracts';
import { until, type LogLine } from '@simplebank/testkit';
import { place, placeInput, type Placed } from './order-questions.fixture.ts';
import { openOrders, type OrdersUnderTest } from './orders.fixture.ts';

/** The lease of a saga is 3 s; within a second more its story has ended elsewhere. */
const TAKE_OVER_MS = 4_000;

const unfinished = sql(
  'test.unfinished',
  `select count(*)::int as orders from orders o join saga s on s.id = o.id
   where o.completed_at is null or s.status <> 'DONE'`,
);

async function allComplete(bank: OrdersUnderTest): Promise<void> {
  await until('every order is complete', async () => {
    const [row] = await bank.database.query<{ orders: number }>(unfinished);
    return row?.orders === 0;
  });
}

async function placeAt(
  bank: OrdersUnderTest,
  replica: { readonly url: string },
  count: number,
): Promise<string[]> {
  return Promise.all(
    Array.from({ length: count }, async () => {
      const { data, codes } = await bank.ask<Placed>(place, placeInput(), { replica });
      assert.deepEqual(codes, []);
      return data?.placeOrder.order.id ?? '';
    }),
  );
}

function completions(log: readonly LogLine[]): number {
  return log.filter(({ msg, event }) => msg === 'order event' && event === 'OrderCompleted').length;
}

test('two replicas share the sagas; one is killed with sagas in flight, and the other finishes them in time', async (t) => {
  await using bank = await openOrders();
  const { world } = bank.peers;
  world.shares.set('acc-1', 10_000);
  const doomed = await bank.replicaProcess();
  const ids = [...(await placeAt(bank, doomed, 40)), ...(await placeAt(bank, bank.service, 40))];
  await allComplete(bank);
  const [here, there] = [completions(bank.log), completions(doomed.logs)];
  t.diagnostic(`of 80 orders ${here} were completed by one replica, ${there} by the other`);
  assert.equal(here > 0 && there > 0 && here + there === 80, true, 'both moved sagas, each order once');

  // Twelve orders stand after the pivot, twelve before their reservation; the process that took them is killed.
  const gate = Promise.withResolvers<void>();
  for (const { path } of [postTrade, reserveForOrder]) {
    world.held.set(path, gate.promise);
    const before = world.calls.get(path) ?? 0;
    ids.push(...(await placeAt(bank, doomed, 12)));
    await until('they are held', () => (world.calls.get(path) ?? 0) >= before + 12);
  }
  ids.push(...(await placeAt(bank, bank.service, 12)));
  await doomed.kill();
  const killedAt = performance.now();
  world.held.clear();
  gate.resolve();
  await allComplete(bank);
  const tookMs = performance.now() - killedAt;
  t.diagnostic(`every order was complete ${Math.round(tookMs)} ms after the kill`);
  assert.ok(tookMs <= TAKE_OVER_MS, `${tookMs} ms`);

  // Two fills an order, each posted and charged under its own id.
  assert.equal(new Set(ids).size, 116);
  const executions = ids.flatMap((id) => [`${id}-1`, `${id}-2`]).toSorted();
  assert.deepEqual([...world.postings.keys()].toSorted(), executions);
  assert.deepEqual([...world.fees.keys()].toSorted(), executions);
  assert.equal(world.shares.get('acc-1'), 10_000 - 116 * 10);
});
