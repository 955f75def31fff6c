// The background loop: never two runs at once, no nudge lost, failures do not end it.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { eventually } from './events.fixture.ts';
import { startLoop } from './loop.ts';

const LONG_MS = 60_000;

test('a nudge during a run leads to another run after it, never beside it', async () => {
  let running = 0;
  let runs = 0;
  const first = Promise.withResolvers<void>();
  const loop = startLoop({
    async run() {
      running += 1;
      assert.equal(running, 1);
      runs += 1;
      await first.promise;
      running -= 1;
      return LONG_MS;
    },
    onError: (error) => assert.fail(String(error)),
  });
  await eventually(() => runs === 1, 'the first run');
  loop.nudge();
  loop.nudge();
  first.resolve();
  await eventually(() => runs === 2, 'the second run');
  loop.nudge();
  await eventually(() => runs === 3, 'the third run');
  await loop.stop();
  assert.equal(runs, 3);
});

test('the first run comes after the one who starts the loop has it in hand', async () => {
  let inHand = false;
  const ran = Promise.withResolvers<boolean>();
  const loop = startLoop({
    async run() {
      ran.resolve(inHand);
      return LONG_MS;
    },
    onError: () => undefined,
  });
  inHand = true;
  assert.equal(await ran.promise, true);
  await loop.stop();
});

test('a run that says 0 is followed by the next at once', async () => {
  let runs = 0;
  const loop = startLoop({ run: async () => (++runs < 50 ? 0 : LONG_MS), onError: () => undefined });
  await eventually(() => runs === 50, 'all runs');
  await loop.stop();
});

test('a failure is told and the loop goes on', async () => {
  let runs = 0;
  const errors: unknown[] = [];
  const loop = startLoop({
    async run() {
      runs += 1;
      if (runs === 1) throw new Error('once');
      return LONG_MS;
    },
    onError: (error) => void errors.push(error),
  });
  await eventually(() => runs === 2, 'the run after the failure');
  await loop.stop();
  assert.equal(errors.length, 1);
});

test('stop waits for the run that is under way', async () => {
  const work = Promise.withResolvers<void>();
  let begun = false;
  let ended = false;
  const loop = startLoop({
    async run() {
      begun = true;
      await work.promise;
      ended = true;
      return 0;
    },
    onError: () => undefined,
  });
  await eventually(() => begun, 'the run to begin');
  const stopped = loop.stop();
  work.resolve();
  await stopped;
  assert.equal(ended, true);
});
