// How a saga moves: forward, backward, waiting and woken. Against a real Postgres.

import { strict as assert } from 'node:assert';
import { AsyncLocalStorage } from 'node:async_hooks';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { beginTrip, tripRunner, untilStatus, viewOne } from './saga-test.fixture.ts';
import { addFact, effectsOf, insertTripRow, loadTrip, plainStory, tripDatabase } from './trip.fixture.ts';

test('carries a saga through its steps and its ending, and shows each as done', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db);
  await beginTrip(trips.db, runner, 'a');
  const view = await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
  assert.equal(view.step, null);
  assert.deepEqual(
    view.steps.map(({ name, state, attempts }) => [name, state, attempts]),
    [
      ['check', 'DONE', 1],
      ['seat', 'DONE', 1],
      ['room', 'DONE', 1],
      ['approve', 'DONE', 1],
      ['pay', 'DONE', 1],
      ['tickets', 'DONE', 2],
      ['tell', 'DONE', 1],
    ],
  );
});

test('sends one statement for each move besides the business’s own', async () => {
  const sent: string[] = [];
  await using trips = await tripDatabase((name) => sent.push(name));
  await using runner = tripRunner(trips.db, {}, { pollMs: 60_000 });
  await beginTrip(trips.db, runner, 'a');
  await until('the saga is done', async () => (await loadTrip(trips.db, 'a')).facts.includes('tell'));
  await runner.stop();
  const own = sent.filter((name) => name.startsWith('saga.') && !/claim-due|release/.test(name));
  assert.deepEqual(own, ['saga.insert', ...plainStory.map(() => 'saga.move')]);
});

test('compensates in reverse order when a step is refused, and then runs the ending', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db);
  await beginTrip(trips.db, runner, 'a', 'refuse:approve');
  const view = await untilStatus(runner, 'a', 'DONE');
  const { facts } = await loadTrip(trips.db, 'a');
  assert.deepEqual(facts, ['check', 'seat', 'room', 'approve refused', 'cancel-room', 'cancel-seat', 'tell']);
  assert.deepEqual(
    view.steps.map(({ state }) => state),
    ['DONE', 'COMPENSATED', 'COMPENSATED', 'FAILED', 'PENDING', 'PENDING', 'DONE'],
  );
});

test('a wake with an abort turns a waiting saga backwards before the pivot', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db);
  await beginTrip(trips.db, runner, 'a', 'wait');
  assert.equal((await untilStatus(runner, 'a', 'WAITING')).step, 'approve');
  await trips.db.transaction(async (tx) => {
    await addFact(tx, 'a', 'canceled');
    await runner.wake(tx, 'a');
  });
  runner.nudge('a');
  await untilStatus(runner, 'a', 'DONE');
  const { facts } = await loadTrip(trips.db, 'a');
  assert.deepEqual(facts, ['check', 'seat', 'room', 'canceled', 'cancel-room', 'cancel-seat', 'tell']);
});

test('undoes also the step whose command was under way when the abort came', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db, {
    async beforeExecute(trip, act) {
      if (act !== 'room') return;
      await trips.db.transaction(async (tx) => {
        await addFact(tx, trip.id, 'canceled');
        await runner.wake(tx, trip.id);
      });
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  const { facts } = await loadTrip(trips.db, 'a');
  assert.deepEqual(facts, ['check', 'seat', 'canceled', 'room', 'cancel-room', 'cancel-seat', 'tell']);
});

test('ignores an abort once it stands at the pivot', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db, {
    async beforeExecute(trip, act) {
      if (act !== 'pay') return;
      await trips.db.transaction(async (tx) => {
        await addFact(tx, trip.id, 'canceled');
        await runner.wake(tx, trip.id);
      });
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  const { facts } = await loadTrip(trips.db, 'a');
  assert.deepEqual(facts, [...plainStory.slice(0, 4), 'canceled', 'pay', 'ticket-1', 'ticket-2', 'tell']);
});

test('stands at the pivot in its row before the pivot’s command is sent, also after steps that needed none', async () => {
  await using trips = await tripDatabase();
  const standing: (string | null)[] = [];
  await using runner = tripRunner(trips.db, {
    async beforeExecute(trip, act) {
      if (act === 'pay') standing.push((await viewOne(runner, trip.id)).step);
    },
  });
  await beginTrip(trips.db, runner, 'a', 'wait');
  await untilStatus(runner, 'a', 'WAITING');
  await trips.db.transaction(async (tx) => {
    await addFact(tx, 'a', 'approve'); // So that the step has nothing left to do.
    await runner.wake(tx, 'a');
  });
  runner.nudge('a');
  await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual(standing, ['pay']);
});

test('does not begin a saga whose transaction rolled back', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db);
  const refused = trips.db.transaction(async (tx) => {
    await insertTripRow(tx, 'a');
    await runner.begin(tx, 'a');
    throw new Error('the caller changed its mind');
  });
  await assert.rejects(refused, /changed its mind/);
  runner.nudge('a');
  await beginTrip(trips.db, runner, 'b');
  await untilStatus(runner, 'b', 'DONE');
  assert.deepEqual(await runner.view(['a']), []);
  assert.deepEqual(await effectsOf(trips.db, 'a'), []);
});

test('works outside the context of the request that nudged it', async () => {
  await using trips = await tripDatabase();
  const request = new AsyncLocalStorage<string>();
  const seen: (string | undefined)[] = [];
  await using runner = tripRunner(trips.db, { beforeExecute: () => void seen.push(request.getStore()) });
  await request.run('a request with a deadline', () => beginTrip(trips.db, runner, 'a'));
  await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual(new Set(seen), new Set([undefined]));
});

test('runs no more sagas at a time than it was given room for, and all of them in the end', async () => {
  await using trips = await tripDatabase();
  let busy = 0;
  let most = 0;
  const hooks = {
    beforeExecute: () => void (most = Math.max(most, (busy += 1))),
    afterExecute: () => void (busy -= 1),
  };
  await using runner = tripRunner(trips.db, hooks, { concurrency: 3 });
  const ids = Array.from({ length: 20 }, (_, index) => `trip-${index}`);
  await Promise.all(ids.map((id) => beginTrip(trips.db, runner, id)));
  await until('all are done', async () => (await runner.view(ids)).every(({ status }) => status === 'DONE'));
  assert.equal(most, 3);
});

test('tells of each reply once, after its commit, and never of one that was rolled back', async () => {
  await using trips = await tripDatabase();
  let faults = 2;
  const told: string[] = [];
  const committed: Promise<string[]>[] = [];
  await using runner = tripRunner(trips.db, {
    recording(_id, reply) {
      if (reply === 'ticket-1' && faults-- > 0) throw new Error('the disk is full');
    },
    recorded({ id, facts }) {
      told.push(facts.at(-1) ?? '');
      // Another connection sees only what has been committed by now.
      committed.push(
        loadTrip(trips.db, id).then((seen) => facts.filter((fact) => !seen.facts.includes(fact))),
      );
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  await until('the last reply was told', () => told.length >= plainStory.length);
  assert.deepEqual(told, plainStory);
  assert.deepEqual((await Promise.all(committed)).flat(), []);
});

test('goes on when telling of a reply fails', async () => {
  await using trips = await tripDatabase();
  await using runner = tripRunner(trips.db, {
    recorded() {
      throw new Error('nobody listens');
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
});
