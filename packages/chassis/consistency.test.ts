import assert from 'node:assert/strict';
import { test } from 'node:test';
import { consistencyIn, currentConsistency, noteConsistency, noteWritten } from './consistency.ts';
import { backgroundContext, runInContext } from './context.ts';

test('what several services have written becomes one token, each at its newest position', () => {
  runInContext({ ...backgroundContext({}), written: new Map() }, () => {
    assert.equal(currentConsistency(), undefined);
    noteWritten('orders', 7n);
    noteConsistency('orders=9, market=3');
    noteConsistency('orders=8');
    noteConsistency('no token');
    assert.equal(currentConsistency(), 'orders=9,market=3');
  });
});

test('work that answers nobody notes nothing', () => {
  runInContext(backgroundContext({}), () => {
    noteWritten('orders', 7n);
    assert.equal(currentConsistency(), undefined);
  });
});

const strange = [
  '',
  'orders',
  'orders=',
  'orders=-1',
  'orders=1;',
  '=1',
  `orders=${'1'.repeat(20)}`,
  undefined,
];
for (const given of [
  ...strange,
  Array.from({ length: 17 }, (_, index) => `a${'b'.repeat(index)}=1`).join(','),
]) {
  test(`${JSON.stringify(given)} is no token`, () => {
    assert.equal(consistencyIn(given), undefined);
  });
}
