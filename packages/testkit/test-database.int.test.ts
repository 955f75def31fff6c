// A test's database is its own, migrated, and gone afterwards.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { sql } from '@simplebank/chassis';
import { testDatabase } from './test-database.ts';

const create = sql('test.create', 'create table mine (id bigint primary key)');
const databases = sql('test.databases', 'select from pg_database where datname = $1');

test('two test databases at once do not see each other, and each goes when it is disposed', async () => {
  await using first = await testDatabase();
  const second = await testDatabase();
  await first.db.query(create);
  await second.db.query(create);
  const name = new URL(second.url).pathname.slice(1);
  assert.equal((await first.db.query(databases, [name])).length, 1);
  await second[Symbol.asyncDispose]();
  assert.equal((await first.db.query(databases, [name])).length, 0);
});

test('migrations are applied, also from several folders', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simplebank-migrations-'));
  try {
    writeFileSync(join(folder, '0001-mine.sql'), 'create table if not exists mine (id bigint primary key)');
    const url = pathToFileURL(folder);
    await using given = await testDatabase({ migrations: [url, { name: 'again', folder: url }] });
    const applied = await given.db.query(sql('test.applied', 'select count(*) from schema_migrations'));
    assert.deepEqual(applied, [{ count: 2n }]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a migration that fails is told', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'simplebank-migrations-'));
  try {
    writeFileSync(join(folder, '0001-bad.sql'), 'selec');
    await assert.rejects(testDatabase({ migrations: [pathToFileURL(folder)] }), /0001-bad\.sql failed/);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('statements are reported by name', async () => {
  const names: string[] = [];
  await using given = await testDatabase({ onStatement: (name) => names.push(name) });
  await given.db.query(create);
  assert.deepEqual(names, ['test.create']);
});
