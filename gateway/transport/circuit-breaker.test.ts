// When a replica is left out, and how it comes back. The clock stands in the test.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CircuitBreaker } from './circuit-breaker.ts';
import { defaultLimits } from './limits.ts';

const limits = {
  ...defaultLimits,
  breakerFailuresInRow: 3,
  breakerMinFetches: 10,
  breakerWindowMs: 1000,
  breakerOpenMs: 100,
};

function breakerAt(start = 10_000) {
  const clock = { now: start };
  const breaker = new CircuitBreaker(limits, () => clock.now);
  return {
    clock,
    breaker,
    state: () => breaker.stateAt(clock.now),
    admits: () => breaker.admits(clock.now),
    fetch: (verdict: 'success' | 'failure' | 'neutral') => breaker.leave(verdict, breaker.enter()),
  };
}

test('opens after failures in a row, and not when a success comes between', () => {
  const { fetch, state } = breakerAt();
  for (const verdict of ['failure', 'failure', 'success', 'failure', 'failure'] as const) fetch(verdict);
  assert.equal(state(), 'closed');
  fetch('failure');
  assert.equal(state(), 'open');
});

test('opens when half of enough fetches fail', () => {
  const { fetch, state } = breakerAt();
  fetch('failure');
  for (let pair = 0; pair < 4; pair++) {
    fetch('success');
    fetch('failure');
  }
  assert.equal(state(), 'closed');
  fetch('success');
  fetch('failure');
  assert.equal(state(), 'open');
});

test('forgets failures of long ago', () => {
  const { fetch, state, clock } = breakerAt();
  for (let pair = 0; pair < 30; pair++) {
    fetch('success');
    fetch('failure');
    clock.now += 300;
  }
  assert.equal(state(), 'closed');
});

test('takes no notice of what says nothing about the replica', () => {
  const { fetch, state } = breakerAt();
  fetch('failure');
  fetch('failure');
  for (let index = 0; index < 50; index++) fetch('neutral');
  assert.equal(state(), 'closed');
  fetch('failure');
  assert.equal(state(), 'open');
});

test('lets one fetch at a time try whether it is back', () => {
  const { breaker, fetch, state, admits, clock } = breakerAt();
  for (let index = 0; index < 3; index++) fetch('failure');
  assert.equal(admits(), false);
  clock.now += 100;
  assert.equal(state(), 'half-open');
  assert.equal(admits(), true);
  const isProbe = breaker.enter();
  assert.equal(admits(), false);
  breaker.leave('success', isProbe);
  assert.equal(state(), 'closed');
  assert.equal(admits(), true);
});

test('stays open when the trial fails, and tries again when the trial was given up', () => {
  const { fetch, state, admits, clock } = breakerAt();
  for (let index = 0; index < 3; index++) fetch('failure');
  clock.now += 100;
  fetch('neutral');
  assert.equal(admits(), true);
  fetch('failure');
  assert.equal(state(), 'open');
  clock.now += 99;
  assert.equal(admits(), false);
  clock.now += 1;
  fetch('success');
  assert.equal(state(), 'closed');
});

test('is not prolonged by fetches that began before it opened', () => {
  const { breaker, fetch, admits, clock } = breakerAt();
  const wasProbe = breaker.enter();
  for (let index = 0; index < 3; index++) fetch('failure');
  clock.now += 99;
  breaker.leave('failure', wasProbe);
  clock.now += 1;
  assert.equal(admits(), true);
});
