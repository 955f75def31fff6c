import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { price } from '@simplebank/money';
import { createQuoteBoard, oldestQuoteMs } from './quotes.ts';
import type { QuoteRecord } from './store.ts';

const prices = { bid: price('120.00'), ask: price('120.10'), last: price('120.05') };

test('a quote counts until it is too old, whoever has read it from the exchange', async () => {
  let now = 1_700_000_000_000;
  const kept = new Map<string, QuoteRecord>();
  const store = {
    quotes: async () => kept,
    saveQuotes: async (quotes: ReadonlyMap<string, QuoteRecord>) =>
      quotes.forEach((quote, symbol) => kept.set(symbol, quote)),
  };
  const holder = createQuoteBoard(store, () => now);
  const other = createQuoteBoard(store, () => now);
  holder.update('ACME', prices, new Date(now));
  await holder.save();
  now += oldestQuoteMs;
  await other.load();
  for (const board of [holder, other]) assert.equal(board.quote('ACME')?.ask, prices.ask);
  now += 1;
  for (const board of [holder, other]) {
    assert.equal(board.quote('ACME'), undefined);
    // What is too old to count is still older than what comes next.
    assert.deepEqual([board.quotedAtMs('ACME'), board.quotedAtMs('NOPE')], [now - 1 - oldestQuoteMs, 0]);
  }
  holder.update('ACME', { bid: price('121.00') }, new Date(now));
  assert.deepEqual(holder.quote('ACME'), { ...prices, bid: price('121.00'), at: new Date(now) });
});
