import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRetryBudget } from './retry-budget.ts';

function spend(budget: ReturnType<typeof createRetryBudget>): number {
  let spent = 0;
  while (budget.mayRetry()) spent += 1;
  return spent;
}

test('a fresh budget holds ten retries', () => assert.equal(spend(createRetryBudget()), 10));

test('ten calls earn one retry, nine none', () => {
  const budget = createRetryBudget();
  spend(budget);
  for (let call = 0; call < 9; call += 1) budget.called();
  assert.equal(budget.mayRetry(), false);
  budget.called();
  assert.equal(budget.mayRetry(), true);
  assert.equal(budget.mayRetry(), false);
});

test('saves up no more than ten retries, however many calls succeed', () => {
  const budget = createRetryBudget();
  for (let call = 0; call < 10_000; call += 1) budget.called();
  assert.equal(spend(budget), 10);
});
