// The rounding modes: a table that a person can check by hand, and the laws that hold for all integers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { divideRounded, isMultipleOf } from './rounding.ts';
import type { Rounding } from './rounding.ts';

const MODES = [
  'UP',
  'DOWN',
  'CEILING',
  'FLOOR',
  'HALF_UP',
  'HALF_EVEN',
] as const satisfies readonly Rounding[];

/** Tenths, and what dividing them by ten gives under each mode in the order of MODES. */
const TABLE: readonly (readonly [bigint, ...bigint[]])[] = [
  [55n, 6n, 5n, 6n, 5n, 6n, 6n],
  [25n, 3n, 2n, 3n, 2n, 3n, 2n],
  [16n, 2n, 1n, 2n, 1n, 2n, 2n],
  [11n, 2n, 1n, 2n, 1n, 1n, 1n],
  [10n, 1n, 1n, 1n, 1n, 1n, 1n],
  [5n, 1n, 0n, 1n, 0n, 1n, 0n],
  [4n, 1n, 0n, 1n, 0n, 0n, 0n],
  [0n, 0n, 0n, 0n, 0n, 0n, 0n],
  [-4n, -1n, 0n, 0n, -1n, 0n, 0n],
  [-5n, -1n, 0n, 0n, -1n, -1n, 0n],
  [-10n, -1n, -1n, -1n, -1n, -1n, -1n],
  [-11n, -2n, -1n, -1n, -2n, -1n, -1n],
  [-16n, -2n, -1n, -1n, -2n, -2n, -2n],
  [-25n, -3n, -2n, -2n, -3n, -3n, -2n],
  [-55n, -6n, -5n, -5n, -6n, -6n, -6n],
];

for (const [tenths, ...expected] of TABLE) {
  test(`rounds ${tenths}/10 as the table says in every mode`, () => {
    assert.deepEqual(
      MODES.map((mode) => divideRounded(tenths, 10n, mode)),
      expected,
    );
    assert.deepEqual(
      MODES.map((mode) => divideRounded(-tenths, -10n, mode)),
      expected,
      'the signs cancel out',
    );
  });
}

const anyInteger = fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n });
// Small operands meet ties and exact quotients often; large ones meet the digits a float would lose.
const smallInteger = fc.bigInt({ min: -50n, max: 50n });
const numerators = fc.oneof(smallInteger, anyInteger);
const denominators = numerators.filter((denominator) => denominator !== 0n);
const modes = fc.constantFrom(...MODES);

const absolute = (value: bigint): bigint => (value < 0n ? -value : value);
/** The result's distance from the exact quotient, times the denominator, so that it stays an integer. */
const errorOf = (numerator: bigint, denominator: bigint, mode: Rounding): bigint =>
  absolute(divideRounded(numerator, denominator, mode) * denominator - numerator);

test('every mode stays within one unit of the exact quotient, and the half modes within half of one', () => {
  fc.assert(
    fc.property(numerators, denominators, modes, (numerator, denominator, mode) => {
      const error = errorOf(numerator, denominator, mode);
      assert.ok(error < absolute(denominator));
      if (mode.startsWith('HALF')) assert.ok(2n * error <= absolute(denominator));
    }),
  );
});

test('an exact quotient comes out unchanged in every mode', () => {
  fc.assert(
    fc.property(numerators, denominators, modes, (quotient, denominator, mode) => {
      assert.equal(divideRounded(quotient * denominator, denominator, mode), quotient);
    }),
  );
});

test('FLOOR is never above the exact quotient and CEILING never below, at most one apart', () => {
  fc.assert(
    fc.property(numerators, denominators, (numerator, denominator) => {
      const sign = denominator < 0n ? -1n : 1n;
      const floor = divideRounded(numerator, denominator, 'FLOOR');
      const ceiling = divideRounded(numerator, denominator, 'CEILING');
      assert.ok(floor * denominator * sign <= numerator * sign);
      assert.ok(ceiling * denominator * sign >= numerator * sign);
      assert.equal(ceiling - floor, numerator % denominator === 0n ? 0n : 1n);
    }),
  );
});

test('DOWN never grows the size and UP never shrinks it', () => {
  fc.assert(
    fc.property(numerators, denominators, (numerator, denominator) => {
      const sizeOf = (mode: Rounding): bigint =>
        absolute(divideRounded(numerator, denominator, mode) * denominator);
      assert.ok(sizeOf('DOWN') <= absolute(numerator));
      assert.ok(sizeOf('UP') >= absolute(numerator));
    }),
  );
});

test('at a tie HALF_EVEN gives an even number and HALF_UP the one farther from zero', () => {
  fc.assert(
    fc.property(numerators, (whole) => {
      const tie = 2n * whole + 1n;
      assert.equal(divideRounded(tie, 2n, 'HALF_EVEN') % 2n, 0n);
      assert.equal(divideRounded(tie, 2n, 'HALF_UP'), divideRounded(tie, 2n, 'UP'));
    }),
  );
});

test('a negated number rounds to the mirror image, with FLOOR and CEILING trading places', () => {
  const mirrored = { FLOOR: 'CEILING', CEILING: 'FLOOR' } as const;
  fc.assert(
    fc.property(numerators, denominators, modes, (numerator, denominator, mode) => {
      const mirror = mode === 'FLOOR' || mode === 'CEILING' ? mirrored[mode] : mode;
      assert.equal(
        divideRounded(-numerator, denominator, mode),
        -divideRounded(numerator, denominator, mirror),
      );
    }),
  );
});

test('refuses to divide by zero, in every mode', () => {
  for (const mode of MODES) assert.throws(() => divideRounded(0n, 0n, mode), /divide by zero/);
});

test('a mode that the compiler never saw is refused instead of rounded somehow', () => {
  const fromOutside: Rounding = JSON.parse('"NEAREST"');
  assert.throws(() => divideRounded(1n, 3n, fromOutside), /Unknown rounding NEAREST/);
});

test('isMultipleOf holds exactly for the multiples of the step', () => {
  fc.assert(
    fc.property(numerators, fc.bigInt({ min: 2n, max: 10n ** 12n }), (factor, step) => {
      assert.equal(isMultipleOf(factor * step, step), true);
      assert.equal(isMultipleOf(factor * step + 1n, step), false);
    }),
  );
});

test('every integer is a multiple of one', () => {
  fc.assert(fc.property(numerators, (value) => assert.equal(isMultipleOf(value, 1n), true)));
});

test('isMultipleOf refuses a step that is zero or negative', () => {
  assert.throws(() => isMultipleOf(10n, 0n), /positive/);
  assert.throws(() => isMultipleOf(10n, -5n), /positive/);
});
