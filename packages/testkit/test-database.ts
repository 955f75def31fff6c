// A database of its own for one test, on a real PostgreSQL: the test runner's server when it gives one,
// otherwise an embedded one that this process starts once and that ends with the process.

import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate, openDatabase, type Database, type MigrationFolder } from '@simplebank/chassis';
import { startPostgres } from '@simplebank/postgres-embedded';

/** Enough for concurrency tests; many test files share one server's 200 connections. */
const TEST_POOL_SIZE = 10;

export interface TestDatabaseOptions {
  /** Folders of numbered SQL files, applied in this order; a bare URL gets its last two folders as name. */
  readonly migrations?: readonly (URL | MigrationFolder)[];
  readonly service?: string;
  readonly onStatement?: (name: string) => void;
}

export interface TestDatabase extends AsyncDisposable {
  /** The database's URL with the administrator's role, for pools of the test's own. */
  readonly url: string;
  readonly db: Database;
}

export async function testDatabase(options: TestDatabaseOptions = {}): Promise<TestDatabase> {
  const adminUrl = await adminUrlOfServer();
  const name = `test_${randomBytes(8).toString('hex')}`;
  await asAdmin(adminUrl, `create database ${name} template template0`);
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  const service = options.service ?? 'test';
  try {
    for (const given of options.migrations ?? []) {
      const { folder, name: source } = given instanceof URL ? { folder: given, name: nameOf(given) } : given;
      await migrate(url.href, folder, source);
    }
  } catch (error) {
    await asAdmin(adminUrl, `drop database ${name} with (force)`);
    throw error;
  }
  const db = openDatabase({
    url: url.href,
    service,
    poolSize: TEST_POOL_SIZE,
    ...(options.onStatement === undefined ? {} : { onStatement: options.onStatement }),
  });
  return {
    url: url.href,
    db,
    async [Symbol.asyncDispose]() {
      await db.close();
      // A service under test may still hold connections; the database goes all the same.
      await asAdmin(adminUrl, `drop database ${name} with (force)`);
    },
  };
}

function nameOf(folder: URL): string {
  return folder.pathname.split('/').filter(Boolean).slice(-2).join('/');
}

let embedded: Promise<string> | undefined;

function adminUrlOfServer(): Promise<string> {
  const given = process.env['TEST_DATABASE_ADMIN_URL'];
  if (given !== undefined && given !== '') return Promise.resolve(given);
  embedded ??= startEmbedded();
  return embedded;
}

/** Nobody stops it: its watcher does, and deletes the folder, as soon as this process has ended. */
async function startEmbedded(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-test-postgres-'));
  const settings = { fsync: 'off', full_page_writes: 'off', shared_buffers: '64MB' };
  const server = await startPostgres({ dataDir, port: 0, temporary: true, settings });
  return server.adminUrl;
}

async function asAdmin(adminUrl: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl, application_name: 'test-database' });
  client.on('error', () => undefined); // The statement that runs reports the loss.
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
