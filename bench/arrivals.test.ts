import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { seededRandom } from '../e2e/seeded-random.ts';
import { arrivalTimes } from './arrivals.ts';

test('exactly rate times seconds orders arrive, in order, within the run', () => {
  const plan = fc.record({
    rate: fc.integer({ min: 1, max: 300 }),
    seconds: fc.integer({ min: 1, max: 30 }),
  });
  fc.assert(
    fc.property(plan, fc.integer(), ({ rate, seconds }, seed) => {
      const times = arrivalTimes({ rate, seconds }, seededRandom(seed));
      assert.equal(times.length, rate * seconds);
      assert.deepEqual(
        times,
        times.toSorted((a, b) => a - b),
      );
      assert.ok(times.every((at) => at >= 0 && at < seconds * 1_000));
    }),
  );
});

test('the same seed gives the same moments, another seed others', () => {
  const plan = { rate: 50, seconds: 10 };
  assert.deepEqual(arrivalTimes(plan, seededRandom(7)), arrivalTimes(plan, seededRandom(7)));
  assert.notDeepEqual(arrivalTimes(plan, seededRandom(7)), arrivalTimes(plan, seededRandom(8)));
});

test('gaps are as irregular as those of independent customers', () => {
  const times = arrivalTimes({ rate: 100, seconds: 100 }, seededRandom(1));
  const gaps = times.slice(1).map((at, index) => at - (times[index] ?? 0));
  const mean = gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length;
  const variance = gaps.reduce((sum, gap) => sum + (gap - mean) ** 2, 0) / gaps.length;
  // Exponential gaps spread by their own mean; even ones would not spread at all.
  const coefficientOfVariation = Math.sqrt(variance) / mean;
  assert.ok(Math.abs(coefficientOfVariation - 1) < 0.05, String(coefficientOfVariation));
});
