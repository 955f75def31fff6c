// What kill -9 does: to the server, to the program that started it, and to the watcher between them.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { test } from 'node:test';
import { freePort } from './free-port.ts';
import { commandLineOf, isAlive } from './process-table.ts';
import { startPostgres } from './start-postgres.ts';
import { processesOf, query, runProgram, temporaryFolder, until } from './test-programs.fixture.ts';

/** The promise of the package: an orphan is gone by then. */
const ORPHAN_LIMIT_MS = 2_000;
const onLinux = process.platform === 'linux';

test('a killed server comes back on its port with every acknowledged row', async () => {
  await using folder = temporaryFolder();
  const messages: string[] = [];
  const server = await startPostgres({
    dataDir: folder.path,
    port: 0,
    log: (message) => messages.push(message),
  });
  try {
    await query(server.adminUrl, 'create table acknowledged (id int primary key)');
    for (let kill = 0; kill < 3; kill += 1) {
      const killed = server.pid;
      const firstId = kill * 10_000;
      const acknowledged = await insertUntilKilled(server.adminUrl, killed, firstId);
      await until(
        'a new server answers',
        async () => server.pid !== killed && (await answers(server.adminUrl)),
      );
      const [row] = await query(
        server.adminUrl,
        'select count(*)::int as rows from acknowledged where id >= $1',
        [firstId],
      );
      assert.ok(
        Number(row?.['rows']) >= acknowledged,
        `${String(row?.['rows'])} rows of ${acknowledged} acknowledged`,
      );
      assert.ok(acknowledged > 0);
    }
    assert.equal(messages.filter((message) => message.includes('is back')).length, 3);
  } finally {
    await server.stop();
  }
});

test('a server that dies again and again is given up', { skip: !onLinux }, async () => {
  await using folder = temporaryFolder();
  const givenUp = Promise.withResolvers<Error>();
  const server = await startPostgres({ dataDir: folder.path, port: 0, onGivenUp: givenUp.resolve });
  let over = false;
  void givenUp.promise.then(() => (over = true));
  for (let last = 0; !over; await sleep(20)) {
    if (server.pid === last || !isAlive(server.pid)) continue;
    last = server.pid;
    process.kill(last, 'SIGKILL');
  }
  assert.match((await givenUp.promise).message, /died too often/);
  await server.stop();
  assert.deepEqual(processesOf(folder.path), []);
});

test('a killed program takes its server along within two seconds, and the next start works at once', async () => {
  await using folder = temporaryFolder();
  await using program = await runProgram(folder.path);
  await query(program.answer.adminUrl, 'create table kept as select 1 as one');
  await program.kill();
  const tookMs = await until('the server is gone', () => !isAlive(program.answer.pid));
  assert.ok(tookMs < ORPHAN_LIMIT_MS, `took ${tookMs} ms`);
  const next = await startPostgres({ dataDir: folder.path, port: program.answer.port });
  assert.deepEqual(await query(next.adminUrl, 'select one from kept'), [{ one: 1 }]);
  await next.stop();
});

test('a start right after the kill adopts the server, which then outlives the old watcher', async () => {
  await using folder = temporaryFolder();
  await using program = await runProgram(folder.path);
  await program.kill();
  const adopter = await startPostgres({ dataDir: folder.path, port: 0 });
  try {
    assert.equal(adopter.adopted, true);
    assert.deepEqual(
      [adopter.pid, adopter.port, adopter.adminUrl],
      [program.answer.pid, program.answer.port, program.answer.adminUrl],
    );
    if (onLinux) await until('only the new watcher is left', () => processesOf(folder.path).length === 2);
    assert.deepEqual(await query(adopter.adminUrl, 'select 1 as one'), [{ one: 1 }]);
    process.kill(adopter.pid, 'SIGKILL');
    await until('the adopted server is started again', () => adopter.pid !== program.answer.pid);
    assert.deepEqual(await query(adopter.adminUrl, 'select 1 as one'), [{ one: 1 }]);
  } finally {
    await adopter.stop();
  }
});

test(
  'an orphan whose watcher was killed too is adopted, and gets a new watcher',
  { skip: !onLinux },
  async () => {
    await using folder = temporaryFolder();
    await using program = await runProgram(folder.path);
    // The watcher first, and the program before it can start another one.
    program.child.kill('SIGSTOP');
    for (const pid of processesOf(folder.path)) {
      if (commandLineOf(pid).includes('watcher.ts')) process.kill(pid, 'SIGKILL');
    }
    await program.kill();
    await using adopter = await runProgram(folder.path);
    assert.equal(adopter.answer.adopted, true);
    assert.equal(adopter.answer.pid, program.answer.pid);
    await adopter.kill();
    const tookMs = await until('the server is gone', () => !isAlive(adopter.answer.pid));
    assert.ok(tookMs < ORPHAN_LIMIT_MS, `took ${tookMs} ms`);
  },
);

test('an orphan on another port than the wanted one is stopped and started anew', async () => {
  await using folder = temporaryFolder();
  await using program = await runProgram(folder.path);
  await program.kill();
  const wanted = await freePort(0);
  const other = await startPostgres({ dataDir: folder.path, port: wanted });
  await other.stop();
  assert.deepEqual([other.adopted, other.port], [false, wanted]);
});

test('a killed watcher is replaced', { skip: !onLinux }, async () => {
  await using folder = temporaryFolder();
  const server = await startPostgres({ dataDir: folder.path, port: 0 });
  const watcher = (): number | undefined =>
    processesOf(folder.path).find((pid) => commandLineOf(pid).includes('watcher.ts'));
  try {
    const first = watcher();
    assert.ok(first !== undefined);
    process.kill(first, 'SIGKILL');
    await until('another watcher runs', () => watcher() !== undefined && watcher() !== first);
  } finally {
    await server.stop();
  }
  assert.deepEqual(processesOf(folder.path), []);
});

/** Inserts one row a statement, kills the server in the middle, and returns how many inserts were confirmed. */
async function insertUntilKilled(url: string, pid: number, firstId: number): Promise<number> {
  let acknowledged = 0;
  const insertOne = (): Promise<unknown> =>
    query(url, 'insert into acknowledged values ($1)', [firstId + acknowledged]);
  try {
    for (;;) {
      await insertOne();
      acknowledged += 1;
      if (acknowledged === 20) process.kill(pid, 'SIGKILL');
    }
  } catch {
    return acknowledged;
  }
}

async function answers(url: string): Promise<boolean> {
  return query(url, 'select 1').then(
    () => true,
    () => false,
  );
}
