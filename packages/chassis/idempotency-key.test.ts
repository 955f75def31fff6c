import assert from 'node:assert/strict';
import { test } from 'node:test';
import { idempotencyKeyIn } from './idempotency-key.ts';

test('a key is read with its quotation marks and without', () => {
  const key = '8e03978e-40d5-43dd-bc93-6894a57f9324';
  assert.equal(idempotencyKeyIn(`"${key}"`), key);
  assert.equal(idempotencyKeyIn(key), key);
  assert.equal(idempotencyKeyIn('k'.repeat(64)), 'k'.repeat(64));
});

const strange = ['', '""', '"half', 'half"', 'a b', 'a"b', 'a\\b', 'naïve', 'k'.repeat(65), ['a'], 7, null];
for (const given of strange) {
  test(`${JSON.stringify(given)} is no key`, () => {
    assert.equal(idempotencyKeyIn(given), undefined);
  });
}
