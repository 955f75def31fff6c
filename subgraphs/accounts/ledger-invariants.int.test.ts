// The check must be able to fail: each row damages a good ledger in one way, past the service and past the
// tables' own walls, and names the invariants that find it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { buy, charge, openLedger, sell, trade } from './ledger.fixture.ts';
import { checkLedger } from './ledger-invariants.ts';

const transferSums = 'every transfer sums to zero per asset';
const entries = 'every posted transfer has its two entries, and no other entry exists';
const ledgerSum = 'the whole ledger sums to zero per asset';
const balances = 'every balance equals the sum of its entries';
const reserved = 'reserved equals the rest of the open reservations';
const available = 'no customer has less than nothing available';
const parts = 'no reservation has posted more than it set aside, and only between its own accounts';
const resolutions = 'each reservation ends once, with its rest given back, when its time has come';
const executions = 'every execution is posted once: shares and cash against each other, and at most one fee';
const references = 'every transfer stands between two known ledger accounts of its asset';

interface Damage {
  readonly title: string;
  readonly statements: readonly string[];
  readonly found: readonly string[];
}

const ownCash = `'customer:acc-1:USD'`;
const copyTransfer = (change: string, of: string) =>
  `insert into transfer select (t).* from (select jsonb_populate_record(transfer, '${change}') as t from transfer where id = '${of}') copied`;

const damages: readonly Damage[] = [
  { title: 'nothing', statements: [], found: [] },
  {
    title: 'a balance too high',
    statements: [`update ledger_account set posted = posted + 1 where id = ${ownCash}`],
    found: [ledgerSum, balances],
  },
  {
    title: 'an entry changed',
    statements: [`update entry set amount = amount + 1 where transfer_id = 'trade:e1:cash' and amount > 0`],
    found: [transferSums, entries, balances],
  },
  {
    title: 'an entry lost',
    statements: [`delete from entry where transfer_id = 'trade:e1:cash' and amount > 0`],
    found: [transferSums, entries, balances],
  },
  {
    title: 'both entries written twice, balances with them',
    statements: [
      `insert into entry (transfer_id, ledger_account_id, account_id, order_id, amount)
         select transfer_id, ledger_account_id, account_id, order_id, amount from entry where transfer_id = 'trade:e1:cash'`,
      `update ledger_account a set posted = posted + e.amount from (select distinct ledger_account_id, amount from entry
         where transfer_id = 'trade:e1:cash') e where e.ledger_account_id = a.id`,
    ],
    found: [entries],
  },
  {
    title: 'an entry that names another account',
    statements: [`update entry set account_id = 'acc-2' where transfer_id = 'trade:e1:cash' and amount > 0`],
    found: [references],
  },
  {
    title: 'something reserved without a reservation',
    statements: [`update ledger_account set reserved = reserved + 1 where id = ${ownCash}`],
    found: [reserved],
  },
  {
    title: 'more reserved than is there',
    statements: [
      `alter table ledger_account drop constraint available_not_negative`,
      `update ledger_account set reserved = posted + 1 where id = ${ownCash}`,
    ],
    found: [reserved, available],
  },
  {
    title: 'an execution posted a second time under another id',
    statements: [copyTransfer('{"id": "trade:e1:again"}', 'trade:e1:cash')],
    found: [entries, executions],
  },
  {
    title: 'a second fee',
    statements: [copyTransfer('{"id": "fee:e1:again", "amount": 0}', 'fee:e1')],
    found: [executions],
  },
  {
    title: 'a trade whose quantity is not what was moved',
    statements: [`update trade set quantity = quantity + 1 where execution_id = 'e1'`],
    found: [executions],
  },
  {
    title: 'a part that is larger than its reservation',
    statements: [`update transfer set amount = 1 where id = 'reserve:o2:principal'`],
    found: [reserved, parts],
  },
  {
    title: 'a part of no reservation',
    statements: [`update transfer set pending_id = 'reserve:o9:shares' where id = 'trade:e1:shares'`],
    found: [parts, resolutions],
  },
  {
    title: 'a reservation of a released order that never ended',
    statements: [`delete from resolution where pending_id = 'reserve:o1:shares'`],
    found: [reserved, resolutions],
  },
  {
    title: 'a reservation that ended twice',
    statements: [
      `alter table resolution drop constraint resolution_pkey`,
      `insert into resolution select * from resolution where pending_id = 'reserve:o1:shares'`,
    ],
    found: [resolutions],
  },
  {
    title: 'a reservation that ended before its order was released',
    statements: [`insert into resolution (pending_id, voided) values ('reserve:o2:fee', 0)`],
    found: [reserved, resolutions],
  },
  {
    title: 'less given back than was left',
    statements: [`update resolution set voided = voided - 1 where pending_id = 'reserve:o1:shares'`],
    found: [resolutions],
  },
  {
    title: 'a ledger account lost',
    statements: [`delete from ledger_account where id = 'fees:USD'`],
    found: [ledgerSum, transferSums, balances, references],
  },
];

for (const { title, statements, found } of damages) {
  test(`the check finds ${title}`, async () => {
    await using bank = await openLedger({ 'acc-1': { USD: '1000.00', ACME: '100' } });
    const { ledger, database } = bank;
    await ledger.reserve(sell('o1', '60'));
    await ledger.postTrade(trade('e1', 'o1', 'SELL', '20', '200.00'));
    await ledger.postFee(charge('e1', 'o1', 'SELL', '1.25'));
    await ledger.release({ orderId: 'o1' });
    await ledger.reserve(buy('o2', '500.00', '5.00'));
    await ledger.postTrade(trade('e2', 'o2', 'BUY', '10', '100.00'));
    for (const table of ['transfer', 'entry', 'trade', 'resolution']) {
      await database.query(sql(`test.open-${table}`, `alter table ${table} disable trigger append_only`));
    }
    for (const [index, statement] of statements.entries())
      await database.query(sql(`test.damage-${index}`, statement));
    const findings = await checkLedger(database);
    assert.deepEqual(
      findings
        .filter(({ holds }) => !holds)
        .map(({ invariant }) => invariant)
        .toSorted(),
      found.toSorted(),
    );
    for (const { holds, violations, samples } of findings)
      assert.equal(holds, violations === 0 && samples.length === 0);
  });
}

test('what was written cannot be changed or deleted', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '1000.00' } });
  for (const table of ['transfer', 'entry', 'trade', 'resolution', 'released_order']) {
    await assert.rejects(
      bank.database.query(sql(`test.delete-${table}`, `delete from ${table}`)),
      /append-only/,
    );
  }
  await assert.rejects(
    bank.database.query(sql('test.change', 'update transfer set amount = 0')),
    /append-only/,
  );
});
