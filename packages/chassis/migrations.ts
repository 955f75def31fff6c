// Brings a database to the newest schema: numbered SQL files, each in a transaction of its own, under an
// advisory lock, so that replicas that start together run each file once. What was applied never changes.
// Several folders (a service's own, the outbox's) live in one database, each with numbers of its own.

import pg from 'pg';
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';

/** Any constant will do, as long as nothing else in the database locks it. Advisory locks are per database. */
const MIGRATION_LOCK = 4_901_300_001;
/** A migration may rewrite a table; beyond this it should be split. */
const MIGRATION_TIMEOUT_MS = 120_000;
const CONNECTION_TIMEOUT_MS = 10_000;
const FILE_NAME = /^(\d{4})-[a-z0-9-]+\.sql$/;

interface Migration {
  readonly number: number;
  readonly name: string;
  readonly text: string;
  readonly checksum: string;
}

/** The files are in a state that must not be applied: a bad name, a gap, a duplicate, or a changed old file. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
}

/**
 * Applies what is missing from `folder` (`0001-name.sql`, `0002-…`) and returns the names it applied.
 * A file that fails leaves nothing behind; the ones before it stay applied. `setName` keeps the numbers of
 * several folders in one database apart, such as a service's own and the outbox's.
 */
export async function migrate(url: string, folder: URL, setName: string): Promise<string[]> {
  const migrations = await readMigrations(folder);
  const client = new pg.Client({
    connectionString: url,
    application_name: `${setName}-migrations`,
    connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
    statement_timeout: MIGRATION_TIMEOUT_MS,
  });
  client.on('error', () => undefined); // The statement that runs reports the loss.
  await client.connect();
  try {
    // The lock belongs to the session and ends with it, also when this process dies.
    await client.query('select pg_advisory_lock($1)', [MIGRATION_LOCK]);
    return await applyMissing(client, setName, migrations);
  } finally {
    await client.end();
  }
}

/** Reads and checks the folder: numbers start at 1 and have neither gaps nor duplicates. */
async function readMigrations(folder: URL): Promise<Migration[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sql')).toSorted();
  return Promise.all(
    names.map(async (name, index) => {
      const number = numberOf(name);
      if (number !== index + 1) {
        throw new MigrationError(
          `migration ${name} should have number ${index + 1}: there is a gap or a duplicate`,
        );
      }
      const text = await readFile(
        new URL(name, folder.href.endsWith('/') ? folder : `${folder.href}/`),
        'utf8',
      );
      return { number, name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

function numberOf(name: string): number {
  const digits = FILE_NAME.exec(name)?.[1];
  if (digits === undefined)
    throw new MigrationError(`migration ${name} is not named like 0001-what-it-does.sql`);
  return Number(digits);
}

async function applyMissing(
  client: pg.Client,
  setName: string,
  migrations: readonly Migration[],
): Promise<string[]> {
  await client.query(
    `create table if not exists schema_migrations (
       set_name text not null, number int not null, name text not null, checksum text not null,
       applied_at timestamptz not null default now(), primary key (set_name, number)
     )`,
  );
  const { rows } = await client.query<{ number: number; name: string; checksum: string }>(
    'select number, name, checksum from schema_migrations where set_name = $1 order by number',
    [setName],
  );
  // A newer program may have migrated further: during a rolling restart an older one must still come up.
  for (const applied of rows.slice(0, migrations.length)) {
    checkUnchanged(applied, migrations[applied.number - 1]);
  }
  const missing = migrations.slice(rows.length);
  for (const migration of missing) await apply(client, setName, migration);
  return missing.map(({ name }) => name);
}

function checkUnchanged(applied: { name: string; checksum: string }, file: Migration | undefined): void {
  if (file?.name === applied.name && file.checksum === applied.checksum) return;
  const what = file?.name === applied.name ? 'was changed' : 'was removed or renamed';
  throw new MigrationError(
    `migration ${applied.name} ${what} after it had been applied; add a new one instead`,
  );
}

async function apply(client: pg.Client, setName: string, migration: Migration): Promise<void> {
  await client.query('begin');
  try {
    await client.query(migration.text);
    await client.query(
      'insert into schema_migrations (set_name, number, name, checksum) values ($1, $2, $3, $4)',
      [setName, migration.number, migration.name, migration.checksum],
    );
    await client.query('commit');
  } catch (error) {
    // The first error is the one to tell; a failed rollback only means that the connection is gone.
    await client.query('rollback').catch(() => undefined);
    throw new Error(
      `migration ${migration.name} failed: ${error instanceof Error ? error.message : String(error)}`,
      {
        cause: error,
      },
    );
  }
}
