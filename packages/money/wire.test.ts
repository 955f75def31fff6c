import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { CURRENCIES, money } from './money.ts';
import { moneyFromWire, moneyToWire } from './wire.ts';

test('travels as a decimal string with its currency, and comes back as it was', () => {
  assert.deepEqual(moneyToWire(money(-5n, 'USD')), { amount: '-0.05', currency: 'USD' });
  fc.assert(
    fc.property(
      fc.constantFrom(...CURRENCIES),
      fc.bigInt({ min: -(10n ** 17n), max: 10n ** 17n }),
      (currency, amount) => {
        const value = money(amount, currency);
        assert.deepEqual(moneyFromWire(moneyToWire(value)), value);
      },
    ),
  );
});

for (const [amount, currency] of [
  ['1.00', 'XXX'],
  ['1.001', 'USD'],
  ['one', 'USD'],
] as const) {
  test(`refuses ${amount} ${currency}`, () => {
    assert.throws(() => moneyFromWire({ amount, currency }));
  });
}
