// What test suites may need from the machine, one entry each: how it is started, how a test finds it
// (environment variables), how it is stopped. A new need (Redis, a browser) is one more entry.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Provided extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

export type Need = keyof typeof needs;

export const needs = {
  /** A real Postgres with nothing in it; tests make databases of their own in it. */
  async postgres(): Promise<Provided> {
    // Loaded late, so that unit tests run also where the binaries are not installed.
    const { startPostgres } = await import('@simplebank/postgres-embedded');
    const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-tests-'));
    const postgres = await startPostgres({ dataDir, port: 0, temporary: true });
    return {
      env: { TEST_DATABASE_ADMIN_URL: postgres.adminUrl },
      [Symbol.asyncDispose]: () => postgres.stop(),
    };
  },
};
