// The launcher's ordinary life: first start, restart, stop, who may connect, and what it refuses.

import assert from 'node:assert/strict';
import { chownSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { isAlive } from './process-table.ts';
import { canEnter } from './server-user.ts';
import { startPostgres } from './start-postgres.ts';
import { processesOf, query, runProgram, temporaryFolder, until } from './test-programs.fixture.ts';

/** "daemon": neither root nor the user that the launcher itself switches to, and known to every Unix. */
const ORDINARY_USER = { uid: 1, gid: 1 };
/** Under root it can be shown when that user may read this project and run this Node. */
const canSwitch =
  process.getuid?.() === 0 &&
  [import.meta.dirname, dirname(process.execPath)].every((path) => canEnter(path, ORDINARY_USER));

test('a first start makes a durable PostgreSQL 18 on the loopback interface only', async () => {
  await using folder = temporaryFolder();
  const server = await startPostgres({ dataDir: folder.path, port: 0 });
  try {
    assert.equal(server.adopted, false);
    const [row] = await query(
      server.adminUrl,
      `select current_setting('server_version_num')::int / 10000 as major, current_setting('fsync') as fsync,
              current_setting('synchronous_commit') as commit, current_setting('listen_addresses') as addresses,
              current_setting('unix_socket_directories') as sockets, current_setting('server_encoding') as encoding`,
    );
    assert.deepEqual(row, {
      major: 18,
      fsync: 'on',
      commit: 'on',
      addresses: '127.0.0.1',
      sockets: '',
      encoding: 'UTF8',
    });
  } finally {
    await server.stop();
  }
});

test('a restart keeps data and password', async () => {
  await using folder = temporaryFolder();
  const first = await startPostgres({ dataDir: folder.path, port: 0 });
  await query(first.adminUrl, 'create table kept as select 42 as answer');
  await first.stop();
  const second = await startPostgres({ dataDir: folder.path, port: 0 });
  try {
    assert.equal(new URL(second.adminUrl).password, new URL(first.adminUrl).password);
    assert.deepEqual(await query(second.adminUrl, 'select answer from kept'), [{ answer: 42 }]);
  } finally {
    await second.stop();
  }
});

test('the password is random, private, and needed', async () => {
  await using folder = temporaryFolder();
  const server = await startPostgres({ dataDir: folder.path, port: 0 });
  try {
    const file = join(folder.path, 'admin-password');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.ok(readFileSync(file, 'utf8').length >= 40);
    const wrong = new URL(server.adminUrl);
    wrong.password = 'guessed';
    await assert.rejects(query(wrong.href, 'select 1'), { code: '28P01' });
    wrong.username = 'somebody';
    await assert.rejects(query(wrong.href, 'select 1'), { code: '28P01' });
  } finally {
    await server.stop();
  }
});

test('a stop leaves no process and no lock', { skip: process.platform !== 'linux' }, async () => {
  await using folder = temporaryFolder();
  const server = await startPostgres({ dataDir: folder.path, port: 0 });
  assert.equal(processesOf(folder.path).length, 2, 'the server and its watcher');
  await server.stop();
  assert.deepEqual(processesOf(folder.path), []);
  assert.equal(existsSync(join(folder.path, 'postgres', 'postmaster.pid')), false);
  assert.equal(existsSync(join(folder.path, 'owner.json')), false);
  const again = await startPostgres({ dataDir: folder.path, port: server.port });
  await again.stop();
});

test('a second program on the same data folder is told who has it', async () => {
  await using folder = temporaryFolder();
  await using first = await runProgram(folder.path);
  await assert.rejects(startPostgres({ dataDir: folder.path, port: 0 }), (error: Error) => {
    assert.match(error.message, /^DATA_FOLDER_IN_USE/);
    assert.match(error.message, new RegExp(`process ${first.child.pid} `));
    return true;
  });
  assert.deepEqual(await query(first.answer.adminUrl, 'select 1 as one'), [{ one: 1 }]);
  await first.kill();
  await until('the server is gone', () => !isAlive(first.answer.pid));
});

test('of four programs that start at once exactly one gets the folder', async () => {
  await using folder = temporaryFolder();
  const programs = await Promise.all([1, 2, 3, 4].map(() => runProgram(folder.path)));
  const winners = programs.filter(({ answer }) => answer.error === undefined);
  const losers = programs.filter(({ answer }) => answer.error?.startsWith('DATA_FOLDER_IN_USE'));
  await Promise.all(programs.map((program) => program.kill()));
  assert.deepEqual([winners.length, losers.length], [1, 3]);
  const pid = winners[0]?.answer.pid ?? 0;
  await until('the server is gone', () => !isAlive(pid));
});

test('a port that someone else listens on is a clear error', async () => {
  await using folder = temporaryFolder();
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  const { port } = other.address() as AddressInfo;
  try {
    await assert.rejects(startPostgres({ dataDir: folder.path, port }), { code: 'PORT_IN_USE' });
  } finally {
    other.close();
  }
});

test("a pid file that names someone else's process does not stop a start", async () => {
  await using folder = temporaryFolder();
  const first = await startPostgres({ dataDir: folder.path, port: 0 });
  await first.stop();
  // What a machine leaves that lost power: the old pid, now used by another program (here: this test).
  writeFileSync(
    join(folder.path, 'postgres', 'postmaster.pid'),
    `${process.pid}\n/elsewhere\n1\n5432\n\n127.0.0.1\n`,
  );
  const second = await startPostgres({ dataDir: folder.path, port: 0 });
  await second.stop();
  assert.equal(second.adopted, false);
});

test('a server that cannot start says why', async () => {
  await using folder = temporaryFolder();
  const settings = { max_connections: 'many' };
  await assert.rejects(startPostgres({ dataDir: folder.path, port: 0, settings }), (error: Error) => {
    assert.match(error.message, /^POSTGRES_START_FAILED/);
    assert.match(error.message, /max_connections/);
    return true;
  });
});

test('it works for an ordinary user', { skip: !canSwitch && 'no other user to switch to' }, async () => {
  await using folder = temporaryFolder();
  chownSync(folder.path, ORDINARY_USER.uid, ORDINARY_USER.gid);
  await using program = await runProgram(folder.path, ORDINARY_USER);
  assert.equal(program.answer.error, undefined);
  assert.equal(statSync(join(folder.path, 'postgres')).uid, ORDINARY_USER.uid);
  assert.deepEqual(await query(program.answer.adminUrl, 'select 1 as one'), [{ one: 1 }]);
  await program.kill();
  await until('the server is gone', () => !isAlive(program.answer.pid));
  // sudo npm start, once: it must neither fail nor take the folder away from its user.
  await (await startPostgres({ dataDir: folder.path, port: 0 })).stop();
  await using again = await runProgram(folder.path, ORDINARY_USER);
  assert.equal(again.answer.error, undefined);
  await again.kill();
  await until('the server is gone again', () => !isAlive(again.answer.pid));
});

test('data without their password are a clear error and leave nothing running', async () => {
  await using folder = temporaryFolder();
  await (await startPostgres({ dataDir: folder.path, port: 0 })).stop();
  rmSync(join(folder.path, 'admin-password'));
  await assert.rejects(startPostgres({ dataDir: folder.path, port: 0 }), /password is missing/);
  if (process.platform === 'linux') assert.deepEqual(processesOf(folder.path), []);
});

test('a temporary folder goes with the program', async () => {
  await using folder = temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const server = await startPostgres({ dataDir, port: 0, temporary: true });
  await server.stop();
  assert.equal(existsSync(dataDir), false);
});
