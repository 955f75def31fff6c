import { test } from 'node:test';
import assert from 'node:assert/strict';
import { chartOf } from './chart.ts';
import { reportOf } from './report.ts';
import type { BenchResult } from './results.ts';

const spread = { count: 200, p50: 12.3, p90: 20, p99: 45.6, max: 80 };
const result: BenchResult = {
  wiring: 'embedded',
  description: 'one process',
  command: 'npm run bench',
  commit: 'abc1234',
  date: '2026-11-22T12:00:00.000Z',
  machine: { cpu: 'A <fast> CPU', cores: 2, memoryGb: 8, kernel: 'Linux 6', node: 'v26' },
  idle: {
    seconds: 10,
    cpuMsPerSecond: { bank: 20, postgres: 10, 'load generator': 1 },
    statementsPerSecond: 5,
    transactionsPerSecond: 5,
    othersCpuMsPerSecond: 0,
  },
  rates: [
    {
      rate: 10,
      seconds: 10,
      offered: 100,
      accepted: 99,
      completed: 98,
      completedInTime: 98,
      mostInFlight: 4,
      measuredSeconds: 12,
      othersCpuMs: 600,
      idleStatementsPerSecond: 5,
      failures: { INSUFFICIENT_CASH: 1, NOT_COMPLETED: 1 },
      accept: spread,
      acceptFromSent: spread,
      complete: spread,
      late: spread,
      cpuMs: { bank: 3_180, postgres: 1_100, 'load generator': 400 },
      peakMb: { bank: 250, postgres: 120, 'load generator': 90 },
      statements: { 'orders: place': 98, 'accounts: post': 980 },
      transactions: 1_500,
      storedBytes: 3_000_000,
      walBytes: 9_000_000,
      busEvents: 1_078,
    },
  ],
  saturation: {
    rate: 40,
    isBounded: true,
    steps: [
      {
        rate: 40,
        seconds: 8,
        offered: 320,
        completed: 320,
        completedInTime: 320,
        completeP99Ms: 90,
        holds: true,
      },
      { rate: 50, seconds: 8, offered: 400, completed: 390, completedInTime: 300, holds: false },
    ],
  },
  invariants: 'All 12 invariants hold.',
};

test('the page says what was run, where, and whether the bank was right', () => {
  const page = reportOf(result);
  for (const said of ['npm run bench', 'abc1234', 'A <fast> CPU, 2 cores, 8 GB', 'All 12 invariants hold.'])
    assert.ok(page.includes(said), said);
});

test('what failed is shown with its code, and nothing is subtracted silently', () => {
  const page = reportOf(result);
  assert.match(page, /1 INSUFFICIENT_CASH, 1 NOT_COMPLETED/);
  // 3180 ms over 98 orders; less 20 ms a second for 12 s.
  assert.match(page, /\| bank +\| 32\.4 +\| +30 \|/);
  assert.match(page, /\*\*the bank in all\*\* +\| 43\.7 +\| +40 \|/);
});

test('figures that were not measured are dashes', () => {
  assert.match(reportOf(result), /\| event → subscriber +\| +– \|/);
});

test('a limit that was not reached is told as such', () => {
  assert.match(reportOf(result), /\*\*40 orders\/s\*\* completed/);
  const unbounded = { ...result, saturation: { ...result.saturation!, isBounded: false } };
  assert.match(reportOf(unbounded), /At least \*\*40 orders\/s\*\*/);
});

test('the chart is well-formed and escapes what it is told', () => {
  const chart = chartOf([result, { ...result, wiring: 'services' }]);
  assert.ok(chart.includes('A &lt;fast> CPU'));
  assert.doesNotMatch(chart, /NaN|undefined|Infinity/);
  const tags = [...chart.matchAll(/<(\/?)(\w+)[^>]*>/g)].map(([, slash, name]) => `${slash}${name}`);
  const opened = tags.filter((tag) => !tag.startsWith('/')).length;
  assert.equal(tags.length, opened * 2);
});

test('a chart of nothing is still a picture', () => {
  assert.match(chartOf([]), /Nothing was benched yet/);
});
