// Money's arithmetic as laws, its text form as a table, and the refusal to mix currencies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  CURRENCIES,
  MAXIMUM_MINOR_UNITS,
  addMoney,
  compareMoney,
  formatMoney,
  isCurrency,
  isNegative,
  isPositive,
  isZero,
  money,
  moneyOf,
  multiplyRatio,
  negateMoney,
  parseMoney,
  subtractMoney,
  sumMoney,
  usd,
  zero,
} from './money.ts';

const amounts = fc.bigInt({ min: -MAXIMUM_MINOR_UNITS, max: MAXIMUM_MINOR_UNITS });
const currencies = fc.constantFrom(...CURRENCIES);
const dollars = amounts.map((amount) => money(amount, 'USD'));

const TEXTS = [
  { units: 1_234n, currency: 'USD', text: '12.34' },
  { units: -5n, currency: 'USD', text: '-0.05' },
  { units: 0n, currency: 'EUR', text: '0.00' },
  { units: 100_000n, currency: 'EUR', text: '1000.00' },
  { units: 1_200n, currency: 'JPY', text: '1200' },
  { units: -7n, currency: 'JPY', text: '-7' },
] as const;

for (const { units, currency, text } of TEXTS) {
  test(`writes ${units} minor units of ${currency} as ${text} and reads them back`, () => {
    assert.equal(formatMoney(money(units, currency)), text);
    assert.deepEqual(moneyOf(text, currency), money(units, currency));
  });
}

test('every amount of every currency survives being written and read', () => {
  fc.assert(
    fc.property(amounts, currencies, (amount, currency) => {
      const value = money(amount, currency);
      assert.deepEqual(parseMoney(formatMoney(value), currency), { ok: true, value });
    }),
  );
});

test('refuses half a cent and half a yen as too precise', () => {
  assert.deepEqual(parseMoney('0.005', 'USD'), { ok: false, reason: 'TOO_PRECISE' });
  assert.deepEqual(parseMoney('0.5', 'JPY'), { ok: false, reason: 'TOO_PRECISE' });
  assert.deepEqual(parseMoney('5.0', 'JPY'), { ok: true, value: money(5n, 'JPY') });
});

test('reads the largest amount and refuses one cent more', () => {
  assert.equal(usd('10000000000000000.00').amount, MAXIMUM_MINOR_UNITS);
  assert.deepEqual(parseMoney('10000000000000000.01', 'USD'), { ok: false, reason: 'TOO_LARGE' });
});

test('trusted text that is no amount throws and names the currency', () => {
  assert.throws(() => usd('12,34'), /"12,34" is not a USD amount: NOT_A_NUMBER/);
});

test('knows its currencies, and takes no inherited property name for one', () => {
  assert.equal(isCurrency('USD'), true);
  for (const stranger of ['usd', 'XXX', '', 'toString', '__proto__', null, 7]) {
    assert.equal(isCurrency(stranger), false, String(stranger));
  }
});

test('addition is associative and commutative, and zero changes nothing', () => {
  fc.assert(
    fc.property(dollars, dollars, dollars, (a, b, c) => {
      assert.deepEqual(addMoney(addMoney(a, b), c), addMoney(a, addMoney(b, c)));
      assert.deepEqual(addMoney(a, b), addMoney(b, a));
      assert.deepEqual(addMoney(a, zero('USD')), a);
    }),
  );
});

test('subtraction undoes addition, and an amount plus its negation is zero', () => {
  fc.assert(
    fc.property(dollars, dollars, (a, b) => {
      assert.deepEqual(subtractMoney(addMoney(a, b), b), a);
      assert.ok(isZero(addMoney(a, negateMoney(a))));
    }),
  );
});

test('a sum does not depend on the order of its parts, and the sum of nothing is zero', () => {
  fc.assert(
    fc.property(fc.array(dollars), (values) => {
      assert.deepEqual(sumMoney(values, 'USD'), sumMoney(values.toReversed(), 'USD'));
    }),
  );
  assert.deepEqual(sumMoney([], 'EUR'), zero('EUR'));
  assert.deepEqual(sumMoney([usd('1.10'), usd('2.20')], 'USD'), usd('3.30'));
});

test('comparison is the sign of the difference, and agrees with the sign tests', () => {
  const near = fc.bigInt({ min: -3n, max: 3n }).map((amount) => money(amount, 'USD'));
  fc.assert(
    fc.property(fc.oneof(near, dollars), fc.oneof(near, dollars), (a, b) => {
      const difference = subtractMoney(a, b);
      const order = compareMoney(a, b);
      assert.equal(isNegative(difference), order === -1);
      assert.equal(isZero(difference), order === 0);
      assert.equal(isPositive(difference), order === 1);
    }),
  );
});

test('mixing currencies throws in every operation that takes two amounts', () => {
  const euro = moneyOf('1.00', 'EUR');
  const dollar = usd('1.00');
  for (const operation of [addMoney, subtractMoney, compareMoney]) {
    assert.throws(() => operation(dollar, euro), /Cannot mix USD and EUR/, operation.name);
  }
  assert.throws(() => sumMoney([euro], 'USD'), /Cannot mix/);
});

test('a fee of 27.80 per million is rounded up to the cent', () => {
  assert.deepEqual(multiplyRatio(usd('1000000'), 2_780n, 100_000_000n, 'UP'), usd('27.80'));
  assert.deepEqual(multiplyRatio(usd('0.01'), 2_780n, 100_000_000n, 'UP'), usd('0.01'));
  assert.deepEqual(multiplyRatio(usd('0.01'), 2_780n, 100_000_000n, 'DOWN'), usd('0.00'));
});

test('a part and its complement, one rounded down and one up, make the whole again', () => {
  const ratios = fc.bigInt({ min: 1n, max: 10n ** 9n }).chain((denominator) =>
    fc.record({
      denominator: fc.constant(denominator),
      numerator: fc.bigInt({ min: 0n, max: denominator }),
    }),
  );
  fc.assert(
    fc.property(dollars, ratios, (value, { numerator, denominator }) => {
      const part = multiplyRatio(value, numerator, denominator, 'DOWN');
      const complement = multiplyRatio(value, denominator - numerator, denominator, 'UP');
      assert.deepEqual(addMoney(part, complement), value);
    }),
  );
});
