import { test } from 'node:test';
import assert from 'node:assert/strict';
import type { LoadResult } from './load-messages.ts';
import { findSaturation } from './saturation.ts';

/** A bank that carries `capacity` orders a second, and completes the rest too late. */
const bankOf =
  (capacity: number, slowMs = 100) =>
  async (rate: number, seconds: number) => {
    const offered = rate * seconds;
    const inTime = Math.min(offered, capacity * seconds);
    return {
      offered,
      accepted: offered,
      completed: offered,
      completedInTime: inTime,
      events: 0,
      mostInFlight: 1,
      acceptMs: [],
      acceptFromSentMs: [],
      eventToSubscriberMs: [],
      lateMs: [],
      failures: {},
      completeMs: Array.from({ length: offered }, () => slowMs),
    } satisfies LoadResult;
  };

test('steps up until a rate builds up a backlog, and answers the last one that did not', async () => {
  const { rate, isBounded, steps } = await findSaturation({ firstRate: 40, seconds: 2, run: bankOf(70) });
  assert.deepEqual([rate, isBounded], [63, true]);
  assert.deepEqual(
    steps.map((step) => [step.rate, step.holds]),
    [
      [40, true],
      [50, true],
      [63, true],
      [79, false],
    ],
  );
});

test('a bank that is never exceeded is not said to be at its limit', async () => {
  const { rate, isBounded, steps } = await findSaturation({ firstRate: 10, seconds: 1, run: bankOf(1e6) });
  assert.equal(isBounded, false);
  assert.equal(rate, steps.at(-1)?.rate);
});

test('a rate whose orders take two seconds does not hold, though all complete', async () => {
  const { rate, isBounded } = await findSaturation({ firstRate: 10, seconds: 1, run: bankOf(1e6, 2_000) });
  assert.deepEqual([rate, isBounded], [undefined, true]);
});
