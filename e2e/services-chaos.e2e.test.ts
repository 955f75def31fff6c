// The bank of many processes under a steady load while its parts die: every service, Redis, Postgres. No order is lost
// or doubled, every subscriber sees the end of its order, and the books are whole.
import assert from 'node:assert/strict';
import { after, before, test, type TestContext } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import { startRedis, until, type RedisServer } from '@simplebank/testkit';
import { services, type ServiceName } from '../topology.ts';
import { assertAllAddsUp } from './adds-up.fixture.ts';
import { completedPerSecond, steadyRate } from './capacity.fixture.ts';
import { exchangeControl, type ExchangeControl } from './exchange-control.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';
import { startLoad, type SteadyLoad } from './steady-load.fixture.ts';

/** Orders a second where the machine can take it (capacity.fixture.ts). */
const wantedPerSecond = Number(process.env['CHAOS_RATE'] ?? 50);
const wantedPerSecondWhenOneIsLost = 40;
/** From a part's return to the next fault: the bank is to be at work again, and not only up. */
const betweenFaultsMs = 1_000;
/** After the last fault, for all that has piled up. */
const finishedWithinMs = 90_000;
const redisAwayMs = 1_000;
/** A service that is killed on a slow machine may be away for longer than a saga tries; few orders are there just then. */
const givenUpShare = 0.02;
/** A dead runner's lease on a saga (packages/saga), and one second. */
const takenOverWithinMs = 3_000 + 1_000;

let redis: RedisServer;
let started: StartedBank;
let exchange: ExchangeControl;
let capacity: number;
before(async () => {
  redis = await startRedis();
  started = await startedBank({}, { redisUrl: redis.url });
  exchange = exchangeControl(`http://127.0.0.1:${started.bank.exchange.controlPort}`);
  capacity = await completedPerSecond(served());
});
after(async () => {
  await started?.[Symbol.asyncDispose]();
  await redis?.[Symbol.asyncDispose]();
});

function served() {
  const { identity, 'bff-web': bff, 'bff-mobile': otherBff } = started.bank.addresses;
  return { addresses: { identity, bff }, otherBff };
}

function loadFor(t: TestContext, run: string, wanted: number): SteadyLoad {
  const perSecond = steadyRate(wanted, capacity);
  t.diagnostic(
    `${perSecond} of ${wanted} orders a second, since the bank completes ${capacity.toFixed(0)} here`,
  );
  return startLoad({ ...served(), perSecond, run });
}

function processes() {
  return started.bank.processes ?? assert.fail('these tests are for the bank of many processes');
}

async function rowsOf<Row extends object>(
  service: ServiceName,
  query: string,
  values: readonly unknown[] = [],
): Promise<Row[]> {
  const client = new Client({ connectionString: started.bank.databaseUrls[service] ?? '' });
  await client.connect();
  try {
    return (await client.query<Row>(query, [...values])).rows;
  } finally {
    await client.end();
  }
}

async function killAll(service: ServiceName): Promise<void> {
  const replicas = processes().replicas(service);
  for (const replica of replicas) process.kill(replica.pid() ?? assert.fail(`${service} runs`), 'SIGKILL');
  // Their ends are noticed an instant later; only then is there a restart to wait for.
  await Promise.all(replicas.map((replica) => replica.restarted()));
}

async function killPostgres(): Promise<void> {
  const { pid } = started.bank.postgres;
  process.kill(pid, 'SIGKILL');
  await until('Postgres is started again', () => started.bank.postgres.pid !== pid);
}

const faults: readonly (readonly [string, () => Promise<void>])[] = [
  ...(Object.keys(services) as ServiceName[]).map(
    (service) => [`kill -9 of ${service}`, () => killAll(service)] as const,
  ),
  [
    'kill -9 of Redis',
    async () => {
      await redis.kill();
      await setTimeout(redisAwayMs);
      await redis.restart();
    },
  ],
  ['FLUSHALL', () => redis.flush()],
  ['kill -9 of Postgres', killPostgres],
  ['kill -9 of Postgres again', killPostgres],
];

test('under a steady load every part is killed in turn, and nothing is lost or doubled', async (t) => {
  const run = `chaos-${crypto.randomUUID()}-`;
  await using load = loadFor(t, run, wantedPerSecond);
  await setTimeout(betweenFaultsMs);
  for (const [what, strike] of faults) {
    const at = performance.now();
    const { length: before } = load.orders;
    await strike();
    t.diagnostic(`${what}: back after ${((performance.now() - at) / 1000).toFixed(1)} s, order ${before}`);
    await setTimeout(betweenFaultsMs);
  }
  const lastFaultAt = performance.now();
  await load.finish(finishedWithinMs);
  const seconds = ((performance.now() - lastFaultAt) / 1000).toFixed(1);
  const resumed = load.orders.reduce((sum, { story }) => sum + (story?.resumed ?? 0), 0);
  const failed = load.orders.reduce((sum, { failures }) => sum + failures.length, 0);
  t.diagnostic(
    `${load.orders.length} orders, ${failed} answers were faults, ${resumed} subscriptions resumed; all ended ${seconds} s after the last fault`,
  );
  assert.ok(
    load.orders.length > steadyRate(wantedPerSecond, capacity) * faults.length,
    'the load went on through all faults',
  );
  for (const { clientOrderId, story } of load.orders) {
    const sequences = story?.events.map(({ sequence }) => sequence) ?? [];
    assert.deepEqual(
      sequences,
      sequences.map((_, index) => index + 1),
      clientOrderId,
    );
    assert.equal(story?.events.at(-1)?.type, 'ORDER_COMPLETED', clientOrderId);
  }
  const orderIds = load.orders.map(({ orderId }) => orderId);
  await until('each customer has a notification of each order', async () => {
    const [row] = await rowsOf<{ count: number }>(
      'notifications',
      'select count(*)::int as count from notification where order_id = any($1)',
      [orderIds],
    );
    return row?.count === orderIds.length;
  });
  await assertAllAddsUp({
    run,
    sent: load.orders,
    sessions: load.sessions,
    exchange,
    ledgerUrl: started.bank.databaseUrls['accounts'] ?? '',
    dataDir: started.dataDir,
    givenUpAtMost: Math.ceil(givenUpShare * load.orders.length),
  });
});

test('one of two replicas of orders is lost for good, and the other ends its sagas within a lease and a second', async (t) => {
  await exchange.set({ delayMs: 300 });
  const run = `lost-${crypto.randomUUID()}-`;
  await using load = loadFor(t, run, wantedPerSecondWhenOneIsLost);
  await setTimeout(2_000);
  const [lost] = processes().replicas('orders');
  assert.ok(lost);
  // A saga that waits for the exchange is nobody's; the moment to strike is one in which the lost one has some to lose.
  await until('both replicas hold sagas', async () => {
    const owners = await rowsOf('orders', 'select distinct lease_owner from saga where lease_until > now()');
    return owners.length === 2;
  });
  const lostAt = Date.now();
  const open = load.orders.filter(({ orderId, story }) => orderId !== undefined && story === undefined);
  await processes().lose(lost);
  await load.finish(finishedWithinMs);
  const sessions = [...load.sessions.values()];
  const ends = await Promise.all(
    open.map(async ({ username, orderId = '' }) => {
      const session = load.sessions.get(username) ?? sessions[0];
      const { completedAt } = await session!
        .data<{ order: { completedAt: string } }>('query End($id: ID!) { order(id: $id) { completedAt } }', {
          id: orderId,
        })
        .then(({ order }) => order);
      return Date.parse(completedAt) - lostAt;
    }),
  );
  t.diagnostic(
    `${open.length} orders were open; the last of them ended ${Math.max(...ends)} ms after the kill`,
  );
  // At least as many as arrive in a quarter of a second.
  assert.ok(
    open.length >= steadyRate(wantedPerSecondWhenOneIsLost, capacity) / 4,
    `only ${open.length} were open`,
  );
  assert.ok(
    Math.max(...ends) <= takenOverWithinMs,
    `the last one ended ${Math.max(...ends)} ms after the kill`,
  );
  assert.equal(processes().replicas('orders').length, 1);
  await exchange.set({ delayMs: 0 });
});
