import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readArguments } from './arguments.ts';
import { orderOfRound } from './contestants.ts';
import { reportOf, verdicts, type SubscriptionsResult } from './report.ts';

const fanOut = {
  kbAConnection: 11,
  heapKbAConnection: 4,
  messagesASecond: 45_000,
  firstAfterMs: 12,
  cpuMicrosecondsAMessage: 15,
};
const commits = {
  kbAConnection: 15,
  heapKbAConnection: 6,
  latencyMs: { count: 100, p50: 10, p90: 20, p99: 60, max: 80 },
  committedASecond: 1_000,
  cpuMicrosecondsAnEvent: 300,
};
const result: SubscriptionsResult = {
  machine: { cpu: 'A CPU', cores: 2, memoryGb: 8, kernel: 'Linux 6', node: 'v26' },
  commit: 'abc1234',
  command: 'npm run bench:subscriptions',
  date: '2026-11-29',
  sizes: readArguments([]),
  fanOuts: { simplebank: [fanOut, { ...fanOut, kbAConnection: 13 }, fanOut], 'raw ws': [fanOut] },
  commits: { simplebank: commits },
};

test('each goal is held against the median, and a missed one is said to be', () => {
  assert.deepEqual(verdicts(result), [
    '- at most 12 kB a connection: 11, reached',
    '- at least 40000 messages/s: 45000, reached',
    '- p99 from commit to subscriber at most 50 ms: 60, **missed**',
  ]);
});

test('the page shows how far the rounds are apart, and only who took part', () => {
  const page = reportOf(result);
  assert.match(page, /simplebank \| +11 \(11 to 13\)/);
  assert.match(page, /10 \/ 20 \/ 60 \/ 80/);
  assert.doesNotMatch(page, /apollo \|/);
});

test('each round begins with another contestant', () => {
  const firsts = [0, 1, 2, 3].map((round) => orderOfRound(round)[0]);
  assert.equal(new Set(firsts).size, 4);
});
