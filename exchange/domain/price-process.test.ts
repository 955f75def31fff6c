// The simulated market: the same for the same seed, bounded, never crossed, and lively enough to fill orders.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { formatPrice, parsePrice, parseQuantity } from './decimal.ts';
import { background, MAX_DEVIATION, referencePrice } from './price-process.ts';

const acme = { symbol: 'ACME', basePrice: 120_000_000n, tick: 10_000n };
const liquidity = { levels: 4, minShares: 15, maxShares: 50 };
const someTick = fc.integer({ min: 0, max: 20_000_000_000 });

test('seed, symbol and tick alone decide', () => {
  fc.assert(
    fc.property(fc.nat(), someTick, (seed, tick) =>
      assert.deepEqual(background(seed, acme, tick, liquidity), background(seed, acme, tick, liquidity)),
    ),
  );
  assert.notDeepEqual(background(1, acme, 5, liquidity), background(2, acme, 5, liquidity));
  assert.notDeepEqual(background(1, acme, 5, liquidity), background(1, acme, 6, liquidity));
});

test('prices stay on the tick and within bounds, and both sides stay apart', () => {
  fc.assert(
    fc.property(fc.nat(), someTick, (seed, tick) => {
      const { bids, asks, reference } = background(seed, acme, tick, liquidity);
      const deviation = Number(reference - acme.basePrice) / Number(acme.basePrice);
      assert.ok(Math.abs(deviation) <= MAX_DEVIATION + 0.0001);
      const prices = [...bids.toReversed(), ...asks].map(({ price }) => price);
      assert.ok(prices.every((price, at) => price % acme.tick === 0n && price > (prices[at - 1] ?? 0n)));
      assert.ok(bids[0]!.price < reference && reference < asks[0]!.price);
      for (const { open } of [...bids, ...asks]) assert.ok(open >= 15n && open <= 50n);
    }),
  );
});

test('the price moves, in small steps', () => {
  const prices = Array.from({ length: 3_000 }, (_, tick) => Number(referencePrice(7, acme, tick)));
  const steps = prices.slice(1).map((price, at) => Math.abs(price - prices[at]!) / price);
  assert.ok(Math.max(...steps) < 0.002);
  assert.ok(Math.max(...prices) / Math.min(...prices) > 1.01);
});

test('decimals keep their value and refuse what the exchange cannot hold', () => {
  fc.assert(fc.property(fc.bigInt(0n, 10n ** 15n), (price) => parsePrice(formatPrice(price)) === price));
  assert.equal(formatPrice(120_000_000n), '120.00');
  assert.equal(formatPrice(5n), '0.000005');
  for (const bad of ['1.0000001', '-1', 'x', '', '1.', '1e3']) assert.equal(parsePrice(bad), undefined);
  assert.equal(parseQuantity('100.000'), 100n);
  for (const bad of ['1.5', '-1', 'x', '']) assert.equal(parseQuantity(bad), undefined);
});
