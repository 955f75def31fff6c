// Estimates and reservations: examples to read, and the property that a buy's reservation always suffices.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import {
  compareMoney,
  multiplyRatio,
  price,
  priceOf,
  principal,
  quantity,
  quantityOf,
  sumMoney,
  usd,
} from '@simplebank/money';
import type { Fill } from '@simplebank/money';
import type { Instrument } from './instrument.ts';
import {
  cashToReserve,
  executionPrincipal,
  holdFor,
  lotsOf,
  previewOf,
  protectingLimit,
  quoteOf,
  referencePrice,
} from './order-estimate.ts';
import type { DealTerms } from './order-terms.ts';

const instrument: Instrument = {
  tickSize: price('0.05'),
  lotSize: quantity('1'),
  currency: 'USD',
  quote: { bid: price('99.95'), ask: price('100.05'), last: price('100.00') },
};
const ceilingRule = { basisPoints: 10n, perLot: usd('0.01') };
const buy: DealTerms = {
  symbol: 'ACME',
  side: 'BUY',
  orderType: 'MARKET',
  timeInForce: 'DAY',
  quantity: quantity('10'),
  limitPrice: null,
};
const sell: DealTerms = { ...buy, side: 'SELL' };
const limitBuy: DealTerms = { ...buy, orderType: 'LIMIT', limitPrice: price('90.00') };

describe('an estimate', () => {
  it('takes the limit, else the ask for a buy and the bid for a sell, else nothing', () => {
    assert.equal(referencePrice(limitBuy, instrument), price('90.00'));
    assert.equal(referencePrice(buy, instrument), price('100.05'));
    assert.equal(referencePrice(sell, instrument), price('99.95'));
    assert.equal(referencePrice(buy, { ...instrument, quote: null }), undefined);
  });

  it('protects a market buy 5 % above the ask, rounded up to the tick', () => {
    assert.equal(protectingLimit(price('100.05'), price('0.05')), price('105.10'));
    assert.equal(protectingLimit(price('100.00'), price('0.05')), price('105.00'));
  });

  it('previews cash with its sign, and what a buy sets aside', () => {
    const fee = usd('1.00');
    assert.deepEqual(previewOf(buy, instrument, fee, ceilingRule), {
      price: price('100.05'),
      principal: usd('1000.50'),
      fee,
      cashEffect: usd('-1001.50'),
      // 10 × 105.10, a tenth of a percent of it rounded up, a cent a lot.
      cashReserved: usd('1052.16'),
    });
    const preview = previewOf(sell, instrument, fee, ceilingRule);
    assert.deepEqual(preview?.cashEffect, usd('998.50'));
    assert.deepEqual(preview?.cashReserved, usd('0.00'));
    assert.equal(previewOf(buy, { ...instrument, quote: null }, fee, ceilingRule), undefined);
  });

  it('reserves without the fees as long as nobody knows their rule', () => {
    assert.deepEqual(cashToReserve(buy, instrument, 'unknown'), usd('1051.00'));
  });

  it('falls back to the last rule when fees do not answer, and says so', () => {
    const quoted = quoteOf(limitBuy, instrument, { scheduleId: 'S1', estimate: undefined, ceilingRule });
    assert.deepEqual(quoted, {
      scheduleId: 'S1',
      estimate: usd('0.91'),
      ceiling: usd('1.00'),
      referencePrice: price('90.00'),
      fallback: true,
    });
  });

  it('holds the shares of a sell, and the cash of a buy at its worst price', () => {
    const schedule = { scheduleId: 'S1', estimate: usd('1.00'), ceilingRule };
    const quoteFor = (terms: DealTerms) => quoteOf(terms, instrument, schedule) ?? assert.fail();
    assert.deepEqual(holdFor(sell, quoteFor(sell), instrument.tickSize), {
      kind: 'shares',
      symbol: 'ACME',
      quantity: quantity('10'),
    });
    assert.deepEqual(holdFor(buy, quoteFor(buy), instrument.tickSize), {
      kind: 'cash',
      principal: usd('1051.00'),
      fee: usd('1.16'),
      protectingLimit: price('105.10'),
    });
    assert.deepEqual(holdFor(limitBuy, quoteFor(limitBuy), instrument.tickSize), {
      kind: 'cash',
      principal: usd('900.00'),
      fee: usd('1.00'),
      protectingLimit: null,
    });
  });
});

describe('the principals of executions', () => {
  it('sum to the total rounded once, though each alone would be rounded', () => {
    const fills: Fill[] = [1, 2, 3].map(() => ({ price: price('0.005'), quantity: quantity('1') }));
    const principals = fills.map((_, index) => executionPrincipal(fills, index, 'USD'));
    // 0.005, 0.010 and 0.015 round half-even to 0.00, 0.01 and 0.02.
    assert.deepEqual(principals, [usd('0.00'), usd('0.01'), usd('0.01')]);
  });

  it('fit into what was reserved, with their fees, however the exchange splits the order', () => {
    const story = fc.record({
      limit: fc.bigInt(1n, 5_000_000_000n),
      lotSize: fc.constantFrom(quantity('1'), quantity('0.001'), quantity('0.000000001')),
      splits: fc.array(fc.record({ lots: fc.bigInt(1n, 50n), below: fc.bigInt(0n, 999n) }), {
        minLength: 1,
        maxLength: 30,
      }),
    });
    fc.assert(
      fc.property(story, ({ limit, lotSize, splits }) => {
        const lots = splits.reduce((sum, split) => sum + split.lots, 0n);
        const terms: DealTerms = {
          ...buy,
          orderType: 'LIMIT',
          limitPrice: priceOf(limit),
          quantity: quantityOf(lots * lotSize),
        };
        const fine: Instrument = { ...instrument, lotSize, tickSize: priceOf(1n) };
        const quoted = quoteOf(terms, fine, { scheduleId: 'S1', estimate: undefined, ceilingRule });
        assert.ok(quoted !== undefined);
        const hold = holdFor(terms, quoted, fine.tickSize);
        assert.ok(hold.kind === 'cash');
        const fills = splits.map(({ lots: part, below }) => ({
          price: priceOf(limit > below ? limit - below : 1n),
          quantity: quantityOf(part * lotSize),
        }));
        const principals = fills.map((_, index) => executionPrincipal(fills, index, 'USD'));
        const fees = principals.map((amount) => multiplyRatio(amount, 10n, 10_000n, 'UP'));
        assert.ok(principals.every(({ amount }) => amount >= 0n));
        assert.ok(compareMoney(sumMoney(principals, 'USD'), hold.principal) <= 0);
        assert.ok(compareMoney(sumMoney(fees, 'USD'), hold.fee) <= 0);
        assert.equal(lotsOf(terms.quantity, lotSize), lots);
      }),
    );
  });

  it('would not fit if each were rounded by itself', () => {
    const fills: Fill[] = [1, 2, 3].map(() => ({ price: price('0.006'), quantity: quantity('1') }));
    const alone = fills.map((fill) => principal(fill.price, fill.quantity, 'USD', 'HALF_EVEN'));
    const reserved = principal(price('0.006'), quantity('3'), 'USD', 'UP');
    assert.equal(compareMoney(sumMoney(alone, 'USD'), reserved), 1);
  });
});
