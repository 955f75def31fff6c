// Random commands against a real Postgres: whatever comes, in whatever batches, by however many processes and
// broken connections, every invariant holds and each command counts once.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DatabaseUnavailable, openDatabase, sql } from '@simplebank/chassis';
import { judgeBatch } from './domain/batch.ts';
import { reachOf, type Command, type Result } from './domain/command.ts';
import { MemoryLedger, reserve, shares } from './domain/ledger.fixture.ts';
import { commandsAmong, openings } from './domain/random-commands.fixture.ts';
import { checkLedger } from './ledger-invariants.ts';
import { codeOf, openLedger, sell, trade } from './ledger.fixture.ts';
import { createLedger } from './service.ts';
import { createStore, type LedgerStore } from './store.ts';

/** Fixed, so that a failure can be repeated; any other number will do as well. */
const seed = 20261122;

function randomCommands(count: number): Command[] {
  return fc.sample(commandsAmong(count / 12), { numRuns: count, seed });
}

function runBatch(store: LedgerStore, commands: readonly Command[]): Promise<readonly Result[]> {
  return store.runBatch(reachOf(commands), (reading) => judgeBatch(reading, commands));
}

test('batches in Postgres have the results and balances of the same commands one by one in memory', async () => {
  await using bank = await openLedger();
  const store = createStore(bank.database);
  const memory = new MemoryLedger();
  const commands = [...openings, ...randomCommands(3000)];
  for (let at = 0, size = 1; at < commands.length; at += size, size = (size * 7 + 3) % 90 || 1) {
    const batch = commands.slice(at, at + size);
    const expected = batch.flatMap((command) => memory.run(command));
    assert.deepEqual(await runBatch(store, batch), expected, `batch at ${at}`);
  }
  const rows = await bank.database.query<{ id: string; posted: bigint; reserved: bigint }>(
    sql('test.balances', 'select id, posted, reserved from ledger_account order by id'),
  );
  const inMemory = [...memory.balances].map(([id, balance]) => ({ id, ...balance }));
  assert.deepEqual(
    new Map(rows.map((row) => [row.id, row])),
    new Map(inMemory.map((balance) => [balance.id, balance])),
  );
  assertAllHold(await checkLedger(bank.database));
});

test('three processes at once on the same orders never break one another, and leave every invariant true', async () => {
  await using bank = await openLedger();
  await runBatch(createStore(bank.database), openings);
  const commands = randomCommands(3000);
  // Straight to the store: a statement that fails here is not tried again. The same commands, cut and ordered
  // differently, so that the processes meet at the same orders with different ones.
  const process = async (size: number): Promise<Result[]> => {
    const store = createStore(bank.database);
    const results: Result[] = [];
    for (let at = 0; at < commands.length; at += size) {
      const batch = commands.slice(at, at + size);
      results.push(...(await runBatch(store, size % 2 === 0 ? batch.toReversed() : batch)));
    }
    return results;
  };
  const results = (await Promise.all([15, 20, 25].map(process))).flat();
  // The run is worth something only when it meets every kind of end.
  assert.deepEqual(
    [...new Set(results)].toSorted(),
    [
      'DONE',
      'INSUFFICIENT_CASH',
      'INSUFFICIENT_SHARES',
      'RESERVATION_EXCEEDED',
      'RESERVATION_RESOLVED',
    ].concat('TRANSFER_ID_REUSED', 'UNKNOWN_LEDGER_ACCOUNT', 'UNKNOWN_RESERVATION'),
  );
  assertAllHold(await checkLedger(bank.database));
});

test('sells of the same shares at once are each judged on what is left, before any wall of the table', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '0.00', ACME: '100' } });
  const store = createStore(bank.database);
  const sells = Array.from({ length: 40 }, (_, index) => reserve(`o${index}`, shares('7')));
  const results = await Promise.all(sells.map((command) => runBatch(store, [command])));
  assert.equal(results.flat().filter((result) => result === 'DONE').length, 14);
  assert.equal(results.flat().filter((result) => result === 'INSUFFICIENT_SHARES').length, 26);
});

test('connections killed in the middle of batches lose and double nothing', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '0.00', ACME: '300' } });
  const ledgers = [bank.ledger, createLedger(createStore(bank.database))];
  await using killer = openLedgerKiller(bank.url);
  const killing = killer.untilStopped();
  // As a saga does: send again until there is an answer.
  const insist = async (work: () => Promise<string>): Promise<string> => {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (!(error instanceof DatabaseUnavailable)) throw error;
      }
    }
  };
  const codes = await Promise.all(
    Array.from({ length: 300 }, async (_, index) => {
      const ledger = ledgers[index % 2] ?? bank.ledger;
      const reserved = await insist(() => codeOf(ledger.reserve(sell(`o${index}`, '1'))));
      const posted = await insist(() =>
        codeOf(ledger.postTrade(trade(`e${index}`, `o${index}`, 'SELL', '0.75', '7.50'))),
      );
      const released = await insist(() => codeOf(ledger.release({ orderId: `o${index}` })));
      return [reserved, posted, released].join();
    }),
  );
  killer.stop();
  const killed = await killing;
  assert.ok(killed > 0, 'some connection was killed');
  assert.deepEqual(new Set(codes), new Set(['reserved,posted,released']));
  assert.equal((await bank.ledger.availability({ accountId: 'acc-1', symbol: 'ACME' })).shares, '75');
  assertAllHold(await checkLedger(bank.database));
});

/** Ends the ledger's connections again and again, from a connection of its own, while batches run. */
function openLedgerKiller(url: string) {
  const db = openDatabase({ url, service: 'killer', poolSize: 1 });
  const terminate = sql(
    'test.terminate',
    `select count(pg_terminate_backend(pid)) as killed from pg_stat_activity
     where datname = current_database() and application_name = 'accounts' and state <> 'idle'`,
  );
  let stopped = false;
  return {
    stop: () => void (stopped = true),
    async untilStopped(): Promise<number> {
      let killed = 0;
      while (!stopped && killed < 25) {
        const [row] = await db.query<{ killed: bigint }>(terminate);
        killed += Number(row?.killed ?? 0n);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      return killed;
    },
    [Symbol.asyncDispose]: () => db.close(),
  };
}

function assertAllHold(
  findings: readonly { invariant: string; holds: boolean; samples: readonly string[] }[],
): void {
  assert.deepEqual(
    findings.filter(({ holds }) => !holds).map(({ invariant, samples }) => [invariant, samples]),
    [],
  );
}
