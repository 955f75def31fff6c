// `npm start` as the README tells it: ready in time, the demo works, Ctrl-C and kill -9 leave nothing behind, and
// what was there before is there again. As whoever runs the tests; and when that is root, as an ordinary user too.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chown, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { test, type TestContext } from 'node:test';
import { bankClient, signIn } from '@simplebank/testkit';
import { outside, services } from '../topology.ts';
import { npm, processesOf, until, type NpmProgram, type User } from './npm-program.fixture.ts';

/** Once it is installed, the bank is ready so soon after `npm start`, npm's own start included. */
const readyWithinMs = 10_000;
/** Postgres and the exchange end by themselves when the bank is killed, so soon that nobody meets them. */
const orphansGoneWithinMs = 2_000;
const stoppedWithinMs = 10_000;

/** In the data folder: where the bank is, and who holds the exchange's and the database's data. */
const ofRunningBank = [
  'wiring.json',
  'exchange/exchange.pid',
  'postgres/owner.json',
  'postgres/postgres/postmaster.pid',
];

const nobody = { uid: 65_534, gid: 65_534 };
const isRoot = process.getuid?.() === 0;
const mayRead =
  isRoot && spawnSync(process.execPath, ['-e', ''], { cwd: import.meta.dirname, ...nobody }).status === 0;

test('npm start, as the user who runs the tests', (t) => walkThrough(t, undefined));

test(
  'npm start, as an ordinary user',
  {
    skip: isRoot
      ? !mayRead && 'this checkout is closed to other users'
      : 'the tests run as an ordinary user already',
  },
  (t) => walkThrough(t, nobody),
);

async function walkThrough(t: TestContext, user: User): Promise<void> {
  const home = await mkdtemp(join(tmpdir(), 'simplebank-start-'));
  if (user !== undefined) await chown(home, user.uid, user.gid);
  const dataDir = join(home, 'data');
  const ports = [...Object.keys(services), ...Object.keys(outside), 'exchange-control'].map(
    (name) => [`PORT_${name.toUpperCase().replaceAll('-', '_')}`, '0'] as const,
  );
  const environment = { DATA_DIR: dataDir, HOME: home, ...Object.fromEntries(ports) };
  const started: NpmProgram[] = [];
  const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const program = npm(words, { ...environment, ...more }, user);
    started.push(program);
    return program;
  };
  t.after(async () => {
    for (const program of started) program.kill();
    await until(stoppedWithinMs, 'no process is left', () => processesOf(home).length === 0);
    await rm(home, { recursive: true, force: true });
  });
  const start = async () => {
    const program = run(['start']);
    const ms = await timed(() => program.untilPrints(/Stop: Ctrl-C/, readyWithinMs));
    t.diagnostic(`ready after ${(ms / 1000).toFixed(1)} s`);
    return { program, addresses: addressesIn(program.output()) };
  };
  const stopWithCtrlC = async (program: NpmProgram) => {
    program.pressCtrlC();
    const ms = await until(stoppedWithinMs, 'no process is left', () => processesOf(home).length === 0);
    t.diagnostic(`stopped after ${(ms / 1000).toFixed(1)} s`);
    assert.match(program.output(), /Stopping/);
    assertNothingHeld(dataDir);
  };

  let { program, addresses } = await start();

  await t.test('the banner says where each service listens, and how to sign in', async () => {
    for (const name of Object.keys(services)) {
      const response = await fetch(`${addresses[name]}/healthz`);
      assert.equal(response.status, 200, name);
    }
    assert.match(program.output(), /Sign in as one of ada, .* password is demo/);
    assert.match(program.output(), /exchange +127\.0\.0\.1:\d+/);
    assert.match(program.output(), /postgres +127\.0\.0\.1:\d+/);
  });

  await t.test('npm run demo ends with FILLED and COMPLETED', async () => {
    const demo = run(['run', 'demo'], urlsOf(addresses));
    assert.equal(await demo.ended, 0, demo.output());
    assert.match(demo.output(), /FILLED and COMPLETED/);
  });

  await t.test('npm run ledger:check finds every invariant held', () => ledgerHolds(run));

  await t.test('a second start on the same data folder says who has it, and harms nothing', async () => {
    const second = run(['start']);
    assert.equal(await second.ended, 1, second.output());
    assert.match(second.output(), /process \d+ already runs/);
    assert.ok(second.output().includes(dataDir), second.output());
    assert.doesNotMatch(second.output(), /\n +at /, 'no stack trace');
    await ledgerHolds(run);
  });

  await t.test('Ctrl-C leaves no process, no pid file and no lock behind', async () => {
    for (const file of ofRunningBank) assert.ok(existsSync(join(dataDir, file)), `${file} while it runs`);
    await stopWithCtrlC(program);
  });

  await t.test('it starts again at once, and the order is still there', async () => {
    ({ program, addresses } = await start());
    const orders = await ordersOfAda(addresses);
    assert.deepEqual(orders, [{ status: 'FILLED', outcome: 'FILLED' }]);
  });

  await t.test('kill -9 of the bank takes Postgres and the exchange with it', async () => {
    const bank = processesOf(home).find(({ command }) => /^(\S*\/)?node start\.ts/.test(command));
    assert.ok(bank, 'the bank is a process');
    assert.ok(processesOf(home).some(({ command }) => command.includes('exchange/main.ts')));
    assert.ok(processesOf(home).some(({ command }) => /postgres/.test(command)));
    process.kill(bank.pid, 'SIGKILL');
    const isGone = () => processesOf(home).length === 0;
    const ms = await until(orphansGoneWithinMs, 'Postgres and the exchange are gone', isGone);
    t.diagnostic(`gone ${(ms / 1000).toFixed(1)} s after kill -9`);
  });

  await t.test('after kill -9 it starts again at once, also while the orphans still end', async () => {
    ({ program } = await start());
    const bank = processesOf(home).find(({ command }) => /^(\S*\/)?node start\.ts/.test(command));
    process.kill(bank?.pid ?? assert.fail('the bank is a process'), 'SIGKILL');
    ({ program, addresses } = await start());
    assert.equal((await ordersOfAda(addresses)).length, 1);
    await ledgerHolds(run);
    await stopWithCtrlC(program);
  });
}

/** By name, since a start takes over what a kill left behind and so does not tell. */
function assertNothingHeld(dataDir: string): void {
  for (const file of ofRunningBank) assert.ok(!existsSync(join(dataDir, file)), `${file} is left`);
  const names = readdirSync(dataDir, { recursive: true, encoding: 'utf8' });
  assert.deepEqual(
    names.filter((name) => /\.(pid|lock)$|\.s\.PGSQL/.test(name)),
    [],
  );
  // The guard's file stays; held is only the system's lock on it.
  const guard = new DatabaseSync(join(dataDir, 'postgres', 'guard.db'), { timeout: 0 });
  try {
    guard.exec('pragma journal_mode = memory; begin exclusive; rollback');
  } finally {
    guard.close();
  }
}

async function ledgerHolds(run: (words: readonly string[]) => NpmProgram): Promise<void> {
  const check = run(['run', 'ledger:check']);
  assert.equal(await check.ended, 0, check.output());
  assert.match(check.output(), /All \d+ invariants hold/);
}

async function ordersOfAda(addresses: Readonly<Record<string, string>>) {
  const token = await signIn({ identityUrl: String(addresses['identity']), username: 'ada' });
  const client = bankClient({ bffUrl: String(addresses['bff-mobile']), token });
  const query = '{ account(id: "acc-1001") { orders { nodes { status outcome } } } }';
  interface Orders {
    account: { orders: { nodes: { status: string; outcome: string | null }[] } };
  }
  return (await client.data<Orders>(query)).account.orders.nodes;
}

function addressesIn(banner: string): Record<string, string> {
  return Object.fromEntries(
    [...banner.matchAll(/^ {2}([a-z-]+) +(http:\/\/\S+)/gm)].map(([, name, url]) => [
      String(name),
      String(url),
    ]),
  );
}

function urlsOf(addresses: Readonly<Record<string, string>>): Record<string, string> {
  return { URL_IDENTITY: String(addresses['identity']), URL_BFF_WEB: String(addresses['bff-web']) };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return performance.now() - startedAt;
}
