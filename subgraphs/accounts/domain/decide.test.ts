// The precedence of results: each row breaks every rule from its own on, and only the first broken one answers.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { quantity } from '@simplebank/money';
import type { Command, Result } from './command.ts';
import { cash, charge, MemoryLedger, open, release, reserve, shares, trade, usd } from './ledger.fixture.ts';

interface Row {
  readonly title: string;
  readonly given: readonly Command[];
  readonly when: Command;
  readonly then: Result;
}

const rich = [open('USD', 100_000n), open('ACME', quantity('100'))];
const sold = [...rich, reserve('o1', shares('50'))];
const bought = [...rich, reserve('o1', cash('500.00', '5.00'))];
const buy = { side: 'BUY' } as const;

const rows: readonly Row[] = [
  {
    title: 'a reserve repeated with the same body is done',
    given: sold,
    when: reserve('o1', shares('50')),
    then: 'DONE',
  },
  {
    title: 'a reserve repeated with the same body is done, also after the release',
    given: [...sold, release('o1')],
    when: reserve('o1', shares('50')),
    then: 'DONE',
  },
  {
    title: 'a reserve with another body is a reused id, though released, unknown and too much',
    given: [...sold, release('o1')],
    when: reserve('o1', shares('999'), { accountId: 'acc-unknown' }),
    then: 'TRANSFER_ID_REUSED',
  },
  {
    title: 'an order that reserved shares cannot reserve cash too',
    given: sold,
    when: reserve('o1', cash('1.00', '0.00')),
    then: 'TRANSFER_ID_REUSED',
  },
  {
    title: 'a reserve after the release is too late, though its account is unknown',
    given: [...rich, release('o1')],
    when: reserve('o1', shares('999'), { accountId: 'acc-unknown' }),
    then: 'RESERVATION_RESOLVED',
  },
  {
    title: 'a reserve for an unknown account says so before it counts shares',
    given: rich,
    when: reserve('o1', shares('999'), { accountId: 'acc-unknown' }),
    then: 'UNKNOWN_LEDGER_ACCOUNT',
  },
  {
    title: 'more shares than available',
    given: sold,
    when: reserve('o2', shares('51')),
    then: 'INSUFFICIENT_SHARES',
  },
  { title: 'all shares available', given: sold, when: reserve('o2', shares('50')), then: 'DONE' },
  {
    title: 'shares of an instrument never held',
    given: rich,
    when: reserve('o1', shares('1', 'GLOBEX')),
    then: 'INSUFFICIENT_SHARES',
  },
  {
    title: 'cash for principal but not for the fee',
    given: rich,
    when: reserve('o1', cash('1000.00', '0.01')),
    then: 'INSUFFICIENT_CASH',
  },
  {
    title: 'cash for both, to the cent',
    given: rich,
    when: reserve('o1', cash('999.99', '0.01')),
    then: 'DONE',
  },

  {
    title: 'a trade repeated is done',
    given: [...sold, trade('e1', 'o1')],
    when: trade('e1', 'o1'),
    then: 'DONE',
  },
  {
    title: 'a trade repeated after the release is done',
    given: [...sold, trade('e1', 'o1'), release('o1')],
    when: trade('e1', 'o1'),
    then: 'DONE',
  },
  {
    title: 'an execution id with another body is reused, though released and unknown',
    given: [...sold, trade('e1', 'o1'), release('o1')],
    when: trade('e1', 'o-unknown'),
    then: 'TRANSFER_ID_REUSED',
  },
  {
    title: 'a trade after the release is too late, though it is too large',
    given: [...sold, release('o1')],
    when: trade('e1', 'o1', { quantity: quantity('51') }),
    then: 'RESERVATION_RESOLVED',
  },
  {
    title: 'a trade without a reservation',
    given: rich,
    when: trade('e1', 'o1'),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: "a trade of another symbol than the order's",
    given: sold,
    when: trade('e1', 'o1', { symbol: 'GLOBEX' }),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: "a trade of another account than the order's",
    given: sold,
    when: trade('e1', 'o1', { accountId: 'acc-2' }),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: 'a buy of an order that sells',
    given: sold,
    when: trade('e1', 'o1', buy),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: 'a sell paid in a currency without an account says so, though it is too large',
    given: sold,
    when: trade('e1', 'o1', { principal: usd('1.00', 'EUR'), quantity: quantity('51') }),
    then: 'UNKNOWN_LEDGER_ACCOUNT',
  },
  {
    title: 'a trade larger than what is reserved',
    given: sold,
    when: trade('e1', 'o1', { quantity: quantity('50.000000001') }),
    then: 'RESERVATION_EXCEEDED',
  },
  {
    title: 'parts that together exceed what is reserved',
    given: [...sold, trade('e1', 'o1', { quantity: quantity('45') })],
    when: trade('e2', 'o1', { quantity: quantity('5.000000001') }),
    then: 'RESERVATION_EXCEEDED',
  },
  {
    title: 'a buy dearer than its reserved principal, though the fee has cash left',
    given: bought,
    when: trade('e1', 'o1', { ...buy, principal: usd('500.01') }),
    then: 'RESERVATION_EXCEEDED',
  },

  {
    title: 'a fee repeated is done',
    given: [...sold, trade('e1', 'o1'), charge('e1', 'o1')],
    when: charge('e1', 'o1'),
    then: 'DONE',
  },
  {
    title: 'a fee with another body is a reused id',
    given: [...sold, trade('e1', 'o1'), charge('e1', 'o1')],
    when: charge('e1', 'o1', { fee: usd('1.01') }),
    then: 'TRANSFER_ID_REUSED',
  },
  { title: 'a fee before its trade', given: sold, when: charge('e1', 'o1'), then: 'UNKNOWN_RESERVATION' },
  {
    title: "a buy's fee before its trade",
    given: bought,
    when: charge('e1', 'o1', buy),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: 'a fee for a trade of another order',
    given: [...sold, trade('e1', 'o1'), reserve('o2', shares('1'))],
    when: charge('e1', 'o2'),
    then: 'UNKNOWN_RESERVATION',
  },
  {
    title: "a buy's fee after the release",
    given: [...bought, trade('e1', 'o1', buy), release('o1')],
    when: charge('e1', 'o1', buy),
    then: 'RESERVATION_RESOLVED',
  },
  {
    title: "a sell's fee after the release still finds its proceeds",
    given: [...sold, trade('e1', 'o1'), release('o1')],
    when: charge('e1', 'o1'),
    then: 'DONE',
  },
  {
    title: "a sell's fee above its proceeds",
    given: [...sold, trade('e1', 'o1')],
    when: charge('e1', 'o1', { fee: usd('100.01') }),
    then: 'RESERVATION_EXCEEDED',
  },
  {
    title: "a buy's fees above their ceiling",
    given: [...bought, trade('e1', 'o1', buy)],
    when: charge('e1', 'o1', { ...buy, fee: usd('5.01') }),
    then: 'RESERVATION_EXCEEDED',
  },
  {
    title: 'a fee of nothing',
    given: [...sold, trade('e1', 'o1')],
    when: charge('e1', 'o1', { fee: usd('0.00') }),
    then: 'DONE',
  },

  { title: 'a release without a reservation', given: rich, when: release('o1'), then: 'DONE' },
  { title: 'a release repeated', given: [...sold, release('o1')], when: release('o1'), then: 'DONE' },
  { title: 'an opening repeated', given: rich, when: open('USD', 100_000n), then: 'DONE' },
  { title: 'an opening of another amount', given: rich, when: open('USD', 1n), then: 'TRANSFER_ID_REUSED' },
];

for (const { title, given, when, then } of rows) {
  test(`${title}: ${then}`, () => {
    const ledger = new MemoryLedger();
    const before = ledger.run(...given);
    assert.deepEqual(new Set(before), new Set(['DONE']), 'what is given is done');
    assert.deepEqual(ledger.run(when), [then]);
  });
}
