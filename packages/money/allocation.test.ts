// Allocation: nothing lost, nothing made, nobody a whole cent off, and always the same answer.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allocate } from './allocation.ts';
import { MAXIMUM_MINOR_UNITS, money, negateMoney, sumMoney, usd } from './money.ts';

// Small amounts over several weights have the most cents left over; large ones have the most digits.
const wholes = fc
  .oneof(
    fc.bigInt({ min: -20n, max: 20n }),
    fc.bigInt({ min: -MAXIMUM_MINOR_UNITS, max: MAXIMUM_MINOR_UNITS }),
  )
  .map((amount) => money(amount, 'USD'));
const weightLists = fc
  .array(fc.oneof(fc.bigInt({ min: 0n, max: 5n }), fc.bigInt({ min: 0n, max: 10n ** 18n })), {
    minLength: 1,
    maxLength: 12,
  })
  .filter((weights) => weights.some((weight) => weight > 0n));

const EXAMPLES: readonly { amount: bigint; weights: readonly bigint[]; parts: readonly bigint[] }[] = [
  { amount: 100n, weights: [1n, 1n, 1n], parts: [34n, 33n, 33n] },
  { amount: 101n, weights: [1n, 1n, 1n], parts: [34n, 34n, 33n] },
  { amount: -100n, weights: [1n, 1n, 1n], parts: [-34n, -33n, -33n] },
  { amount: 5n, weights: [3n, 7n], parts: [2n, 3n] },
  { amount: 10n, weights: [1n, 2n, 4n], parts: [1n, 3n, 6n] },
  { amount: 1n, weights: [1n, 2n], parts: [0n, 1n] },
  { amount: 1n, weights: [0n, 1n, 1n], parts: [0n, 1n, 0n] },
  { amount: 0n, weights: [1n, 2n], parts: [0n, 0n] },
  { amount: 99n, weights: [7n], parts: [99n] },
];

for (const { amount, weights, parts } of EXAMPLES) {
  test(`splits ${amount} by ${weights.join(':')} into ${parts.join(', ')}`, () => {
    assert.deepEqual(
      allocate(money(amount, 'USD'), weights).map((part) => part.amount),
      parts,
    );
  });
}

test('the parts sum to the whole, one for each weight', () => {
  fc.assert(
    fc.property(wholes, weightLists, (whole, weights) => {
      const parts = allocate(whole, weights);
      assert.equal(parts.length, weights.length);
      assert.deepEqual(sumMoney(parts, 'USD'), whole);
    }),
  );
});

test('every part is less than one cent from its exact share, and a weight of zero gets nothing', () => {
  fc.assert(
    fc.property(wholes, weightLists, (whole, weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0n);
      allocate(whole, weights).forEach((part, index) => {
        const weight = weights[index] ?? 0n;
        const difference = part.amount * total - whole.amount * weight;
        assert.ok(difference > -total && difference < total);
        if (weight === 0n) assert.equal(part.amount, 0n);
      });
    }),
  );
});

test('a larger weight never gets the smaller part, and of equal weights the earlier is served first', () => {
  fc.assert(
    fc.property(wholes, weightLists, (whole, weights) => {
      const sizes = allocate(whole, weights).map((part) => (part.amount < 0n ? -part.amount : part.amount));
      for (let left = 0; left < weights.length; left += 1) {
        for (let right = left + 1; right < weights.length; right += 1) {
          const [leftWeight = 0n, rightWeight = 0n] = [weights[left], weights[right]];
          const [leftSize = 0n, rightSize = 0n] = [sizes[left], sizes[right]];
          if (leftWeight >= rightWeight) assert.ok(leftSize >= rightSize);
          else assert.ok(leftSize <= rightSize);
        }
      }
    }),
  );
});

test('a negative amount splits as the mirror image of the positive one', () => {
  fc.assert(
    fc.property(wholes, weightLists, (whole, weights) => {
      const mirrored = allocate(negateMoney(whole), weights);
      const sum = mirrored.map(
        (part, index) => part.amount + (allocate(whole, weights)[index]?.amount ?? 1n),
      );
      assert.ok(sum.every((difference) => difference === 0n));
    }),
  );
});

test('weights count only in proportion', () => {
  fc.assert(
    fc.property(wholes, weightLists, fc.bigInt({ min: 1n, max: 1_000n }), (whole, weights, factor) => {
      const scaled = weights.map((weight) => weight * factor);
      assert.deepEqual(allocate(whole, scaled), allocate(whole, weights));
    }),
  );
});

test('keeps the currency of the whole', () => {
  assert.deepEqual(allocate(money(3n, 'JPY'), [1n, 1n]), [money(2n, 'JPY'), money(1n, 'JPY')]);
});

test('refuses no weights, only zeros, and a negative weight', () => {
  assert.throws(() => allocate(usd('1'), []), /must be positive/);
  assert.throws(() => allocate(usd('1'), [0n, 0n]), /must be positive/);
  assert.throws(() => allocate(usd('1'), [2n, -1n]), /cannot be negative/);
});
