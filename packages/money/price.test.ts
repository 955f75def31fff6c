// Prices: text form, and the products where a fraction of a cent must go somewhere on purpose.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CURRENCIES, MAXIMUM_MINOR_UNITS, formatMoney, moneyOf, parseMoney, usd } from './money.ts';
import {
  MAXIMUM_PRICE,
  averagePrice,
  formatPrice,
  parsePrice,
  price,
  priceOf,
  principal,
  roundToTick,
  scalePrice,
} from './price.ts';
import { MAXIMUM_QUANTITY, addQuantity, quantity, quantityOf } from './quantity.ts';
import { isMultipleOf } from './rounding.ts';
import type { Rounding } from './rounding.ts';

const MODES = [
  'UP',
  'DOWN',
  'CEILING',
  'FLOOR',
  'HALF_UP',
  'HALF_EVEN',
] as const satisfies readonly Rounding[];
const modes = fc.constantFrom(...MODES);
const prices = fc.bigInt({ min: 1n, max: MAXIMUM_PRICE }).map(priceOf);
const quantities = fc.bigInt({ min: 1n, max: MAXIMUM_QUANTITY }).map(quantityOf);
const fills = fc.array(fc.record({ price: prices, quantity: quantities }), { minLength: 1, maxLength: 20 });

const TEXTS: readonly (readonly [bigint, string])[] = [
  [120_500_000n, '120.50'],
  [120_000_000n, '120.00'],
  [120_505_000n, '120.505'],
  [166n, '0.000166'],
  [-1_000_000n, '-1.00'],
  [0n, '0.00'],
];

for (const [units, text] of TEXTS) {
  test(`writes ${units} units as ${text} and reads them back`, () => {
    assert.equal(formatPrice(priceOf(units)), text);
    assert.equal(price(text), units);
  });
}

test('every price survives being written and read', () => {
  fc.assert(
    fc.property(prices, (value) => assert.deepEqual(parsePrice(formatPrice(value)), { ok: true, value })),
  );
});

test('reads six decimals, refuses a seventh, and refuses one unit above the largest price', () => {
  assert.equal(price('0.1234560'), 123_456n);
  assert.deepEqual(parsePrice('0.1234567'), { ok: false, reason: 'TOO_PRECISE' });
  assert.equal(price('10000000'), MAXIMUM_PRICE);
  assert.deepEqual(parsePrice('10000000.000001'), { ok: false, reason: 'TOO_LARGE' });
  assert.throws(() => price('1e3'), /"1e3" is not a price: NOT_A_NUMBER/);
});

test('the principal of a trade is price times quantity, rounded once', () => {
  assert.deepEqual(principal(price('120.50'), quantity('10'), 'USD', 'DOWN'), usd('1205.00'));
  assert.deepEqual(principal(price('120.505'), quantity('1'), 'USD', 'DOWN'), usd('120.50'));
  assert.deepEqual(principal(price('120.505'), quantity('1'), 'USD', 'UP'), usd('120.51'));
  assert.deepEqual(principal(price('0.000166'), quantity('100'), 'USD', 'UP'), usd('0.02'));
  assert.deepEqual(principal(price('1500.5'), quantity('3'), 'JPY', 'HALF_EVEN'), moneyOf('4502', 'JPY'));
});

test('the principal of the largest price and quantity can be written and read in every currency', () => {
  for (const currency of CURRENCIES) {
    const largest = principal(MAXIMUM_PRICE, MAXIMUM_QUANTITY, currency, 'UP');
    assert.ok(largest.amount <= MAXIMUM_MINOR_UNITS, currency);
    assert.deepEqual(parseMoney(formatMoney(largest), currency), { ok: true, value: largest });
  }
});

test('a principal is within one cent of the exact product, and on the side that its rounding names', () => {
  const UNITS_PER_CENT = 10n ** 13n;
  fc.assert(
    fc.property(prices, quantities, modes, (each, shares, mode) => {
      const difference = principal(each, shares, 'USD', mode).amount * UNITS_PER_CENT - each * shares;
      assert.ok(difference > -UNITS_PER_CENT && difference < UNITS_PER_CENT);
      if (mode === 'UP' || mode === 'CEILING') assert.ok(difference >= 0n);
      if (mode === 'DOWN' || mode === 'FLOOR') assert.ok(difference <= 0n);
    }),
  );
});

test('principals of partial fills rounded up never add to less than the principal of the whole', () => {
  fc.assert(
    fc.property(prices, quantities, quantities, (each, first, second) => {
      const inParts =
        principal(each, first, 'USD', 'UP').amount + principal(each, second, 'USD', 'UP').amount;
      const whole = principal(each, addQuantity(first, second), 'USD', 'UP').amount;
      assert.ok(inParts >= whole && inParts <= whole + 1n);
    }),
  );
});

test('a market buy is protected at the ask plus five percent', () => {
  assert.equal(formatPrice(scalePrice(price('120.50'), 105n, 100n, 'UP')), '126.525');
  assert.equal(formatPrice(scalePrice(price('0.000001'), 105n, 100n, 'UP')), '0.000002');
  assert.equal(formatPrice(scalePrice(price('0.000001'), 105n, 100n, 'DOWN')), '0.000001');
});

test('the average of no fills, or of fills of nothing, is undefined', () => {
  assert.equal(averagePrice([], 'HALF_EVEN'), undefined);
  assert.equal(averagePrice([{ price: price('1'), quantity: quantity('0') }], 'HALF_EVEN'), undefined);
});

test('the average price is weighted by quantity', () => {
  const average = averagePrice(
    [
      { price: price('120.00'), quantity: quantity('30') },
      { price: price('121.00'), quantity: quantity('10') },
    ],
    'HALF_EVEN',
  );
  assert.equal(average, price('120.25'));
});

test('the average price lies between the lowest and the highest fill, in every mode', () => {
  fc.assert(
    fc.property(fills, modes, (filled, mode) => {
      const average = averagePrice(filled, mode);
      assert.ok(average !== undefined);
      assert.ok(filled.some((fill) => fill.price <= average));
      assert.ok(filled.some((fill) => fill.price >= average));
    }),
  );
});

test('a fill split in two does not move the average', () => {
  fc.assert(
    fc.property(fills, prices, quantities, quantities, modes, (others, each, first, second, mode) => {
      const split = [...others, { price: each, quantity: first }, { price: each, quantity: second }];
      const joined = [...others, { price: each, quantity: addQuantity(first, second) }];
      assert.equal(averagePrice(split, mode), averagePrice(joined, mode));
    }),
  );
});

test('refuses to average a fill of a negative quantity', () => {
  assert.throws(() => averagePrice([{ price: price('1'), quantity: quantity('-1') }], 'UP'), /negative/);
});

test('a price rounded to the tick lies on it, less than one tick away, and stays there', () => {
  const ticks = fc.bigInt({ min: 1n, max: 10n ** 7n }).map(priceOf);
  fc.assert(
    fc.property(prices, ticks, modes, (value, tick, mode) => {
      const rounded = roundToTick(value, tick, mode);
      assert.ok(isMultipleOf(rounded, tick));
      assert.ok(rounded - value < tick && value - rounded < tick);
      assert.equal(roundToTick(rounded, tick, mode), rounded);
    }),
  );
});

test('rounds to the tick on the side asked for, and refuses a tick of zero', () => {
  assert.equal(roundToTick(price('120.507'), price('0.01'), 'DOWN'), price('120.50'));
  assert.equal(roundToTick(price('120.507'), price('0.01'), 'UP'), price('120.51'));
  assert.equal(roundToTick(price('120.505'), price('0.01'), 'HALF_EVEN'), price('120.50'));
  assert.throws(() => roundToTick(price('1'), price('0'), 'UP'), /tick must be positive/);
});
