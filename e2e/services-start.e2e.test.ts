// `npm run start:services` as the README tells it: ready in time on a given Postgres and Redis, the demo works, a
// replica joins and leaves from another terminal, a dead one comes back, and Ctrl-C or kill -9 leave nothing behind.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startPostgres } from '@simplebank/postgres-embedded';
import { startRedis } from '@simplebank/testkit';
import { services } from '../topology.ts';
import { npm, processesOf, until, type NpmProgram } from './npm-program.fixture.ts';

/** Thirteen processes start on few cores. */
const readyWithinMs = 30_000;
const stoppedWithinMs = 20_000;
/** The launcher's end breaks the channel to each replica, and that ends it. */
const orphansGoneWithinMs = 3_000;
const demoWithinMs = 20_000;

test('npm run start:services, from the first start to kill -9', async (t) => {
  const home = await mkdtemp(join(tmpdir(), 'simplebank-services-'));
  const postgresHome = await mkdtemp(join(tmpdir(), 'simplebank-services-postgres-'));
  await using postgres = await startPostgres({ dataDir: postgresHome, port: 0, temporary: true }).then(
    (server) => ({ ...server, [Symbol.asyncDispose]: () => server.stop() }),
  );
  await using redis = await startRedis();
  const dataDir = join(home, 'data');
  const ports = [...Object.keys(services), 'exchange', 'exchange-control'].map(
    (name) => [`PORT_${name.toUpperCase().replaceAll('-', '_')}`, '0'] as const,
  );
  const environment = { DATA_DIR: dataDir, HOME: home, ...Object.fromEntries(ports) };
  const urls = { DATABASE_URL: postgres.adminUrl, REDIS_URL: redis.url };
  const programs: NpmProgram[] = [];
  const run = (words: readonly string[], more: Readonly<Record<string, string>> = {}) => {
    const program = npm(words, { ...environment, ...more }, undefined);
    programs.push(program);
    return program;
  };
  t.after(async () => {
    for (const program of programs) program.kill();
    await until(stoppedWithinMs, 'no process is left', () => processesOf(home).length === 0);
    await rm(home, { recursive: true, force: true });
  });
  const start = async () => {
    const program = run(['run', 'start:services'], { ...urls, REPLICAS_ORDERS: '2' });
    await program.untilPrints(/Stop: Ctrl-C/, readyWithinMs);
    return program;
  };
  const demo = async () => {
    const program = run(['run', 'demo']);
    await program.untilPrints(/FILLED and COMPLETED/, demoWithinMs);
    assert.equal(await program.ended, 0, program.output());
  };
  const replicasOf = (service: string) =>
    processesOf(home).filter(({ command }) => command.includes(`service-process.ts ${service}`));

  await t.test('without its settings it says which are missing, and does not start', async () => {
    const program = run(['run', 'start:services']);
    assert.equal(await program.ended, 1);
    assert.match(program.output(), /DATABASE_URL: .*role/);
    assert.match(program.output(), /REDIS_URL: /);
    assert.doesNotMatch(program.output(), /\n +at /, 'no stack trace');
  });

  let program = await start();

  await t.test(
    'each service is a process, orders are two, and the demo ends FILLED and COMPLETED',
    async () => {
      for (const service of Object.keys(services)) {
        assert.equal(replicasOf(service).length, service === 'orders' ? 2 : 1, service);
      }
      await demo();
    },
  );

  await t.test('a replica joins from another terminal, and Ctrl-C there removes it', async () => {
    const replica = run(['run', 'replica', '--', 'fees']);
    await replica.untilPrints(/takes its share/, readyWithinMs);
    assert.equal(replicasOf('fees').length, 2);
    await demo();
    replica.pressCtrlC();
    await until(stoppedWithinMs, 'the replica is gone', () => replicasOf('fees').length === 1);
    await demo();
  });

  await t.test('npm run ledger:check finds every invariant held', async () => {
    const check = run(['run', 'ledger:check']);
    assert.equal(await check.ended, 0, check.output());
    assert.match(check.output(), /All \d+ invariants hold/);
  });

  await t.test('a killed replica is started again', async () => {
    const [killed] = replicasOf('accounts');
    process.kill(killed?.pid ?? assert.fail('accounts runs'), 'SIGKILL');
    const isBack = () => replicasOf('accounts').some(({ pid }) => pid !== killed?.pid);
    await until(readyWithinMs, 'accounts runs again', isBack);
    await demo();
  });

  await t.test('Ctrl-C leaves no process behind, and the next start finds everything', async () => {
    program.pressCtrlC();
    await until(stoppedWithinMs, 'no process is left', () => processesOf(home).length === 0);
    assert.ok(!existsSync(join(dataDir, 'wiring.json')));
    program = await start();
    await demo();
  });

  await t.test('kill -9 of the launcher takes all its processes with it', async () => {
    const launcher = processesOf(home).find(({ command }) => command.includes('start-services.ts'));
    process.kill(launcher?.pid ?? assert.fail('the launcher is a process'), 'SIGKILL');
    const isGone = () => processesOf(home).length === 0;
    const ms = await until(orphansGoneWithinMs, 'all processes are gone', isGone);
    t.diagnostic(`gone ${(ms / 1000).toFixed(1)} s after kill -9`);
  });
});
