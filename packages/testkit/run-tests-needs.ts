// What test suites may need from the machine, one entry each: how it is started, how a test finds it
// (environment variables), how it is stopped. A new need is one more entry.

import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

interface Provided extends AsyncDisposable {
  readonly env: Readonly<Record<string, string>>;
}

export type Need = keyof typeof needs;

/** What is missing is no part of the bank's own installation: the suites that need it skip, and say so. */
export class NotOnThisMachine extends Error {
  /** What is left out because of it. */
  readonly suites: string;

  constructor(suites: string, reason: string) {
    super(reason);
    this.suites = suites;
  }
}

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

  /** A browser; each test starts its own. */
  async chromium(): Promise<Provided> {
    const { chromiumMissing } = await import('./chromium.ts');
    if (chromiumMissing !== false) throw new NotOnThisMachine('browser suite', chromiumMissing);
    return { env: {}, [Symbol.asyncDispose]: async () => undefined };
  },

  /** A real Redis that keeps nothing on disk. Tests share it, so none may flush it: see `startRedis` for that. */
  async redis(): Promise<Provided> {
    const { redisMissing, startRedis } = await import('./redis-server.ts');
    if (redisMissing !== false) throw new NotOnThisMachine('Redis suites', redisMissing);
    const redis = await startRedis();
    return { env: { TEST_REDIS_URL: redis.url }, [Symbol.asyncDispose]: () => redis.stop() };
  },
};
