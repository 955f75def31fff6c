import assert from 'node:assert/strict';
import { test } from 'node:test';
import { backgroundContext, openDatabase, remainingMs, runInContext } from '@simplebank/chassis';
import { testDatabase } from '@simplebank/testkit';
import { checkLedger } from './ledger-invariants.ts';
import { buy, codeOf, charge, openLedger, sell, trade } from './ledger.fixture.ts';
import { createLedger } from './service.ts';
import { createStore } from './store.ts';

const migrations = new URL('./migrations/', import.meta.url);

const rich = { 'acc-1': { USD: '1000.00', ACME: '100' } };

test('a sell moves shares out of its reservation and cash in, part by part, and the rest is given back', async () => {
  await using bank = await openLedger(rich);
  const { ledger } = bank;
  const left = () => ledger.availability({ accountId: 'acc-1', symbol: 'ACME' });
  assert.equal(await codeOf(ledger.reserve(sell('o1', '60'))), 'reserved');
  assert.deepEqual(await left(), { cash: { amount: '1000.00', currency: 'USD' }, shares: '40' });
  assert.equal(await codeOf(ledger.postTrade(trade('e1', 'o1', 'SELL', '20', '200.00'))), 'posted');
  assert.equal(await codeOf(ledger.postTrade(trade('e2', 'o1', 'SELL', '10.5', '105.00'))), 'posted');
  assert.equal(await codeOf(ledger.postFee(charge('e1', 'o1', 'SELL', '1.25'))), 'posted');
  assert.deepEqual(await left(), { cash: { amount: '1198.75', currency: 'USD' }, shares: '40' });
  await ledger.release({ orderId: 'o1' });
  assert.deepEqual(await left(), { cash: { amount: '1198.75', currency: 'USD' }, shares: '69.5' });
});

test('a buy pays trade and fee out of what it reserved for each, and opens the position', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '1000.00' } });
  const { ledger } = bank;
  const left = () => ledger.availability({ accountId: 'acc-1', symbol: 'ACME' });
  assert.equal(await codeOf(ledger.reserve(buy('o1', '500.00', '5.00'))), 'reserved');
  assert.deepEqual(await left(), { cash: { amount: '495.00', currency: 'USD' }, shares: '0' });
  assert.equal(await codeOf(ledger.postTrade(trade('e1', 'o1', 'BUY', '10', '480.00'))), 'posted');
  assert.equal(await codeOf(ledger.postFee(charge('e1', 'o1', 'BUY', '1.00'))), 'posted');
  assert.deepEqual(await left(), { cash: { amount: '495.00', currency: 'USD' }, shares: '10' });
  await ledger.release({ orderId: 'o1' });
  assert.deepEqual(await left(), { cash: { amount: '519.00', currency: 'USD' }, shares: '10' });
});

test('the same command again changes nothing, and another body under its id is refused', async () => {
  await using bank = await openLedger(rich);
  const { ledger } = bank;
  const everything = async () => [
    await codeOf(ledger.reserve(sell('o1', '60'))),
    await codeOf(ledger.postTrade(trade('e1', 'o1', 'SELL', '20', '200.00'))),
    await codeOf(ledger.postFee(charge('e1', 'o1', 'SELL', '1.25'))),
    await codeOf(ledger.release({ orderId: 'o1' })),
  ];
  const first = await everything();
  const left = await ledger.availability({ accountId: 'acc-1', symbol: 'ACME' });
  assert.deepEqual(first, ['reserved', 'posted', 'posted', 'released']);
  assert.deepEqual(await everything(), first);
  assert.deepEqual(await ledger.availability({ accountId: 'acc-1', symbol: 'ACME' }), left);
  assert.equal(await codeOf(ledger.reserve(sell('o1', '61'))), 'TRANSFER_ID_REUSED');
  assert.equal(
    await codeOf(ledger.postTrade(trade('e1', 'o1', 'SELL', '20', '200.01'))),
    'TRANSFER_ID_REUSED',
  );
  assert.equal(await codeOf(ledger.postFee(charge('e1', 'o1', 'SELL', '1.26'))), 'TRANSFER_ID_REUSED');
  assert.equal(await codeOf(ledger.reserve(sell('o1', '60.0'))), 'reserved', '60 and 60.0 are one body');
});

test('a release that comes before its reservation makes the reservation impossible', async () => {
  await using bank = await openLedger(rich);
  const { ledger } = bank;
  await ledger.release({ orderId: 'o1' });
  assert.equal(await codeOf(ledger.reserve(sell('o1', '1'))), 'RESERVATION_RESOLVED');
  assert.equal(await codeOf(ledger.reserve(buy('o1', '1.00', '0.00'))), 'RESERVATION_RESOLVED');
});

test('50 sells of the same 100 shares at once never oversell, also from two processes', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '0.00', ACME: '100' } });
  const other = createLedger(createStore(bank.database));
  const codes = await Promise.all(
    Array.from({ length: 50 }, (_, index) =>
      codeOf((index % 2 === 0 ? bank.ledger : other).reserve(sell(`o${index}`, '7'))),
    ),
  );
  assert.equal(codes.filter((code) => code === 'reserved').length, 14);
  assert.equal(codes.filter((code) => code === 'INSUFFICIENT_SHARES').length, 36);
  assert.deepEqual(await bank.ledger.availability({ accountId: 'acc-1', symbol: 'ACME' }), {
    cash: { amount: '0.00', currency: 'USD' },
    shares: '2',
  });
});

test('one execution posted 40 times at once by two processes is posted once', async () => {
  await using bank = await openLedger(rich);
  const other = createLedger(createStore(bank.database));
  await bank.ledger.reserve(sell('o1', '100'));
  const codes = await Promise.all(
    Array.from({ length: 40 }, (_, index) =>
      codeOf((index % 2 === 0 ? bank.ledger : other).postTrade(trade('e1', 'o1', 'SELL', '10', '100.00'))),
    ),
  );
  assert.deepEqual(new Set(codes), new Set(['posted']));
  await bank.ledger.release({ orderId: 'o1' });
  assert.equal((await bank.ledger.availability({ accountId: 'acc-1', symbol: 'ACME' })).shares, '90');
  assert.ok((await checkLedger(bank.database)).every(({ holds }) => holds));
});

test('a reservation and its release at once, from two processes, never leave anything reserved', async () => {
  await using bank = await openLedger(rich);
  const other = createLedger(createStore(bank.database));
  for (let round = 0; round < 30; round += 1) {
    await Promise.all([bank.ledger.reserve(sell(`o${round}`, '1')), other.release({ orderId: `o${round}` })]);
    await bank.ledger.release({ orderId: `o${round}` });
  }
  assert.equal((await bank.ledger.availability({ accountId: 'acc-1', symbol: 'ACME' })).shares, '100');
  assert.ok((await checkLedger(bank.database)).every(({ holds }) => holds));
});

test('executions of one order at once, from two processes, never post more than was reserved', async () => {
  await using bank = await openLedger(rich);
  const other = createLedger(createStore(bank.database));
  for (let round = 0; round < 20; round += 1) {
    await bank.ledger.reserve(sell(`o${round}`, '3'));
    const codes = await Promise.all(
      [bank.ledger, other].map((ledger, index) =>
        codeOf(ledger.postTrade(trade(`e${round}-${index}`, `o${round}`, 'SELL', '2', '20.00'))),
      ),
    );
    assert.deepEqual(codes.toSorted(), ['RESERVATION_EXCEEDED', 'posted']);
  }
});

test('many commands at once share few statements', async () => {
  const statements: string[] = [];
  await using bank = await openLedger(rich, (name) => statements.push(name));
  statements.length = 0;
  await Promise.all(Array.from({ length: 200 }, (_, index) => bank.ledger.reserve(sell(`o${index}`, '0.1'))));
  assert.ok(statements.length <= 10, `${statements.length} statements for 200 commands`);
});

test('a caller whose deadline passes does not take the others of its batch with it', async () => {
  await using test = await testDatabase({ migrations: [migrations] });
  await using database = openDatabaseWithDeadlines(test.url);
  const ledger = createLedger(createStore(database.db));
  await ledger.open({ accountId: 'acc-1', asset: 'USD', amount: 0n });
  await ledger.open({ accountId: 'acc-1', asset: 'ACME', amount: 1_000_000_000n });
  const hurried = { ...backgroundContext({}), deadlineAt: performance.now() };
  const first = runInContext(hurried, () => codeOf(ledger.reserve(sell('o1', '0.5'))));
  const second = codeOf(ledger.reserve(sell('o2', '0.5')));
  assert.deepEqual(await Promise.all([first, second]), ['reserved', 'reserved']);
});

test('a command that breaks the statement fails alone', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '1.00', ACME: '100' } });
  const tooMuch = bank.ledger.open({ accountId: 'acc-2', asset: 'ACME', amount: 2n ** 62n });
  const answers = await Promise.allSettled([
    bank.ledger.reserve(sell('o1', '1')),
    tooMuch,
    bank.ledger.open({ accountId: 'acc-3', asset: 'ACME', amount: 2n ** 62n }),
    bank.ledger.reserve(sell('o2', '1')),
  ]);
  assert.deepEqual(
    answers.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
});

test('what is not a quantity, an amount or a symbol is refused before it reaches the ledger', async () => {
  await using bank = await openLedger(rich);
  const bad = { extensions: { code: 'BAD_REQUEST' } };
  await assert.rejects(bank.ledger.reserve(sell('o1', '0')), bad);
  await assert.rejects(bank.ledger.reserve(sell('o1', '0.0000000001')), bad);
  await assert.rejects(bank.ledger.reserve(buy('o1', '-1.00', '0.00')), bad);
  await assert.rejects(bank.ledger.postTrade(trade('e1', 'o1', 'SELL', '1', '1.001')), bad);
  await assert.rejects(bank.ledger.postTrade(trade('e1', 'o1', 'SELL', '1', '1.00', { symbol: 'USD' })), bad);
});

/** As the service has it: statements end with their caller's deadline. */
function openDatabaseWithDeadlines(url: string) {
  const db = openDatabase({ url, service: 'accounts', remainingMs });
  return { db, [Symbol.asyncDispose]: () => db.close() };
}
