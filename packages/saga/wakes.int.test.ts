// A wake is never lost, at whatever moment it comes. Polling is off in these tests, so that nothing else
// brings a saga on.

import type { Database } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import type { SagaRunner } from './saga-runner.ts';
import { beginTrip, tripRunner, untilStatus } from './saga-test.fixture.ts';
import { addFact, loadTrip, plainStory, tripDatabase, tripPort, type Trip } from './trip.fixture.ts';

const pollMs = 60_000;

/** An approval that no lock on the trip orders: the port reads it beside the trip. */
function approvalBeside(db: Database) {
  const base = tripPort(db);
  const approval = {
    given: false,
    async give(runner: SagaRunner): Promise<void> {
      approval.given = true;
      await db.transaction((tx) => runner.wake(tx, 'a'));
    },
    see: (trip: Trip): Trip => (approval.given ? { ...trip, facts: [...trip.facts, 'approve'] } : trip),
  };
  return { approval, base };
}

test('a wake that comes after the state was loaded and before the saga rests is not lost', async () => {
  await using trips = await tripDatabase();
  const { approval, base } = approvalBeside(trips.db);
  let late = false;
  const port: typeof base = {
    ...base,
    async load(id) {
      const seen = approval.see(await base.load(id));
      if (late && !approval.given) await approval.give(runner);
      return seen;
    },
    record: async (tx, id, reply) => approval.see(await base.record(tx, id, reply)),
  };
  await using runner: SagaRunner = tripRunner(trips.db, {}, { pollMs, port });
  await beginTrip(trips.db, runner, 'a', 'wait');
  await untilStatus(runner, 'a', 'WAITING');
  late = true;
  await trips.db.transaction((tx) => runner.wake(tx, 'a'));
  runner.nudge('a');
  await untilStatus(runner, 'a', 'DONE');
});

test('a wake that comes while the last reply before the rest is recorded is not lost', async () => {
  await using trips = await tripDatabase();
  const { approval, base } = approvalBeside(trips.db);
  const port: typeof base = {
    ...base,
    load: async (id) => approval.see(await base.load(id)),
    async record(tx, id, reply) {
      const seen = approval.see(await base.record(tx, id, reply));
      if (reply === 'room') await approval.give(runner);
      return seen;
    },
  };
  await using runner: SagaRunner = tripRunner(trips.db, {}, { pollMs, port });
  await beginTrip(trips.db, runner, 'a', 'wait');
  await untilStatus(runner, 'a', 'DONE');
});

test('a nudge that comes when the saga has just gone to rest, but its run has not ended, is not lost', async () => {
  await using trips = await tripDatabase();
  const { db } = trips;
  let woken = false;
  const database: Database = {
    query: (statement, values) => db.query(statement, values),
    listen: (channel, onNotification) => db.listen(channel, onNotification),
    close: () => db.close(),
    async transaction(work) {
      const result = await db.transaction(work);
      const [view] = await runner.view(['a']);
      if (view?.status === 'WAITING' && !woken) {
        woken = true;
        await approve(db, runner, 'a');
      }
      return result;
    },
  };
  await using runner: SagaRunner = tripRunner(db, {}, { pollMs, database });
  await beginTrip(db, runner, 'a', 'wait');
  await untilStatus(runner, 'a', 'DONE');
});

test('loses no wake: a saga that is woken at any moment around its going to rest looks again', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db, {}, { pollMs });
  const ids = Array.from({ length: 100 }, (_, index) => `trip-${index}`);
  await Promise.all(
    ids.map(async (id, index) => {
      await beginTrip(trips.db, runner, id, 'wait');
      // Some find it under way, some at the moment of its rest, some waiting.
      await until(`${id} has come so far`, async () => {
        const { facts } = await loadTrip(trips.db, id);
        return facts.length >= Math.min(3, index % 5);
      });
      await approve(trips.db, runner, id);
    }),
  );
  await until('all are done', async () => (await runner.view(ids)).every(({ status }) => status === 'DONE'));
  for (const id of ids) {
    const { facts } = await loadTrip(trips.db, id);
    assert.deepEqual(facts.toSorted(), plainStory.toSorted(), `the facts of ${id}`);
  }
});

test('a wake that another process is told of moves the saga there at once', async (t) => {
  await using trips = await tripDatabase();
  await using first = tripRunner(trips.db, {}, { pollMs });
  await using other = tripRunner(trips.db, {}, { pollMs });
  const times: number[] = [];
  for (let index = 0; index < 20; index += 1) {
    const id = `trip-${index}`;
    await beginTrip(trips.db, first, id, 'wait');
    await untilStatus(first, id, 'WAITING');
    const toldAt = performance.now();
    await approve(trips.db, other, id);
    await untilStatus(other, id, 'DONE');
    times.push(performance.now() - toldAt);
  }
  const median = times.toSorted((a, b) => a - b)[10];
  t.diagnostic(`from the wake to the end of the saga: median ${median?.toFixed(0)} ms`);
});

test('a wake that another process is told of reaches the process that has the lease', async () => {
  await using trips = await tripDatabase();
  const arrived = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  const hooks = {
    async beforeExecute(_trip: Trip, act: string) {
      if (act !== 'room') return;
      arrived.resolve();
      await gate.promise;
    },
  };
  await using first = tripRunner(trips.db, hooks, { pollMs });
  let moved = 0;
  await using other = tripRunner(trips.db, { beforeExecute: () => void (moved += 1) }, { pollMs });
  await beginTrip(trips.db, first, 'a', 'wait');
  await arrived.promise;
  await approve(trips.db, other, 'a');
  gate.resolve();
  await untilStatus(first, 'a', 'DONE');
  assert.equal(moved, 0, 'the saga stayed where its lease was');
});

async function approve(db: Database, runner: SagaRunner, id: string): Promise<void> {
  await db.transaction(async (tx) => {
    await addFact(tx, id, 'approve');
    await runner.wake(tx, id);
  });
  runner.nudge(id);
}
