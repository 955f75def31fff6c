// The bound on restarts.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RestartBudget } from './restart-budget.ts';

test('no more restarts than the limit fit into any window', () => {
  let now = 0;
  const budget = new RestartBudget(2, 1_000, () => now);
  assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
  now = 999;
  assert.equal(budget.take(), false);
  now = 1_000;
  assert.deepEqual([budget.take(), budget.take(), budget.take()], [true, true, false]);
});
