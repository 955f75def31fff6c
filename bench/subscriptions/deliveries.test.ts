import { test } from 'node:test';
import assert from 'node:assert/strict';
import { latencies, median } from './deliveries.ts';

const commits = [
  { connection: 0, sequence: 1, at: 100 },
  { connection: 1, sequence: 1, at: 101 },
];

test('an event takes from its commit to its arrival, in whatever order they come', () => {
  const arrivals = [
    { connection: 1, sequence: 1, at: 105 },
    { connection: 0, sequence: 1, at: 112 },
  ];
  assert.deepEqual(latencies(commits, arrivals), [12, 4]);
});

test('a run that lost, doubled or mixed up an event is invalid', () => {
  const first = { connection: 0, sequence: 1, at: 105 };
  for (const arrivals of [[first], [first, first], [first, { connection: 7, sequence: 1, at: 106 }]]) {
    assert.throws(() => latencies(commits, arrivals), /the run is invalid/);
  }
});

test('the median is a value that was measured', () => {
  assert.equal(median([9, 1, 5]), 5);
  assert.equal(median([4, 1]), 1);
  assert.throws(() => median([]));
});
