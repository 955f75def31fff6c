import { test } from 'node:test';
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { percentile, spreadOf } from './percentiles.ts';

const oneToHundred = Array.from({ length: 100 }, (_, index) => index + 1);

test('of one to a hundred the 50th percentile is 50 and the 99th is 99', () => {
  assert.deepEqual(spreadOf(oneToHundred), { count: 100, p50: 50, p90: 90, p99: 99, max: 100 });
});

test('with fewer than a hundred values the 99th percentile is the largest', () => {
  assert.equal(percentile([1, 2, 700], 99), 700);
});

test('one value is every percentile, and no value has none', () => {
  assert.deepEqual(spreadOf([7]), { count: 1, p50: 7, p90: 7, p99: 7, max: 7 });
  assert.equal(spreadOf([]), undefined);
  assert.throws(() => percentile([], 50), /at least one value/);
});

test('values are sorted as numbers, not as text', () => {
  assert.equal(spreadOf([10, 9, 100])?.max, 100);
  assert.equal(spreadOf([10, 9, 100])?.p50, 10);
});

test('a percentile is one of the values, and as many as it says do not exceed it', () => {
  const values = fc.array(fc.integer({ min: 0, max: 1000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.integer({ min: 1, max: 100 }), (given, percent) => {
      const sorted = given.toSorted((a, b) => a - b);
      const found = percentile(sorted, percent);
      assert.ok(sorted.includes(found));
      const below = sorted.filter((value) => value <= found).length;
      assert.ok(below >= (percent / 100) * sorted.length);
      const strictlyBelow = sorted.filter((value) => value < found).length;
      assert.ok(strictlyBelow < (percent / 100) * sorted.length);
    }),
  );
});
