// The program itself, as a person runs it: it finds the bank by the wiring file, and says what it found.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { announceBank, sql } from '@simplebank/chassis';
import { openLedger, sell, trade } from './ledger.fixture.ts';

const program = fileURLToPath(new URL('./ledger-check.ts', import.meta.url));

async function check(dataDir: string): Promise<{ code: number | null; output: string }> {
  const child = spawn(process.execPath, [program], { env: { ...process.env, DATA_DIR: dataDir } });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

async function dataFolder() {
  const path = await mkdtemp(join(tmpdir(), 'ledger-check-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

async function writeWiring(folder: string, accountsUrl: string): Promise<void> {
  // Nobody listens on port 1: the comparison with orders and executions is left out.
  const addresses = { orders: 'http://127.0.0.1:1', market: 'http://127.0.0.1:1' };
  await announceBank(folder, {
    serviceTokenSecret: 's',
    issuer: 'i',
    addresses,
    databaseUrls: { accounts: accountsUrl },
    busUrl: '',
    exchangeControlUrl: 'http://127.0.0.1:9',
  });
}

test('without a bank it says so and ends with 2', async () => {
  await using folder = await dataFolder();
  assert.deepEqual(await check(folder.path), {
    code: 2,
    output: 'the bank is not running: npm start or npm run start:services first\n',
  });
  await writeWiring(folder.path, 'postgres://nobody@127.0.0.1:1/gone');
  assert.equal((await check(folder.path)).code, 2, 'the file of a bank that has gone');
});

test('a sound ledger ends with 0, a damaged one with 1 and the invariant that is violated', async () => {
  await using bank = await openLedger({ 'acc-1': { USD: '10.00', ACME: '100' } });
  await using folder = await dataFolder();
  await bank.ledger.reserve(sell('o1', '60'));
  await bank.ledger.postTrade(trade('e1', 'o1', 'SELL', '20', '200.00'));
  await writeWiring(folder.path, bank.url);
  const sound = await check(folder.path);
  assert.equal(sound.code, 0, sound.output);
  assert.match(sound.output, /✓ the whole ledger sums to zero per asset \(2 checked\)/);
  assert.match(sound.output, /Left out: the comparison with orders and executions/);
  assert.match(sound.output, /All 10 invariants hold/);

  await bank.database.query(
    sql('test.damage', `update ledger_account set posted = posted + 1 where id = 'customer:acc-1:USD'`),
  );
  const damaged = await check(folder.path);
  assert.equal(damaged.code, 1);
  assert.match(
    damaged.output,
    /✗ the whole ledger sums to zero per asset \(2 checked, 1 violated\)\n {6}USD: 1\n/,
  );
});
