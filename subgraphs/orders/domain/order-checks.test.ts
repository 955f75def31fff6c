// The checks of an order's terms: each alone, and which of two mistakes is reported.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { price, quantity, usd } from '@simplebank/money';
import { checkFacts } from './order-checks.ts';
import type { TermsFacts, TermsFault } from './order-checks.ts';
import { checkClientOrderId, parseTerms } from './order-terms.ts';
import type { TermsInput } from './order-terms.ts';

const instrument = {
  tickSize: price('0.05'),
  lotSize: quantity('1'),
  currency: 'USD',
  quote: { bid: price('99.95'), ask: price('100.00'), last: price('100.00') },
} as const;
const good: TermsInput = {
  symbol: 'ACME',
  side: 'BUY',
  orderType: 'LIMIT',
  timeInForce: 'DAY',
  quantity: '10',
  limitPrice: '100.00',
};
const market: Partial<TermsInput> = { orderType: 'MARKET', limitPrice: null };
const facts: TermsFacts = {
  account: { status: 'OPEN', orderLimit: usd('2000.00') },
  instrument,
  availability: { cash: usd('1001.10'), shares: quantity('10') },
  feeCeilingRule: { basisPoints: 10n, perLot: usd('0.01') },
};
const unknown: TermsFacts = {
  account: 'unknown',
  instrument: 'unknown',
  availability: 'unknown',
  feeCeilingRule: 'unknown',
};

/** In the order of precedence: each mistake is reported before all that stand below it. */
type Mistake = readonly [code: TermsFault, input: Partial<TermsInput>, facts: Partial<TermsFacts>];
const mistakes: readonly Mistake[] = [
  ['QUANTITY_NOT_A_NUMBER', { quantity: 'ten' }, {}],
  ['QUANTITY_TOO_PRECISE', { quantity: '1.0000000001' }, {}],
  ['QUANTITY_TOO_LARGE', { quantity: '1000000001' }, {}],
  ['QUANTITY_NOT_POSITIVE', { quantity: '0' }, {}],
  ['QUANTITY_NOT_POSITIVE', { quantity: '-1' }, {}],
  ['LIMIT_PRICE_REQUIRED', { limitPrice: null }, {}],
  ['LIMIT_PRICE_NOT_ALLOWED', { orderType: 'MARKET' }, {}],
  ['PRICE_NOT_A_NUMBER', { limitPrice: 100 }, {}],
  ['PRICE_TOO_PRECISE', { limitPrice: '100.0000001' }, {}],
  ['PRICE_TOO_LARGE', { limitPrice: '10000001' }, {}],
  ['PRICE_NOT_POSITIVE', { limitPrice: '0.00' }, {}],
  ['ACCOUNT_CLOSED', {}, { account: { status: 'CLOSED', orderLimit: usd('2000.00') } }],
  ['UNKNOWN_SYMBOL', {}, { instrument: 'missing' }],
  ['QUANTITY_TOO_PRECISE', { quantity: '10.5' }, {}],
  ['PRICE_OFF_TICK', { limitPrice: '100.01' }, {}],
  ['QUOTE_UNAVAILABLE', market, { instrument: { ...instrument, quote: null } }],
  ['PRICE_OUT_OF_BAND', { limitPrice: '120.05' }, {}],
  ['PRICE_OUT_OF_BAND', { limitPrice: '79.95' }, {}],
  ['ORDER_LIMIT_EXCEEDED', { quantity: '21' }, {}],
  ['INSUFFICIENT_SHARES', { side: 'SELL', quantity: '11' }, {}],
  ['INSUFFICIENT_CASH', { quantity: '11' }, {}],
];

/** The form first, then the facts, as placeOrder and previewOrder do it. */
function check(input: Partial<TermsInput>, known: Partial<TermsFacts>): TermsFault | 'fine' {
  const parsed = parseTerms({ ...good, ...input });
  if (!parsed.ok) return parsed.code;
  return checkFacts(parsed.value, { ...facts, ...known }) ?? 'fine';
}

describe('the checks of an order', () => {
  it('let a good order pass, to the last cent and the edge of the band', () => {
    assert.equal(check({}, {}), 'fine');
    assert.equal(check({ ...market, side: 'SELL' }, {}), 'fine');
    assert.equal(check({ limitPrice: '80.00' }, {}), 'fine');
    assert.equal(check({ side: 'SELL', limitPrice: '120.00' }, {}), 'fine');
  });

  for (const [code, input, known] of mistakes) {
    it(`say ${code} for ${Object.values(input).join(' ') || Object.keys(known).join()}`, () => {
      assert.equal(check(input, known), code);
    });
  }

  it('report the first of two mistakes', () => {
    let compared = 0;
    for (const [index, [code, input, known]] of mistakes.entries()) {
      for (const [, otherInput, otherKnown] of mistakes.slice(index + 1)) {
        // What the first mistake says wins where both speak of the same thing.
        if (Object.keys(input).some((key) => key in otherInput)) continue;
        if (Object.keys(known).some((key) => key in otherKnown)) continue;
        if (code.startsWith('LIMIT_PRICE') && 'orderType' in otherInput) continue;
        compared += 1;
        const both = check({ ...otherInput, ...input }, { ...otherKnown, ...known });
        assert.equal(both, code, JSON.stringify([code, otherInput]));
      }
    }
    assert.ok(compared > 60, `only ${compared} pairs can be compared`);
  });

  it('demand a cent more than is there and refuse', () => {
    const short = { availability: { cash: usd('1001.09'), shares: quantity('10') } };
    assert.equal(check({}, short), 'INSUFFICIENT_CASH');
    assert.equal(check({}, { ...short, feeCeilingRule: 'unknown' }), 'fine');
  });

  it('leave to the saga what nobody could answer', () => {
    const input = { ...good, quantity: '10.5', limitPrice: '1000.01' };
    assert.equal(check(input, unknown), 'fine');
    const { account, availability } = facts;
    assert.equal(check({ ...good, quantity: '1000' }, { ...unknown, account, availability }), 'fine');
    const manyShares: TermsInput = { ...good, side: 'SELL', quantity: '1000' };
    assert.equal(check(manyShares, { ...unknown, availability }), 'INSUFFICIENT_SHARES');
  });

  it('know no band where there is no quote for a limit order', () => {
    assert.equal(check({ limitPrice: '1.00' }, { instrument: { ...instrument, quote: null } }), 'fine');
  });

  it('say the same to the saga, which has the terms read already', () => {
    const parsed = parseTerms(good);
    assert.ok(parsed.ok);
    assert.equal(checkFacts(parsed.value, facts), undefined);
    assert.equal(checkFacts(parsed.value, { ...facts, instrument: 'missing' }), 'UNKNOWN_SYMBOL');
  });
});

describe('a client order id', () => {
  it('has 1 to 64 printable characters', () => {
    assert.equal(checkClientOrderId('a'.repeat(64)), undefined);
    for (const text of ['', 'a'.repeat(65), 'line\nbreak', 'caf\u00e9']) {
      assert.equal(checkClientOrderId(text), 'CLIENT_ORDER_ID_INVALID', text);
    }
  });
});
