import { test } from 'node:test';
import assert from 'node:assert/strict';
import { bankCpuPerOrder, cpuPerOrder } from './cost.ts';
import type { Idle, RateResult } from './results.ts';

const rate: RateResult = {
  rate: 10,
  seconds: 10,
  offered: 100,
  accepted: 100,
  completed: 100,
  completedInTime: 100,
  failures: {},
  mostInFlight: 3,
  measuredSeconds: 12,
  othersCpuMs: 0,
  peakMb: {},
  statements: {},
  idleStatementsPerSecond: 0,
  transactions: 0,
  storedBytes: 0,
  walBytes: 0,
  busEvents: 0,
  cpuMs: { bank: 3_000, postgres: 1_000, 'load generator': 500 },
};
const idle: Idle = {
  seconds: 10,
  statementsPerSecond: 0,
  transactionsPerSecond: 0,
  othersCpuMsPerSecond: 0,
  cpuMsPerSecond: { bank: 25, postgres: 10, 'load generator': 1 },
};

test('an order costs what was measured, and less when the idle bank is taken off', () => {
  assert.deepEqual(cpuPerOrder('bank', rate, idle), { measured: 30, lessIdle: 27 });
});

test('the load generator is no part of what the bank costs', () => {
  assert.deepEqual(bankCpuPerOrder(rate, idle), { measured: 40, lessIdle: 35.8 });
});

test('without a completed order there is no cost of one', () => {
  assert.equal(cpuPerOrder('bank', { ...rate, completed: 0 }, idle), undefined);
});
