// Buckets by hand: what goes through, who waits how long, and what one does not take from another.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { costOf, createRateLimits } from './rate-limits.ts';

function limits(perAddress: number, perCustomer: number) {
  const clock = { ms: 0 };
  return { clock, ...createRateLimits({ perAddress, perCustomer, now: () => clock.ms }) };
}

test('ten seconds’ worth goes through at once, then it is what the seconds bring', () => {
  const { clock, take } = limits(0, 2);
  for (let count = 0; count < 20; count += 1) assert.equal(take(1, { customerId: 'cus-ada' }), undefined);
  assert.equal(take(1, { customerId: 'cus-ada' }), 1);
  assert.equal(take(6, { customerId: 'cus-ada' }), 3);
  clock.ms = 500;
  assert.equal(take(1, { customerId: 'cus-ada' }), undefined);
  assert.equal(take(1, { customerId: 'cus-ada' }), 1);
  assert.equal(take(1, { customerId: 'cus-grace' }), undefined);
});

test('a request that the address is refused takes nothing from its customer', () => {
  const { take } = limits(1, 2);
  assert.equal(take(10, { address: '192.0.2.1', customerId: 'cus-ada' }), undefined);
  assert.equal(take(1, { address: '192.0.2.1', customerId: 'cus-ada' }), 1);
  assert.equal(take(10, { address: '192.0.2.2', customerId: 'cus-ada' }), undefined);
  assert.equal(
    take(1, { address: '192.0.2.3', customerId: 'cus-ada' }),
    1,
    'the customer has used all of hers',
  );
});

test('a rest of an hour brings no more than a burst, and what costs more than that takes a burst', () => {
  const { clock, take } = limits(0, 1);
  assert.equal(take(1_000, { customerId: 'cus-ada' }), undefined);
  assert.equal(take(1, { customerId: 'cus-ada' }), 1);
  clock.ms = 3_600_000;
  assert.equal(take(10, { customerId: 'cus-ada' }), undefined);
  assert.equal(take(1, { customerId: 'cus-ada' }), 1);
});

test('one device that asks for too much leaves its customer’s others what is left', () => {
  const { take } = createRateLimits({ perAddress: 0, perCustomer: 3, perDevice: 1, now: () => 0 });
  const phone = { customerId: 'cus-ada', sessionId: 'phone' };
  const laptop = { customerId: 'cus-ada', sessionId: 'laptop' };
  assert.equal(take(10, phone), undefined);
  assert.equal(take(2, phone), 2);
  assert.equal(take(10, laptop), undefined);
  assert.equal(take(1, laptop), 1);
});

test('a limit of 0 limits nothing, and a document costs by its length', () => {
  const { take } = limits(0, 0);
  assert.equal(take(1_000_000, { address: '192.0.2.1', customerId: 'cus-ada' }), undefined);
  assert.deepEqual([costOf('{ me { id } }'), costOf('x'.repeat(3 * 1_024))], [1, 4]);
});
