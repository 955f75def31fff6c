// The parser's table of good and bad texts, and the round trip through every scale in use.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatScaled, parseScaled, trusted } from './decimal.ts';
import type { DecimalFault } from './decimal.ts';

const TWO_DIGITS = { digits: 2, limit: 99_999n };
const unbranded = (units: bigint): bigint => units;

const GOOD: readonly (readonly [string, bigint])[] = [
  ['0', 0n],
  ['-0', 0n],
  ['0.00', 0n],
  ['10', 1_000n],
  ['12.3', 1_230n],
  ['12.34', 1_234n],
  ['-0.05', -5n],
  ['12.3400000', 1_234n],
  ['007', 700n],
  ['999.99', 99_999n],
  ['-999.99', -99_999n],
  ['999.990', 99_999n],
];

for (const [text, units] of GOOD) {
  test(`reads '${text}' at two digits as ${units}`, () => {
    assert.deepEqual(parseScaled(text, TWO_DIGITS, unbranded), { ok: true, value: units });
  });
}

const BAD: readonly (readonly [unknown, DecimalFault])[] = [
  ['', 'NOT_A_NUMBER'],
  [' ', 'NOT_A_NUMBER'],
  [' 1', 'NOT_A_NUMBER'],
  ['1 ', 'NOT_A_NUMBER'],
  ['1\n', 'NOT_A_NUMBER'],
  ['- 1', 'NOT_A_NUMBER'],
  ['+1', 'NOT_A_NUMBER'],
  ['--1', 'NOT_A_NUMBER'],
  ['-', 'NOT_A_NUMBER'],
  ['.', 'NOT_A_NUMBER'],
  ['1.', 'NOT_A_NUMBER'],
  ['.5', 'NOT_A_NUMBER'],
  ['-.5', 'NOT_A_NUMBER'],
  ['1.2.3', 'NOT_A_NUMBER'],
  ['1,000', 'NOT_A_NUMBER'],
  ['1_000', 'NOT_A_NUMBER'],
  ['1e3', 'NOT_A_NUMBER'],
  ['1E3', 'NOT_A_NUMBER'],
  ['0x10', 'NOT_A_NUMBER'],
  ['10n', 'NOT_A_NUMBER'],
  ['NaN', 'NOT_A_NUMBER'],
  ['Infinity', 'NOT_A_NUMBER'],
  ['-Infinity', 'NOT_A_NUMBER'],
  ['ten', 'NOT_A_NUMBER'],
  ['١٢', 'NOT_A_NUMBER'],
  ['−1', 'NOT_A_NUMBER'],
  [10, 'NOT_A_NUMBER'],
  [Number.NaN, 'NOT_A_NUMBER'],
  [10n, 'NOT_A_NUMBER'],
  [null, 'NOT_A_NUMBER'],
  [undefined, 'NOT_A_NUMBER'],
  [true, 'NOT_A_NUMBER'],
  [['10'], 'NOT_A_NUMBER'],
  [{ toString: () => '10' }, 'NOT_A_NUMBER'],
  ['12.345', 'TOO_PRECISE'],
  ['0.001', 'TOO_PRECISE'],
  ['-0.0000000001', 'TOO_PRECISE'],
  ['1000', 'TOO_LARGE'],
  ['1000.00', 'TOO_LARGE'],
  ['-1000', 'TOO_LARGE'],
  ['123456789012345678901234567890', 'TOO_LARGE'],
  // Both too precise and too large: the order of the checks is part of the contract.
  ['1000.001', 'TOO_PRECISE'],
];

for (const [text, reason] of BAD) {
  const shown = typeof text === 'string' ? JSON.stringify(text) : `the ${typeof text} ${String(text)}`;
  test(`refuses ${shown} as ${reason}`, () => {
    assert.deepEqual(parseScaled(text, TWO_DIGITS, unbranded), { ok: false, reason });
  });
}

test('judges texts of a million digits as it judges short ones', () => {
  // The form must not overflow the matcher, and zeros that mean nothing must not count as size or precision.
  const nines = '9'.repeat(1_000_000);
  const zeros = '0'.repeat(1_000_000);
  const parse = (text: string): unknown => parseScaled(text, TWO_DIGITS, unbranded);
  assert.deepEqual(parse(nines), { ok: false, reason: 'TOO_LARGE' });
  assert.deepEqual(parse(`1.${zeros}1`), { ok: false, reason: 'TOO_PRECISE' });
  assert.deepEqual(parse(`1.${zeros}`), { ok: true, value: 100n });
  assert.deepEqual(parse(`${zeros}1`), { ok: true, value: 100n });
});

const anyUnits = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });
const anyDigits = fc.integer({ min: 0, max: 12 });
const wide = (digits: number): { digits: number; limit: bigint } => ({ digits, limit: 10n ** 25n });

test('what is written is read back as the same units, at every number of digits', () => {
  fc.assert(
    fc.property(anyUnits, anyDigits, anyDigits, (units, digits, decimals) => {
      const text = formatScaled(units, digits, Math.min(decimals, digits));
      assert.deepEqual(parseScaled(text, wide(digits), unbranded), { ok: true, value: units });
    }),
  );
});

test('a text has at least the decimals asked for, and no needless zero after them', () => {
  fc.assert(
    fc.property(anyUnits, anyDigits, anyDigits, (units, digits, decimals) => {
      const minimum = Math.min(decimals, digits);
      const fraction = formatScaled(units, digits, minimum).split('.')[1] ?? '';
      assert.ok(fraction.length >= minimum && fraction.length <= digits);
      if (fraction.length > minimum) assert.ok(!fraction.endsWith('0'));
    }),
  );
});

test('exactly the sizes up to the limit are read', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -300n, max: 300n }), fc.bigInt({ min: 0n, max: 200n }), (units, limit) => {
      const parsed = parseScaled(formatScaled(units, 2, 2), { digits: 2, limit }, unbranded);
      assert.equal(parsed.ok, units <= limit && -units <= limit);
    }),
  );
});

test('no text makes the parser throw, and what it reads it also writes as the same number', () => {
  const almostNumbers = fc.string({ unit: fc.constantFrom(...'0123456789.-+e ') });
  fc.assert(
    fc.property(fc.oneof(fc.string(), almostNumbers), (text) => {
      const parsed = parseScaled(text, TWO_DIGITS, unbranded);
      if (parsed.ok) assert.equal(Number(formatScaled(parsed.value, 2, 2)), Number(text) + 0);
    }),
    { numRuns: 1_000 },
  );
});

test('a fault in trusted text throws an error that shows the text, its type and the reason', () => {
  assert.throws(
    () => trusted({ ok: false, reason: 'TOO_PRECISE' }, 'price', '1.2345678'),
    new RangeError('"1.2345678" is not a price: TOO_PRECISE'),
  );
});
