import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  addMoney,
  compareMoney,
  formatMoney,
  money,
  moneyOf,
  multiplyRatio,
  quantity,
  quantityOf,
  sumMoney,
  usd,
} from '@simplebank/money';
import { ceilingRuleOf, feesOf, totalOf, type FeeSchedule } from './fee-schedule.ts';

const schedule: FeeSchedule = {
  id: 'test',
  commissionBasisPoints: 5,
  secFeePerMillion: usd('27.80'),
  tafPerShareMicros: 166,
  tafCap: usd('8.30'),
};
const noCap = usd('1000000000.00');

const rows = [
  { side: 'SELL', shares: '100', principal: '12000.00', commission: '6.00', secFee: '0.34', taf: '0.02' },
  { side: 'BUY', shares: '100', principal: '12000.00', commission: '6.00', secFee: '0.00', taf: '0.00' },
  { side: 'SELL', shares: '1', principal: '1.00', commission: '0.01', secFee: '0.01', taf: '0.01' },
  {
    side: 'SELL',
    shares: '50000',
    principal: '1000000.00',
    commission: '500.00',
    secFee: '27.80',
    taf: '8.30',
  },
  { side: 'SELL', shares: '60000', principal: '10.00', commission: '0.01', secFee: '0.01', taf: '8.30' },
] as const;

for (const row of rows) {
  test(`charges a ${row.side} of ${row.shares} shares for ${row.principal} with each part rounded up to the cent`, () => {
    const execution = { side: row.side, quantity: quantity(row.shares), principal: usd(row.principal) };
    const fees = feesOf(schedule, execution, noCap);
    assert.deepEqual([fees.commission, fees.secFee, fees.tradingActivityFee].map(formatMoney), [
      row.commission,
      row.secFee,
      row.taf,
    ]);
  });
}

test('never charges more than the cap: the commission gives way first, then the trading activity fee', () => {
  const execution = { side: 'SELL', quantity: quantity('1'), principal: usd('0.02') } as const;
  const fees = feesOf(schedule, execution, usd('0.02'));
  assert.deepEqual([fees.secFee, fees.tradingActivityFee, fees.commission].map(formatMoney), [
    '0.01',
    '0.01',
    '0.00',
  ]);
});

test('keeps the total within any cap and every part at zero or more', () => {
  fc.assert(
    fc.property(
      fc.constantFrom('BUY' as const, 'SELL' as const),
      fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fc.bigInt({ min: 0n, max: 10n ** 12n }),
      fc.bigInt({ min: 0n, max: 10n ** 6n }),
      (side, units, principalMinor, capMinor) => {
        const execution = { side, quantity: quantityOf(units), principal: money(principalMinor, 'USD') };
        const fees = feesOf(schedule, execution, money(capMinor, 'USD'));
        for (const part of Object.values(fees)) assert.ok(part.amount >= 0n);
        assert.ok(totalOf(fees).amount <= capMinor);
      },
    ),
  );
});

test('has a ceiling rule that covers a buy, however many executions fill it', () => {
  const fill = fc.record({
    lots: fc.bigInt({ min: 1n, max: 500n }),
    minorPerLot: fc.bigInt({ min: 1n, max: 500_000n }),
  });
  fc.assert(
    fc.property(fc.array(fill, { minLength: 1, maxLength: 20 }), (fills) => {
      const lots = fills.reduce((sum, each) => sum + each.lots, 0n);
      const principals = fills.map((each) => money(each.lots * each.minorPerLot, 'USD'));
      const charged = fills.map((each, index) =>
        totalOf(
          feesOf(
            schedule,
            {
              side: 'BUY',
              quantity: quantityOf(each.lots * 10n ** 9n),
              principal: principals[index] ?? moneyOf('0.00', 'USD'),
            },
            noCap,
          ),
        ),
      );
      const { basisPoints, perLot } = ceilingRuleOf(schedule);
      const share = multiplyRatio(sumMoney(principals, 'USD'), BigInt(basisPoints), 10_000n, 'UP');
      const ceiling = addMoney(share, multiplyRatio(perLot, lots, 1n, 'UP'));
      assert.ok(compareMoney(sumMoney(charged, 'USD'), ceiling) <= 0);
    }),
  );
});
