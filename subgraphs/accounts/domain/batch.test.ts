import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { quantity } from '@simplebank/money';
import type { Balance } from './ledger-account.ts';
import { customerAccount } from './ledger-account.ts';
import { cash, charge, MemoryLedger, open, release, reserve, shares, trade, usd } from './ledger.fixture.ts';
import { anyCommands } from './random-commands.fixture.ts';

const account = (asset: string) => customerAccount('acc-1', asset).id;

test('a batch sees what its earlier commands did: what is reserved, posted and released in one go', () => {
  const ledger = new MemoryLedger();
  const results = ledger.run(
    open('USD', 0n),
    open('ACME', quantity('10')),
    reserve('o1', shares('10')),
    reserve('o2', shares('1')),
    trade('e1', 'o1', { quantity: quantity('4'), principal: usd('40.00') }),
    charge('e1', 'o1', { fee: usd('0.50') }),
    release('o1'),
    reserve('o3', shares('6')),
    reserve('o4', cash('39.50', '0.00')),
    reserve('o1', shares('1')),
  );
  assert.deepEqual(results, [
    'DONE',
    'DONE',
    'DONE',
    'INSUFFICIENT_SHARES',
    'DONE',
    'DONE',
    'DONE',
    'DONE',
    'DONE',
    'TRANSFER_ID_REUSED',
  ]);
  assert.deepEqual(ledger.balances.get(account('ACME')), { posted: quantity('6'), reserved: quantity('6') });
  assert.deepEqual(ledger.balances.get(account('USD')), { posted: 3950n, reserved: 3950n });
});

test("a sell's proceeds cannot be spent until its fee is taken", () => {
  const ledger = new MemoryLedger();
  ledger.run(open('USD', 0n), open('ACME', quantity('10')), reserve('o1', shares('10')), trade('e1', 'o1'));
  assert.deepEqual(ledger.run(reserve('o2', cash('0.01', '0.00'))), ['INSUFFICIENT_CASH']);
  assert.deepEqual(ledger.run(charge('e1', 'o1')), ['DONE']);
  assert.deepEqual(ledger.run(reserve('o2', cash('99.00', '0.00'))), ['DONE']);
});

test('two commands that would cover each other do not: each needs what is there before it', () => {
  const ledger = new MemoryLedger();
  ledger.run(open('USD', 0n), open('USD', 0n, { accountId: 'acc-2' }));
  const results = ledger.run(
    reserve('o1', cash('100.00', '0.00')),
    reserve('o2', cash('100.00', '0.00'), { accountId: 'acc-2' }),
  );
  assert.deepEqual(results, ['INSUFFICIENT_CASH', 'INSUFFICIENT_CASH']);
});

test('a batch has the results and balances of its commands one by one, wherever it is cut', () => {
  fc.assert(
    fc.property(
      anyCommands,
      fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1 }),
      (commands, sizes) => {
        const [batched, single] = [new MemoryLedger(), new MemoryLedger()];
        const results: string[] = [];
        for (let at = 0, turn = 0; at < commands.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          results.push(...batched.run(...commands.slice(at, at + size)));
          at += size;
        }
        assert.deepEqual(
          results,
          commands.flatMap((command) => single.run(command)),
        );
        assert.deepEqual(sorted(batched.balances), sorted(single.balances));
      },
    ),
    { numRuns: 300 },
  );
});

test('no customer ever has less than nothing available, and each asset sums to zero', () => {
  fc.assert(
    fc.property(anyCommands, (commands) => {
      const ledger = new MemoryLedger();
      for (const command of commands) {
        ledger.run(command);
        const sums = new Map<string, bigint>();
        for (const [id, { posted, reserved }] of ledger.balances) {
          assert.ok(reserved >= 0n, id);
          if (id.startsWith('customer:')) assert.ok(posted - reserved >= 0n, id);
          const asset = id.split(':').at(-1) ?? '';
          sums.set(asset, (sums.get(asset) ?? 0n) + posted);
        }
        assert.ok([...sums.values()].every((sum) => sum === 0n));
      }
    }),
    { numRuns: 100 },
  );
});

function sorted(balances: ReadonlyMap<string, Balance>): [string, Balance][] {
  return [...balances].toSorted(([a], [b]) => (a < b ? -1 : 1));
}
