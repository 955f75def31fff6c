// Integer division with a named rounding. The mode is always an argument: who gains the fraction of a cent is
// a business decision, so it must be visible where the division happens.

/**
 * UP is away from zero and DOWN towards zero; CEILING and FLOOR follow the number line; HALF_UP breaks a tie
 * away from zero, HALF_EVEN to the even neighbour. For -2.5 in this order: -3, -2, -2, -3, -3, -2.
 */
export type Rounding = 'UP' | 'DOWN' | 'CEILING' | 'FLOOR' | 'HALF_UP' | 'HALF_EVEN';

/** The quotient as an integer. Either sign may be negative; a zero denominator is a bug and throws. */
export function divideRounded(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  if (denominator === 0n) throw new RangeError('Cannot divide by zero');
  const quotient = numerator / denominator;
  const remainder = numerator % denominator;
  if (remainder === 0n) return quotient;

  const negative = numerator < 0n !== denominator < 0n;
  if (!roundsAwayFromZero(quotient, remainder, denominator, negative, rounding)) return quotient;
  return negative ? quotient - 1n : quotient + 1n;
}

/** BigInt division truncates towards zero, so each mode only decides whether to take one step further out. */
function roundsAwayFromZero(
  quotient: bigint,
  remainder: bigint,
  denominator: bigint,
  negative: boolean,
  rounding: Rounding,
): boolean {
  switch (rounding) {
    case 'UP':
      return true;
    case 'DOWN':
      return false;
    case 'CEILING':
      return !negative;
    case 'FLOOR':
      return negative;
    case 'HALF_UP':
      return compareToHalf(remainder, denominator) >= 0;
    case 'HALF_EVEN': {
      const half = compareToHalf(remainder, denominator);
      return half > 0 || (half === 0 && quotient % 2n !== 0n);
    }
    default:
      throw new TypeError(`Unknown rounding ${String(rounding satisfies never)}`);
  }
}

/** Below zero when the fraction is less than one half, zero at exactly one half, above zero beyond. */
function compareToHalf(remainder: bigint, denominator: bigint): -1 | 0 | 1 {
  const twice = 2n * absolute(remainder);
  const whole = absolute(denominator);
  if (twice === whole) return 0;
  return twice < whole ? -1 : 1;
}

function absolute(value: bigint): bigint {
  return value < 0n ? -value : value;
}

/** Whether a value lies on the grid of a step: a limit price on its tick, a quantity on its lot. */
export function isMultipleOf<T extends bigint>(value: T, step: T): boolean {
  const units: bigint = value;
  const stepUnits: bigint = step;
  if (stepUnits <= 0n) throw new RangeError(`A step must be positive, got ${stepUnits} units`);
  return units % stepUnits === 0n;
}
