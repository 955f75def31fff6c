import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Measured, ScenarioResult, Slice } from './results.ts';
import { median, percentile } from './statistics.ts';
import { summarise } from './summary.ts';
import { judge } from './targets.ts';

function slice(cpuSecondsAThousand: number): Slice {
  return {
    requests: 1_000,
    wrong: 1,
    seconds: 2,
    p50Ms: 3,
    p99Ms: 9,
    cpuMicroseconds: cpuSecondsAThousand * 1_000_000,
    subgraphRequests: 7_000,
    subgraphCpuMicroseconds: 100_000,
  };
}

function measured(name: string, kind: Measured['kind'], ...costs: number[]): Measured {
  const isOwn = name === 'simplebank';
  return { name, title: name, kind, isOwn, maxRssBytes: 200 * 2 ** 20, slices: costs.map(slice) };
}

function resultOf(...all: Measured[]): ScenarioResult {
  return {
    name: 'public-unshared',
    title: '',
    about: '',
    command: '',
    machine: '',
    commit: '',
    date: '',
    connections: 50,
    rounds: 3,
    sliceSeconds: 2,
    measured: all,
    leftOut: [],
  };
}

test('compares within a round, so that a slow round does not count against whoever it fell on', () => {
  const rows = summarise(
    resultOf(
      measured('simplebank', 'gateway', 1, 10, 1),
      measured('apollo', 'gateway', 9, 90, 12),
      measured('limit', 'limit', 0.5, 5, 0.5),
    ),
  );
  assert.deepEqual(
    rows.map(({ name, cpu, ratio, floorRatio }) => ({ name, cpu, ratio, floorRatio })),
    [
      { name: 'simplebank', cpu: 1, ratio: 1, floorRatio: 2 },
      { name: 'apollo', cpu: 12, ratio: 9, floorRatio: 18 },
      { name: 'limit', cpu: 0.5, ratio: 0.5, floorRatio: 1 },
    ],
  );
});

test('counts subgraph requests a request, requests a second and wrong answers', () => {
  const [row] = summarise(resultOf(measured('simplebank', 'gateway', 1, 2)));
  assert.equal(row?.subgraphRequests, 7);
  assert.equal(row?.requestsASecond, 500);
  assert.equal(row?.wrong, 2);
  assert.equal(row?.subgraphCpu, 0.1);
  assert.equal(row?.floorRatio, undefined);
});

test('says of each target whether it was reached, and nothing of what was not measured', () => {
  const rows = summarise(
    resultOf(
      measured('simplebank', 'gateway', 1),
      measured('apollo', 'gateway', 8.9),
      measured('limit', 'limit', 0.4),
    ),
  );
  assert.deepEqual(
    judge('public-unshared', rows).map(({ figure, isReached }) => [figure, isReached]),
    [
      [8.9, false],
      [2.5, true],
      [2.5, false],
      [200, true],
    ],
  );
});

test('takes the mean of the two in the middle as the median of an even number', () => {
  assert.equal(median([4, 1, 3, 2]), 2.5);
  assert.equal(median([3, 1, 2]), 2);
  assert.ok(Number.isNaN(median([])));
});

test('takes the largest value as the highest percentiles of few', () => {
  assert.equal(percentile([1, 2, 3], 0.99), 3);
  assert.equal(percentile([1, 2, 3], 0.5), 2);
});
