// The database as stores use it: exact values, transactions, and what the callers see when the connection
// or their deadline goes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { testDatabase } from '@simplebank/testkit';
import { DatabaseUnavailable, DeadlineExceeded } from './database-faults.ts';
import { sql, type Database, type Queryable } from './database.ts';
import { openDatabase } from './open-database.ts';

const PATIENCE_MS = 10_000;
const createCounter = sql('test.create', 'create table counter (id int primary key, value bigint not null)');
const insertCounter = sql('test.insert', 'insert into counter values ($1, $2)');
const readCounters = sql('test.read', 'select id, value from counter order by id');
const sleepStatement = sql('test.sleep', 'select pg_sleep($1)');
const backendPid = sql('test.pid', 'select pg_backend_pid() as pid');
const terminate = sql('test.terminate', 'select pg_terminate_backend($1)');
const notify = sql('test.notify', 'select pg_notify($1, $2)');

test('numbers stay exact and dates stay on their day, also in arrays', async () => {
  await using given = await testDatabase();
  const most = 9_223_372_036_854_775_807n;
  const [row] = await given.db.query(
    sql(
      'test.exact',
      `select $1::bigint as big, $2::bigint[] as bigs, 0.10::numeric as price, array[1.50::numeric, null] as prices,
              date '2026-03-01' as day, count(*) as count, $3::timestamptz as at, $4::jsonb as body, $5::text[] as texts`,
    ),
    [most, [1n, null, -2n], new Date(0), { a: [1] }, ['a,b', '"']],
  );
  assert.deepEqual(row, {
    big: most,
    bigs: [1n, null, -2n],
    price: '0.10',
    prices: ['1.50', null],
    day: '2026-03-01',
    count: 1n,
    at: new Date(0),
    body: { a: [1] },
    texts: ['a,b', '"'],
  });
});

test('a transaction commits all or nothing', async () => {
  await using given = await testDatabase();
  await given.db.query(createCounter);
  await given.db.transaction(async (tx) => {
    await Promise.all([tx.query(insertCounter, [1, 1n]), tx.query(insertCounter, [2, 2n])]);
  });
  const failure = new Error('changed my mind');
  await assert.rejects(
    given.db.transaction(async (tx) => {
      await tx.query(insertCounter, [3, 3n]);
      throw failure;
    }),
    failure,
  );
  const expected = [
    { id: 1, value: 1n },
    { id: 2, value: 2n },
  ];
  assert.deepEqual(await given.db.query(readCounters), expected);
});

test('a mistake in SQL passes with its SQLSTATE and leaves the connection usable', async () => {
  await using given = await testDatabase();
  const db = openDatabase({ url: given.url, service: 'one-connection', poolSize: 1 });
  await db.query(createCounter);
  await db.query(insertCounter, [1, 1n]);
  const [before] = await db.query(backendPid);
  await assert.rejects(db.query(insertCounter, [1, 1n]), { code: '23505' });
  await assert.rejects(
    db.transaction((tx) => tx.query(insertCounter, [1, 1n])),
    { code: '23505' },
  );
  assert.deepEqual(await db.query(backendPid), [before]);
  await db.close();
});

test('a transaction whose failed statement was ignored does not claim to have committed', async () => {
  await using given = await testDatabase();
  await given.db.query(createCounter);
  const work = given.db.transaction(async (tx) => {
    await tx.query(insertCounter, [1, 1n]);
    await tx.query(insertCounter, [1, 1n]).catch(() => undefined);
  });
  await assert.rejects(work, /nothing was committed/);
  assert.deepEqual(await given.db.query(readCounters), []);
});

test('a transaction handle cannot be used after its end', async () => {
  await using given = await testDatabase();
  let kept: Queryable | undefined;
  await given.db.transaction(async (tx) => void (kept = tx));
  await assert.rejects(async () => kept?.query(backendPid), /after its transaction had ended/);
});

test('statements are counted by name, begin and commit are not', async () => {
  const names: string[] = [];
  await using given = await testDatabase({ onStatement: (name) => names.push(name) });
  await given.db.transaction((tx) => tx.query(backendPid));
  await given.db.query(sleepStatement, [0]);
  assert.deepEqual(names, ['test.pid', 'test.sleep']);
});

test('a statement over the pool timeout is ended by the server', async () => {
  await using given = await testDatabase();
  const db = openDatabase({ url: given.url, service: 'impatient', statementTimeoutMs: 50 });
  await assert.rejects(db.query(sleepStatement, [10]), { code: '57014' });
  await db.close();
});

test('a statement past its deadline is cancelled at the server and its connection replaced', async () => {
  await using given = await testDatabase();
  let remaining: number | undefined;
  const db = openDatabase({ url: given.url, service: 'hurried', poolSize: 1, remainingMs: () => remaining });
  const [before] = await db.query<{ pid: number }>(backendPid);
  remaining = 100;
  await assert.rejects(db.query(sleepStatement, [30]), DeadlineExceeded);
  await until(async () => (await activeStatements(given.db, 'hurried')) === 0);
  remaining = 10_000;
  const [after] = await db.query<{ pid: number }>(backendPid);
  assert.notEqual(after?.pid, before?.pid);
  await db.close();
});

test('a transaction past its deadline is rolled back', async () => {
  await using given = await testDatabase();
  await given.db.query(createCounter);
  let remaining: number | undefined;
  const db = openDatabase({ url: given.url, service: 'hurried', poolSize: 1, remainingMs: () => remaining });
  const work = db.transaction(async (tx) => {
    await tx.query(insertCounter, [1, 1n]);
    remaining = 50;
    await tx.query(sleepStatement, [30]);
  });
  await assert.rejects(work, DeadlineExceeded);
  remaining = undefined;
  assert.deepEqual(await db.query(readCounters), []);
  await db.close();
});

test('the deadline counts while waiting for a connection, and the waiting connection is not lost', async () => {
  await using given = await testDatabase();
  let remaining: number | undefined;
  const db = openDatabase({ url: given.url, service: 'crowded', poolSize: 1, remainingMs: () => remaining });
  const long = db.query(sleepStatement, [0.5]);
  remaining = 50;
  await assert.rejects(db.query(backendPid), DeadlineExceeded);
  await long;
  remaining = 0;
  await assert.rejects(db.query(backendPid), DeadlineExceeded);
  remaining = undefined;
  assert.equal((await db.query(backendPid)).length, 1);
  await db.close();
});

test('a lost connection is a DatabaseUnavailable, and the next call gets a new one', async () => {
  await using given = await testDatabase();
  const db = openDatabase({ url: given.url, service: 'cut-off', poolSize: 1 });
  const [{ pid } = { pid: 0 }] = await db.query<{ pid: number }>(backendPid);
  const cut = assert.rejects(db.query(sleepStatement, [30]), DatabaseUnavailable);
  await until(async () => (await activeStatements(given.db, 'cut-off')) === 1);
  await given.db.query(terminate, [pid]);
  await cut;
  await assert.rejects(
    db.transaction(async (tx) => {
      const [mine] = await tx.query<{ pid: number }>(backendPid);
      await given.db.query(terminate, [mine?.pid]);
      await until(async () => (await connections(given.db, 'cut-off')) === 0);
    }),
    (error) => error instanceof DatabaseUnavailable && error.outcomeUnknown,
  );
  assert.equal((await db.query(backendPid)).length, 1);
  await db.close();
});

test('losing an idle connection is reported and ends nothing', async () => {
  await using given = await testDatabase();
  const errors: Error[] = [];
  const db = openDatabase({ url: given.url, service: 'idle', logError: (error) => errors.push(error) });
  const [{ pid } = { pid: 0 }] = await db.query<{ pid: number }>(backendPid);
  await given.db.query(terminate, [pid]);
  await until(() => errors.length > 0);
  assert.match(errors[0]?.message ?? '', /idle database connection/);
  assert.equal((await db.query(backendPid)).length, 1);
  await db.close();
});

test('a server that is not there is a DatabaseUnavailable', async () => {
  const db = openDatabase({ url: 'postgres://nobody:none@127.0.0.1:1/none', service: 'lonely' });
  await assert.rejects(db.query(backendPid), DatabaseUnavailable);
  await assert.rejects(
    db.listen('news', () => undefined),
    DatabaseUnavailable,
  );
  await db.close();
});

test('a listener hears every notification from the moment listen has resolved, until it is disposed', async () => {
  await using given = await testDatabase();
  const heard: string[] = [];
  const others: string[] = [];
  const listening = await given.db.listen('news', (payload) => heard.push(payload));
  await using other = await given.db.listen('news', (payload) => others.push(payload));
  await given.db.query(notify, ['news', 'one']);
  await until(() => heard.length === 1);
  await listening[Symbol.asyncDispose]();
  await given.db.query(notify, ['news', 'two']);
  await until(() => others.length === 2);
  assert.deepEqual([heard, others], [['one'], ['one', 'two']]);
  assert.ok(other);
});

test('a listener whose connection is lost is told once and then hears again', async () => {
  await using given = await testDatabase();
  const db = openDatabase({ url: given.url, service: 'listening' });
  const heard: string[] = [];
  await db.listen('news', (payload) => heard.push(payload));
  await given.db.query(
    sql('test.cut', 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1'),
    ['listening'],
  );
  await until(() => heard.length === 1);
  await given.db.query(notify, ['news', 'again']);
  await until(() => heard.length === 2);
  assert.deepEqual(heard, ['', 'again']);
  await db.close();
});

async function activeStatements(db: Database, service: string): Promise<number> {
  const rows = await db.query(
    sql('test.active', `select from pg_stat_activity where application_name = $1 and state = 'active'`),
    [service],
  );
  return rows.length;
}

async function connections(db: Database, service: string): Promise<number> {
  return (
    await db.query(sql('test.open', 'select from pg_stat_activity where application_name = $1'), [service])
  ).length;
}

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; !(await holds()); await sleep(10)) {
    assert.ok(Date.now() < end, `not within ${PATIENCE_MS} ms: ${holds.toString()}`);
  }
}
