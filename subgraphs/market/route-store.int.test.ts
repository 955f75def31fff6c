import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { backgroundContext, DatabaseUnavailable, sql, type Database } from '@simplebank/chassis';
import { eventsMigrations } from '@simplebank/events';
import { price, quantity } from '@simplebank/money';
import { testDatabase } from '@simplebank/testkit';
import type { RouteMessage, RouteTerms } from './domain/route.ts';
import { holdSession } from './fix-session-store.ts';
import { writeFaultOf } from './report-faults.ts';
import { createReportQueue, type QueuedReport } from './report-queue.ts';
import { changeRoutes } from './route-changes.ts';
import { askForQuiet, claimDue, insertRoute, makeAllDue } from './route-store.ts';

const owner = '00000000-0000-7000-8000-000000000001';
const exchangeOrderId = 'X-1';

async function marketDatabase() {
  const own = { name: 'market', folder: new URL('./migrations/', import.meta.url) };
  const database = await testDatabase({ migrations: [{ name: 'events', folder: eventsMigrations }, own] });
  await holdSession(database.db, owner, 60_000);
  return database;
}

const resting: Omit<RouteTerms, 'orderId'> = {
  accountId: 'acc-1',
  symbol: 'ACME',
  side: 'SELL',
  orderType: 'LIMIT',
  timeInForce: 'DAY',
  quantity: quantity('100'),
  limitPrice: price('500.00'),
};

async function take(database: Database, orderId: string): Promise<void> {
  await insertRoute(database, { ...resting, orderId }, backgroundContext({ orderId }));
}

async function acknowledged(database: Database, ...orderIds: string[]): Promise<void> {
  for (const orderId of orderIds) {
    await take(database, orderId);
  }
  await claim(database);
  await apply(database, orderIds, { kind: 'acknowledged', exchangeOrderId });
}

async function apply(database: Database, orderIds: string[], message: RouteMessage): Promise<void> {
  await database.transaction((tx) =>
    changeRoutes(
      tx,
      orderIds.map((orderId) => ({ orderId, message })),
    ),
  );
}

async function claim(database: Database): Promise<string[]> {
  const due = await claimDue(database, { owner, patienceMs: 1_000, longestPatienceMs: 10_000, most: 10 });
  return due.map(({ route }) => route.terms.orderId);
}

async function contactedAgo(database: Database, seconds: number): Promise<void> {
  const statement = `update route set contacted_at = clock_timestamp() - $1 * interval '1 second'`;
  await database.query(sql('test.contacted', statement), [seconds]);
}

test('a cancel that gets no answer is repeated less and less often, and for ever', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1');
  assert.deepEqual(await claim(db), []);
  await apply(db, ['o-1'], { kind: 'cancelWanted' });
  assert.deepEqual(await claim(db), ['o-1']);
  for (const waitSeconds of [1, 2, 4, 8, 10, 10]) {
    await contactedAgo(db, waitSeconds - 0.5);
    assert.deepEqual(await claim(db), [], `${waitSeconds} s`);
    await contactedAgo(db, waitSeconds + 0.1);
    assert.deepEqual(await claim(db), ['o-1'], `${waitSeconds} s`);
  }
});

test('acknowledged orders are asked for once they have been quiet for long, and after a logon', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1', 'o-2');
  await apply(db, ['o-2'], { kind: 'canceled', exchangeOrderId });
  await askForQuiet(db, 30_000, 10);
  assert.deepEqual(await claim(db), []);
  await contactedAgo(db, 31);
  await askForQuiet(db, 30_000, 10);
  assert.deepEqual(await claim(db), ['o-1']);
  assert.deepEqual(await claim(db), []);
  await makeAllDue(db);
  await askForQuiet(db, 30_000, 10);
  assert.deepEqual(await claim(db), ['o-1']);
  assert.deepEqual(await claim(db), []);
});

test('after an answer that it is unknown an acknowledged order is soon asked for again', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1');
  await apply(db, ['o-1'], { kind: 'unknown', sends: 1 });
  assert.deepEqual(await claim(db), []);
  await contactedAgo(db, 1.1);
  assert.deepEqual(await claim(db), ['o-1']);
  await contactedAgo(db, 1.1);
  assert.deepEqual(await claim(db), []);
});

test('new orders go out before questions about old ones', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1');
  await makeAllDue(db);
  await askForQuiet(db, 30_000, 10);
  await take(db, 'o-2');
  const first = await claimDue(db, { owner, patienceMs: 1_000, longestPatienceMs: 10_000, most: 1 });
  assert.deepEqual(
    first.map(({ route }) => route.terms.orderId),
    ['o-2'],
  );
});

const fill = (executionId: string, cumulative: string): RouteMessage => ({
  kind: 'executed',
  exchangeOrderId,
  execution: {
    executionId,
    quantity: quantity('10'),
    price: price('120.00'),
    cumulative: quantity(cumulative),
    leaves: quantity('50'),
    executedAt: 1_700_000_000_000,
  },
});

const recorded = sql('test.recorded', 'select id from execution order by position');
const told = sql(
  'test.told',
  `select envelope ->> 'type' as type from outbox where envelope ->> 'type' = 'ExecutionReported'`,
);

test('reports whose commit was answered by a broken connection are recorded and told once', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1');
  let commits = 0;
  const queue = createReportQueue({
    async commit(reports) {
      await db.transaction((tx) =>
        changeRoutes(
          tx,
          reports.map(({ change }) => change),
        ),
      );
      commits += 1;
      // Committed, but the answer is lost.
      if (commits <= 2) throw new DatabaseUnavailable(new Error('gone'), true);
    },
    onFault: (error) => assert.ok(error instanceof DatabaseUnavailable),
    faultOf: writeFaultOf,
    onSkipped: (_report, error) => assert.ifError(error),
  });
  await queue.put(reportOf(1, fill('E-1', '10')));
  await queue.put(reportOf(2, fill('E-2', '20')));
  await queue.drained();
  assert.ok(commits > 2);
  assert.deepEqual(await db.query(recorded), [{ id: 'E-1' }, { id: 'E-2' }]);
  assert.equal((await db.query(told)).length, 2);
});

function reportOf(incomingSeq: number, message: RouteMessage): QueuedReport {
  return { incomingSeq, change: { orderId: 'o-1', message } };
}

test('a report that the database refuses costs none of those that came with it', async () => {
  await using database = await marketDatabase();
  const { db } = database;
  await acknowledged(db, 'o-1');
  const wrong = fill('E-2', '20');
  assert.ok(wrong.kind === 'executed');
  const priceless = { ...wrong, execution: { ...wrong.execution, price: price('0.00') } };
  const timeless = { ...wrong, execution: { ...wrong.execution, executedAt: Number.NaN } };
  const skipped: number[] = [];
  const queue = createReportQueue({
    commit: async (reports) => {
      await db.transaction((tx) =>
        changeRoutes(
          tx,
          reports.map(({ change }) => change),
        ),
      );
    },
    onFault: () => undefined,
    faultOf: writeFaultOf,
    onSkipped: ({ incomingSeq }) => skipped.push(incomingSeq),
  });
  for (const [index, message] of [fill('E-1', '10'), priceless, timeless, fill('E-3', '30')].entries()) {
    await queue.put(reportOf(index + 1, message));
  }
  await queue.drained();
  assert.deepEqual(skipped, [2, 3]);
  assert.deepEqual(await db.query(recorded), [{ id: 'E-1' }, { id: 'E-3' }]);
});
