// What happens when a participant fails: retries at exact times, giving up before the pivot, STUCK and resume.

import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { sql } from '@simplebank/chassis';
import { CommandRefused, SagaStuck } from './definition.ts';
import { beginTrip, tripRunner, untilStatus, viewOne } from './saga-test.fixture.ts';
import { effectsOf, loadTrip, plainStory, tripDatabase, tripSaga } from './trip.fixture.ts';

const selectDue = sql('test.due', `select due_at, attempts from saga where id = 'a'`);
const loseLease = sql(
  'test.lose-lease',
  `update saga set lease_until = '-infinity', lease_owner = 'dead', version = version + 1 where id = 'a'`,
);
const loseStep = sql('test.step-gone', `update saga set step = 'gone' where id = 'a'`);

test('tries again after 50, 100, 200 … 2,000 ms, not a millisecond earlier, and gives up at the eighth fault', async () => {
  let claims = 0;
  await using trips = await tripDatabase((name) => void (claims += name === 'saga.claim-due' ? 1 : 0));
  let now = Date.parse('2026-11-22T10:00:00Z');
  let tries = 0;
  const hooks = {
    beforeExecute(_trip: unknown, act: string) {
      if (act !== 'room') return;
      tries += 1;
      throw new Error('the hotel does not answer');
    },
  };
  await using runner = tripRunner(trips.db, hooks, { clock: () => new Date(now), limits: {}, pollMs: 1 });
  await beginTrip(trips.db, runner, 'a');
  const pauses: number[] = [];
  for (let attempt = 1; attempt < 8; attempt += 1) {
    let dueAt = new Date(0);
    await until(`fault ${attempt} is recorded`, async () => {
      const [row] = await trips.db.query<{ due_at: Date; attempts: number }>(selectDue);
      dueAt = row?.due_at ?? dueAt;
      return row?.attempts === attempt;
    });
    pauses.push(dueAt.getTime() - now);
    now = dueAt.getTime() - 1;
    const before = claims;
    await until('polling has looked', () => claims >= before + 3);
    assert.equal(tries, attempt, 'it is not due yet');
    now += 1;
  }
  assert.deepEqual(pauses, [50, 100, 200, 400, 800, 1_600, 2_000]);
  const view = await untilStatus(runner, 'a', 'DONE');
  assert.equal(tries, 8);
  const room = view.steps.find(({ name }) => name === 'room');
  assert.deepEqual([room?.state, room?.fault], ['FAILED', 'the hotel does not answer']);
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, [
    'check',
    'seat',
    'room refused',
    'cancel-seat',
    'tell',
  ]);
});

test('goes on after faults that pass, and shows the last one', async () => {
  await using trips = await tripDatabase();
  let faults = 3;
  await using runner = tripRunner(trips.db, {
    afterExecute(_trip, act) {
      if (act === 'seat' && faults-- > 0) throw new Error('the answer was lost');
    },
  });
  await beginTrip(trips.db, runner, 'a');
  const view = await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
  const { attempts, fault, state } = view.steps[1]!;
  assert.deepEqual({ attempts, fault, state }, { attempts: 4, fault: 'the answer was lost', state: 'DONE' });
  assert.equal(view.fault, null);
});

test('a fault while recording rolls the reply back and is tried again', async () => {
  await using trips = await tripDatabase();
  let faults = 2;
  await using runner = tripRunner(trips.db, {
    recording(_id, reply) {
      if (reply === 'ticket-1' && faults-- > 0) throw new Error('the disk is full');
    },
  });
  await beginTrip(trips.db, runner, 'a');
  await untilStatus(runner, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
  const calls = (await effectsOf(trips.db, 'a')).map((effect) => [effect.name, effect.calls]);
  assert.deepEqual(
    calls,
    plainStory.map((name) => [name, name === 'ticket-1' ? 3 : 1]),
  );
});

for (const act of ['pay', 'ticket-1', 'cancel-room', 'tell']) {
  test(`never gives up at ${act}: it becomes STUCK, tells of it, and goes on when it is resumed`, async () => {
    await using trips = await tripDatabase();
    let broken = true;
    const told: string[] = [];
    const hooks = {
      beforeExecute(_trip: unknown, tried: string) {
        if (broken && tried === act) throw new Error('it is closed for the day');
      },
    };
    const limits = {
      firstBackoffMs: 1,
      longestBackoffMs: 1,
      attemptsBeforeGivingUp: 2,
      attemptsBeforeStuck: 5,
    };
    const onStuck = (id: string, step: string): void => void told.push(`${id} ${step}`);
    await using runner = tripRunner(trips.db, hooks, { limits, onStuck });
    await beginTrip(trips.db, runner, 'a', act === 'cancel-room' ? 'refuse:approve' : 'plain');
    const view = await untilStatus(runner, 'a', 'STUCK');
    assert.equal(view.fault, 'it is closed for the day');
    const stuckAt = view.steps.find(({ name }) => name === view.step);
    assert.equal((stuckAt?.attempts ?? 0) >= 5, true);
    assert.deepEqual(told, [`a ${view.step}`]);
    assert.equal(await runner.resume('no such saga'), false);

    broken = false;
    assert.equal(await runner.resume('a'), true);
    await untilStatus(runner, 'a', 'DONE');
    assert.equal(await runner.resume('a'), false);
    assert.equal((await loadTrip(trips.db, 'a')).facts.at(-1), 'tell');
    assert.deepEqual(new Set((await effectsOf(trips.db, 'a')).map(({ calls }) => calls)), new Set([1]));
  });
}

test('is STUCK at once when the port says so', async () => {
  await using trips = await tripDatabase();
  let impossible = true;
  await using runner = tripRunner(trips.db, {
    recording(_id, reply) {
      if (impossible && reply === 'seat') throw new SagaStuck('a seat in a train that has left');
    },
  });
  await beginTrip(trips.db, runner, 'a');
  const view = await untilStatus(runner, 'a', 'STUCK');
  assert.deepEqual(
    [view.step, view.fault, view.steps[1]?.attempts],
    ['seat', 'a seat in a train that has left', 1],
  );

  impossible = false;
  await runner.resume('a');
  await untilStatus(runner, 'a', 'DONE');
});

/** As a program from before the tickets knew it. */
const olderSaga = { ...tripSaga, steps: tripSaga.steps.filter(({ name }) => name !== 'tickets') };

test('a step that only a newer program knows is left to its process, with all that stands in the log', async () => {
  await using trips = await tripDatabase();
  const held = Promise.withResolvers<void>();
  const gate = Promise.withResolvers<void>();
  await using newer = tripRunner(trips.db, {
    async beforeExecute(_trip, act) {
      if (act !== 'ticket-1') return;
      held.resolve();
      await gate.promise;
    },
  });
  await using atTheEnd = new AsyncDisposableStack();
  atTheEnd.defer(gate.resolve);
  await beginTrip(trips.db, newer, 'a');
  await held.promise;
  // As when the newer process hangs at that step.
  await trips.db.query(loseLease);
  await using older = tripRunner(trips.db, {}, { definition: olderSaga });
  await until('the older program has met the step', async () => {
    const { fault, status } = await viewOne(older, 'a');
    return fault === 'the definition has no step tickets' && status === 'RUNNING';
  });
  await using next = tripRunner(trips.db);
  const { steps } = await untilStatus(next, 'a', 'DONE');
  assert.deepEqual((await loadTrip(trips.db, 'a')).facts, plainStory);
  assert.equal(steps.find(({ name }) => name === 'seat')?.attempts, 1);
});

test('is STUCK in the end when no process knows the step', async () => {
  await using trips = await tripDatabase();
  const limits = { firstBackoffMs: 5, longestBackoffMs: 5, attemptsBeforeStuck: 3 };
  await using runner = tripRunner(trips.db, {}, { limits });
  await beginTrip(trips.db, runner, 'a', 'wait');
  await untilStatus(runner, 'a', 'WAITING');
  await trips.db.query(loseStep);
  await trips.db.transaction((tx) => runner.wake(tx, 'a'));
  const { fault } = await untilStatus(runner, 'a', 'STUCK');
  assert.equal(fault, 'the definition has no step gone');
});

test('is STUCK when a repeating step goes round in a circle', async () => {
  await using trips = await tripDatabase();
  const limits = { commandsPerStep: 1 };
  await using runner = tripRunner(trips.db, {}, { limits });
  await beginTrip(trips.db, runner, 'a');
  const view = await untilStatus(runner, 'a', 'STUCK');
  assert.deepEqual([view.step, view.fault], ['tickets', 'step tickets repeats without end']);
});

test('a command that is refused for good gives its step up at the first try, before the pivot', async () => {
  await using trips = await tripDatabase();
  let tries = 0;
  await using runner = tripRunner(trips.db, {
    beforeExecute(_trip, act) {
      if (act !== 'room') return;
      tries += 1;
      throw new CommandRefused('the hotel does not understand');
    },
  });
  await beginTrip(trips.db, runner, 'a');
  const view = await untilStatus(runner, 'a', 'DONE');
  assert.equal(tries, 1);
  const room = view.steps.find(({ name }) => name === 'room');
  assert.deepEqual([room?.state, room?.fault], ['FAILED', 'the hotel does not understand']);
  assert.equal((await loadTrip(trips.db, 'a')).facts.at(-1), 'tell');
});

for (const act of ['pay', 'ticket-1', 'cancel-room']) {
  test(`a command that is refused for good makes the saga STUCK at the first try, at ${act}`, async () => {
    await using trips = await tripDatabase();
    let tries = 0;
    await using runner = tripRunner(trips.db, {
      beforeExecute(_trip, tried) {
        if (tried !== act) return;
        tries += 1;
        throw new CommandRefused('nobody understands');
      },
    });
    await beginTrip(trips.db, runner, 'a', act === 'cancel-room' ? 'refuse:approve' : 'plain');
    const { fault } = await untilStatus(runner, 'a', 'STUCK');
    assert.deepEqual([tries, fault], [1, 'nobody understands']);
  });
}
