// Migrations: order, once only, nothing half done, and the mistakes that people make with the files.

import assert from 'node:assert/strict';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { testDatabase } from '@simplebank/testkit';
import { sql } from './database.ts';
import { migrate, MigrationError } from './migrations.ts';

interface Folder extends Disposable {
  readonly url: URL;
  write(name: string, text: string): void;
  rename(from: string, to: string): void;
}

function folderWith(files: Readonly<Record<string, string>>): Folder {
  const path = mkdtempSync(join(tmpdir(), 'simplebank-migrations-'));
  const write = (name: string, text: string): void => writeFileSync(join(path, name), text);
  for (const [name, text] of Object.entries(files)) write(name, text);
  return {
    url: pathToFileURL(path),
    write,
    rename: (from, to) => renameSync(join(path, from), join(path, to)),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}

const tables = sql(
  'test.tables',
  `select table_name as name from information_schema.tables
   where table_schema = 'public' and table_name <> 'schema_migrations' order by 1`,
);

test('files are applied in order, each once, and new ones later', async () => {
  await using given = await testDatabase();
  using folder = folderWith({
    '0002-fill.sql': 'insert into first values (1); insert into first values (2);',
    '0001-first.sql': 'create table first (id int primary key);',
    'README.md': 'not a migration',
  });
  assert.deepEqual(await migrate(given.url, folder.url, 'own'), ['0001-first.sql', '0002-fill.sql']);
  assert.deepEqual(await migrate(given.url, folder.url, 'own'), []);
  folder.write('0003-second.sql', 'create table second (id int)');
  assert.deepEqual(await migrate(given.url, folder.url, 'own'), ['0003-second.sql']);
  assert.deepEqual(await given.db.query(tables), [{ name: 'first' }, { name: 'second' }]);
});

test('several folders live in one database', async () => {
  await using given = await testDatabase();
  using own = folderWith({ '0001-own.sql': 'create table own (id int)' });
  using outbox = folderWith({ '0001-outbox.sql': 'create table outbox (id int)' });
  await migrate(given.url, own.url, 'own');
  assert.deepEqual(await migrate(given.url, outbox.url, 'outbox'), ['0001-outbox.sql']);
});

test('replicas that start together apply each file once', async () => {
  await using given = await testDatabase();
  using folder = folderWith({ '0001-slow.sql': 'create table slow (id int); select pg_sleep(0.2);' });
  const applied = await Promise.all([1, 2, 3, 4, 5].map(() => migrate(given.url, folder.url, 'own')));
  assert.deepEqual(applied.flat(), ['0001-slow.sql']);
});

test('a failing file leaves nothing behind and names itself', async () => {
  await using given = await testDatabase();
  using folder = folderWith({
    '0001-good.sql': 'create table good (id int)',
    '0002-bad.sql': 'create table half (id int); selec;',
  });
  await assert.rejects(migrate(given.url, folder.url, 'own'), /0002-bad\.sql failed: syntax error/);
  assert.deepEqual(await given.db.query(tables), [{ name: 'good' }]);
  folder.write('0002-bad.sql', 'create table whole (id int)');
  assert.deepEqual(await migrate(given.url, folder.url, 'own'), ['0002-bad.sql']);
});

test('a file that was applied may not change, move or go', async () => {
  await using given = await testDatabase();
  using folder = folderWith({ '0001-first.sql': 'create table first (id int)' });
  await migrate(given.url, folder.url, 'own');
  folder.write('0001-first.sql', 'create table first (id bigint)');
  await assert.rejects(
    migrate(given.url, folder.url, 'own'),
    /0001-first\.sql was changed after it had been applied/,
  );
  folder.rename('0001-first.sql', '0001-renamed.sql');
  await assert.rejects(migrate(given.url, folder.url, 'own'), /0001-first\.sql was removed or renamed/);
});

test('an older program starts on a database that a newer one has migrated, and applies nothing', async () => {
  await using given = await testDatabase();
  const older = { '0001-first.sql': 'create table first (id int)' };
  using newer = folderWith({ ...older, '0002-second.sql': 'create table second (id int)' });
  await migrate(given.url, newer.url, 'own');
  using folder = folderWith(older);
  assert.deepEqual(await migrate(given.url, folder.url, 'own'), []);
  assert.deepEqual(await given.db.query(tables), [{ name: 'first' }, { name: 'second' }]);
});

const mistakes = [
  {
    title: 'a gap in the numbers',
    files: ['0001-a.sql', '0003-c.sql'],
    says: /0003-c\.sql should have number 2/,
  },
  {
    title: 'a duplicate number',
    files: ['0001-a.sql', '0001-b.sql'],
    says: /0001-b\.sql should have number 2/,
  },
  { title: 'a first number above 1', files: ['0002-a.sql'], says: /0002-a\.sql should have number 1/ },
  { title: 'a file without a number', files: ['first.sql'], says: /first\.sql is not named like/ },
];

for (const { title, files, says } of mistakes) {
  test(`${title} is refused before anything is applied`, async () => {
    using folder = folderWith(Object.fromEntries(files.map((name) => [name, 'select 1'])));
    // No server listens there: the mistake must be found before a connection is made.
    await assert.rejects(migrate('postgres://127.0.0.1:1/none', folder.url, 'own'), (error: Error) => {
      assert.ok(error instanceof MigrationError);
      assert.match(error.message, says);
      return true;
    });
  });
}
