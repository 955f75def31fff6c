// Nothing is lost or done twice when processes die, share the work, lose their leases or stop.

import { openDatabase, sql } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { fileURLToPath } from 'node:url';
import { isCompensation, momentsOfDeath, refusedStory } from './moments-of-death.fixture.ts';
import { beginTrip, tripRunner, untilStatus } from './saga-test.fixture.ts';
import { effectsOf, insertTripRow, loadTrip, plainStory, tripDatabase, tripPort } from './trip.fixture.ts';

const CHILD_PATIENCE_MS = 30_000;
const selectLease = sql(
  'test.lease',
  `select lease_owner, lease_until, statement_timestamp() as now from saga where id = 'a'`,
);
const stealLease = sql(
  'test.steal',
  `update saga set lease_owner = 'thief', lease_until = statement_timestamp() + interval '1 hour', version = version + 1
   where id = 'a'`,
);
const endLease = sql('test.end-lease', `update saga set lease_until = '-infinity' where id = 'a'`);

interface Lease {
  lease_owner: string | null;
  lease_until: Date | null;
  now: Date;
}

test('kill -9 at every step: another runner finishes each saga, and each effect happens once', async () => {
  await using trips = await tripDatabase();
  const script = fileURLToPath(new URL('killed-worker.fixture.ts', import.meta.url));
  const worker = spawn(process.execPath, [script, trips.url, '500'], {
    stdio: ['ignore', 'ignore', 'inherit'],
    timeout: CHILD_PATIENCE_MS,
    killSignal: 'SIGTERM',
  });
  const [, signal] = await once(worker, 'exit');
  assert.equal(signal, 'SIGKILL', 'the worker held every saga at its moment, and died');

  await using runner = tripRunner(trips.db);
  await until('all are done', async () =>
    (await runner.view(momentsOfDeath)).every(({ status }) => status === 'DONE'),
  );
  assert.equal((await runner.view(momentsOfDeath)).length, 40);
  for (const id of momentsOfDeath) {
    const story = isCompensation(id) ? refusedStory : plainStory;
    assert.deepEqual((await loadTrip(trips.db, id)).facts, story, `the replies recorded for ${id}`);
    const [moment, act] = id.split(':');
    const calledTwice = moment === 'executed' || moment === 'recording';
    const expected = story
      .filter((name) => !name.endsWith('refused'))
      .map((name) => ({ name, calls: name === act && calledTwice ? 2 : 1 }));
    assert.deepEqual(await effectsOf(trips.db, id), expected, `the effects of ${id}`);
  }
});

test('two runners share 200 sagas of a third that stopped: none is lost, none done twice', async () => {
  await using trips = await tripDatabase();
  await using otherDb = openDatabaseFor(trips.url);
  const ids = Array.from({ length: 200 }, (_, index) => `trip-${index}`);
  const first = tripRunner(trips.db, {}, { pollMs: 60_000 });
  await trips.db.transaction(async (tx) => {
    for (const id of ids)
      await insertTripRow(tx, id, Number(id.slice(5)) % 4 === 0 ? 'refuse:approve' : 'plain');
    await first.begin(tx, ...ids);
  });
  await first.stop();

  const done = { one: 0, other: 0 };
  const count = (who: keyof typeof done) => ({ beforeExecute: () => void (done[who] += 1) });
  await using one = tripRunner(trips.db, count('one'), { concurrency: 8 });
  await using other = tripRunner(otherDb.db, count('other'), { concurrency: 8 });
  // Nudges of both, crosswise, are hints; they must do no harm.
  for (const runner of [one, other]) ids.forEach((id) => runner.nudge(id));
  await until('all are done', async () => (await one.view(ids)).every(({ status }) => status === 'DONE'));
  assert.equal((await other.view(ids)).length, 200);
  assert.equal(done.one > 0 && done.other > 0, true, 'both worked');
  for (const [index, id] of ids.entries()) {
    assert.deepEqual((await loadTrip(trips.db, id)).facts, index % 4 === 0 ? refusedStory : plainStory);
    assert.deepEqual(new Set((await effectsOf(trips.db, id)).map(({ calls }) => calls)), new Set([1]));
  }
});

test('a runner that has lost its lease records nothing', async () => {
  await using trips = await tripDatabase();
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  let recordings = 0;
  await using runner = tripRunner(trips.db, {
    async afterExecute(_trip, act) {
      if (act !== 'seat' || recordings > 0) return;
      arrived.resolve();
      await gate.promise;
    },
    recording: (_id, reply) => void (recordings += reply === 'seat' ? 1 : 0),
  });
  await beginTrip(trips.db, runner, 'a');
  await arrived.promise;
  await trips.db.query(stealLease);
  gate.resolve();
  await until('it has tried to record', () => recordings === 1);
  await runner.stop();
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, ['check'], 'the record was rolled back');

  await trips.db.query(endLease);
  await using next = tripRunner(trips.db);
  await untilStatus(next, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
});

test('keeps its lease while a command takes longer than the lease', async () => {
  await using trips = await tripDatabase();
  await using otherDb = openDatabaseFor(trips.url);
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await using runner = tripRunner(
    trips.db,
    {
      async beforeExecute(_trip, act) {
        if (act !== 'room') return;
        arrived.resolve();
        await gate.promise;
      },
    },
    { leaseMs: 300 },
  );
  await beginTrip(trips.db, runner, 'a');
  await arrived.promise;
  let others = 0;
  await using eager = tripRunner(otherDb.db, { beforeExecute: () => void (others += 1) });
  eager.nudge('a');
  const [atFirst] = await trips.db.query<Lease>(selectLease);
  await until('the first lease has passed', async () => {
    const [lease] = await trips.db.query<Lease>(selectLease);
    return lease!.now.getTime() > atFirst!.lease_until!.getTime() + 100;
  });
  gate.resolve();
  await untilStatus(runner, 'a', 'DONE');
  assert.equal(others, 0);
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
});

test('begins no command after its lease has run out, as when the process was paused', async () => {
  await using trips = await tripDatabase();
  const base = tripPort(trips.db);
  const leaseMs = 200;
  let loads = 0;
  const port: typeof base = {
    ...base,
    async load(id) {
      const trip = await base.load(id);
      loads += 1;
      // Blocks this process, its renewals included, for longer than the lease.
      if (loads === 1) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, leaseMs + 50);
      return trip;
    },
  };
  await using runner = tripRunner(trips.db, {}, { leaseMs, port });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  assert.equal(loads, 2, 'it had to claim the saga and look at it again');
});

test('stop finishes the running command, begins no other, and gives the lease back at once', async () => {
  await using trips = await tripDatabase();
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const runner = tripRunner(trips.db, {
    async beforeExecute(_trip, act) {
      if (act !== 'seat') return;
      arrived.resolve();
      await gate.promise;
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await arrived.promise;
  const stopped = runner.stop();
  gate.resolve();
  await stopped;
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, ['check', 'seat']);
  const [lease] = await trips.db.query<Lease>(selectLease);
  assert.equal(lease?.lease_owner, null);

  await using next = tripRunner(trips.db);
  await untilStatus(next, 'a', 'DONE');
  assert.deepEqual(new Set((await effectsOf(trips.db, 'a')).map(({ calls }) => calls)), new Set([1]));
});

/** The database of a second process, as it were. */
function openDatabaseFor(url: string): AsyncDisposable & { db: ReturnType<typeof openDatabase> } {
  const db = openDatabase({ url, service: 'another-process' });
  return { db, [Symbol.asyncDispose]: () => db.close() };
}
