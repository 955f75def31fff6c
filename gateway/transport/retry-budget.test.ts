// Retries are a share of fetches.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RetryBudget } from './retry-budget.ts';

function spendAll(budget: RetryBudget): number {
  let spent = 0;
  while (budget.spend()) spent += 1;
  return spent;
}

test('allows a burst out of quiet, and then a share of the fetches', () => {
  const budget = new RetryBudget({ retryRatio: 0.25, retryBurst: 3 });
  assert.equal(spendAll(budget), 3);
  for (let fetch = 0; fetch < 8; fetch++) budget.onFetch();
  assert.equal(spendAll(budget), 2);
});

test('saves no more than the burst', () => {
  const budget = new RetryBudget({ retryRatio: 0.25, retryBurst: 3 });
  for (let fetch = 0; fetch < 1000; fetch++) budget.onFetch();
  assert.equal(spendAll(budget), 3);
});
