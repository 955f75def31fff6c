// Splitting an amount by weights without losing or making a cent: the method of largest remainders
// (Hamilton's). Every part gets its share rounded towards zero; the cents left over go one each to the parts
// that were cut the most, and among equals to the earlier one, so that the result is deterministic.
import { money } from './money.ts';
import type { Money } from './money.ts';

/**
 * One part per weight, in the weights' order; the parts sum to the whole and each is less than one minor unit
 * away from its exact share. A weight of zero gets nothing; a negative amount splits as its mirror image.
 * Negative weights, and weights that are all zero or none, are bugs and throw.
 */
export function allocate(whole: Money, weights: readonly bigint[]): Money[] {
  const total = sumOfWeights(weights);
  const sign = whole.amount < 0n ? -1n : 1n;
  const size = whole.amount * sign;

  const shares = weights.map((weight, index) => ({
    index,
    amount: (size * weight) / total,
    remainder: (size * weight) % total,
  }));
  const leftOver = Number(size - shares.reduce((sum, share) => sum + share.amount, 0n));
  // The sort is stable (ECMA-262 since 2019), which is what serves the earlier of two equals first.
  const receivers = new Set(
    shares
      .toSorted((left, right) => descending(left.remainder, right.remainder))
      .slice(0, leftOver)
      .map((share) => share.index),
  );

  return shares.map(({ index, amount }) =>
    money(sign * (receivers.has(index) ? amount + 1n : amount), whole.currency),
  );
}

function sumOfWeights(weights: readonly bigint[]): bigint {
  if (weights.some((weight) => weight < 0n)) throw new RangeError('A weight cannot be negative');
  const total = weights.reduce((sum, weight) => sum + weight, 0n);
  if (total === 0n) throw new RangeError('At least one weight must be positive');
  return total;
}

function descending(left: bigint, right: bigint): number {
  if (left === right) return 0;
  return left > right ? -1 : 1;
}
