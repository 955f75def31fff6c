// Quantities: text form, limits and arithmetic.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  MAXIMUM_QUANTITY,
  QUANTITY_SCALE,
  ZERO_QUANTITY,
  addQuantity,
  formatQuantity,
  parseQuantity,
  quantity,
  quantityOf,
  smallerQuantity,
  subtractQuantity,
} from './quantity.ts';

const POSTGRES_BIGINT_MAXIMUM = 2n ** 63n - 1n;
const quantities = fc.bigInt({ min: -MAXIMUM_QUANTITY, max: MAXIMUM_QUANTITY }).map(quantityOf);

const TEXTS: readonly (readonly [bigint, string])[] = [
  [100n * QUANTITY_SCALE, '100'],
  [500_000_000n, '0.5'],
  [1n, '0.000000001'],
  [-1_250_000_000n, '-1.25'],
  [0n, '0'],
];

for (const [units, text] of TEXTS) {
  test(`writes ${units} units as ${text} and reads them back`, () => {
    assert.equal(formatQuantity(quantityOf(units)), text);
    assert.equal(quantity(text), units);
  });
}

test('every quantity survives being written and read', () => {
  fc.assert(
    fc.property(quantities, (value) => {
      assert.deepEqual(parseQuantity(formatQuantity(value)), { ok: true, value });
    }),
  );
});

test('reads nine decimals and trailing zeros, and refuses a tenth decimal', () => {
  assert.equal(quantity('1.1234567890'), 1_123_456_789n);
  assert.deepEqual(parseQuantity('1.0000000001'), { ok: false, reason: 'TOO_PRECISE' });
});

test('reads the largest quantity and refuses one unit more', () => {
  assert.equal(quantity('1000000000'), MAXIMUM_QUANTITY);
  assert.deepEqual(parseQuantity('1000000000.000000001'), { ok: false, reason: 'TOO_LARGE' });
  assert.deepEqual(parseQuantity('-1000000000.000000001'), { ok: false, reason: 'TOO_LARGE' });
});

test('the sum of nine of the largest quantities still fits a Postgres bigint', () => {
  assert.ok(9n * MAXIMUM_QUANTITY <= POSTGRES_BIGINT_MAXIMUM);
});

test('trusted text that is no quantity throws and says so', () => {
  assert.throws(() => quantity('ten'), /"ten" is not a quantity: NOT_A_NUMBER/);
});

test('subtraction undoes addition, and zero changes nothing', () => {
  fc.assert(
    fc.property(quantities, quantities, (a, b) => {
      assert.equal(subtractQuantity(addQuantity(a, b), b), a);
      assert.equal(addQuantity(a, ZERO_QUANTITY), a);
    }),
  );
});

test('the smaller of two is one of them and above neither', () => {
  fc.assert(
    fc.property(quantities, quantities, (a, b) => {
      const smaller = smallerQuantity(a, b);
      assert.ok(smaller === a || smaller === b);
      assert.ok(smaller <= a && smaller <= b);
    }),
  );
});
