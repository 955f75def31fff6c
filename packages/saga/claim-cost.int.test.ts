// What claiming and renewing read of the table: as much as is claimed, however many sagas are done.
import { sql, type Database } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { SagaStore } from './saga-store.ts';
import { tripDatabase } from './trip.fixture.ts';

/** Far more than a few claims touch, and far less than one look at every saga that is done. */
const fewReads = 200n;

const insertDone = sql(
  'test.done',
  `insert into saga (definition, id, phase, step, status)
   select 'trip', 'done-' || n, 'ending', 'tell', 'DONE' from generate_series($1::int, $2::int) n`,
);
const makeDue = sql(
  'test.due',
  `insert into saga (definition, id, phase, step, status, due_at)
   select 'trip', id, 'forward', 'check', 'RUNNING', '-infinity' from unnest($1::text[]) id`,
);
const flushCounts = sql('test.flush-counts', 'select pg_stat_force_next_flush()');
const reads = sql(
  'test.reads',
  `select seq_tup_read + idx_scan + idx_tup_fetch as reads from pg_stat_user_tables where relname = 'saga'`,
);
const analyse = sql('test.analyse', 'do $$ begin analyze saga; end $$');

async function readsOf(db: Database, work: () => Promise<void>): Promise<bigint> {
  const count = async (): Promise<bigint> => {
    await db.query(flushCounts);
    return (await db.query<{ reads: bigint }>(reads))[0]?.reads ?? 0n;
  };
  const before = await count();
  await work();
  return (await count()) - before;
}

test('reads as few rows when thousands of sagas are done as when none is, with and without statistics', async () => {
  await using trips = await tripDatabase();
  const { db } = trips;
  const store = new SagaStore({
    database: db,
    definition: 'trip',
    owner: 'me',
    leaseMs: 3_000,
    clock: undefined,
  });
  let round = 0;
  const claims = async (): Promise<void> => {
    const ids = ['a', 'b', 'c', 'd'].map((name) => `${name}-${(round += 1)}`);
    await db.query(makeDue, [ids]);
    assert.equal((await store.claimNamed(ids.slice(0, 2))).length, 2);
    assert.equal((await store.claimDue(['nobody'], 32)).length, 2);
    assert.equal((await store.renew(ids)).length, 4);
  };
  // So often that the plans are kept which were made for a small table.
  for (let time = 0; time < 10; time += 1) await claims();
  await db.query(insertDone, [1, 5_000]);
  const without = await readsOf(db, claims);
  assert.ok(without < fewReads, `${without} reads without statistics`);
  await db.query(analyse);
  const withStatistics = await readsOf(db, claims);
  assert.ok(withStatistics < fewReads, `${withStatistics} reads with statistics`);
});
