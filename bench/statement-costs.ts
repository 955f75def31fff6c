// What each SQL statement costs in Postgres, by the server's own pg_stat_statements: it is switched on in a data
// folder before the bank starts on it, so that the bank itself is started as ever.
import { join } from 'node:path';
import { Client } from 'pg';
import { startPostgres } from '@simplebank/postgres-embedded';

export interface StatementCost {
  readonly database: string;
  readonly query: string;
  readonly calls: number;
  /** Planning and execution, by the wall clock: waiting for locks and the disk is in it. */
  readonly totalMs: number;
  readonly walBytes: number;
  /** Run by a function of the database; the statement that called the function counts it too. */
  readonly isNested: boolean;
}

export interface StatementRecorder {
  reset(): Promise<void>;
  /** Dearest first. */
  read(): Promise<StatementCost[]>;
}

const settings = {
  shared_preload_libraries: 'pg_stat_statements',
  // Also what functions in the database run.
  'pg_stat_statements.track': 'all',
  'pg_stat_statements.track_planning': 'on',
};

/** The administrator's URL as it was; the server's port is another one at the next start. */
export async function switchOnStatementCosts(dataDir: string): Promise<string> {
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0 });
  try {
    for (const [name, value] of Object.entries(settings))
      await rowsOf(postgres.adminUrl, `alter system set ${name} = '${value}'`);
    await rowsOf(postgres.adminUrl, 'create extension pg_stat_statements');
    return postgres.adminUrl;
  } finally {
    await postgres.stop();
  }
}

/** `databaseUrl` is any of the running server's. */
export function statementRecorder(adminUrl: string, databaseUrl: string): StatementRecorder {
  const url = new URL(adminUrl);
  url.port = new URL(databaseUrl).port;
  return {
    async reset() {
      await rowsOf(url.href, 'select pg_stat_statements_reset()');
    },
    async read() {
      const rows = await rowsOf<
        Record<'database' | 'query' | 'calls' | 'total' | 'wal', string> & { toplevel: boolean }
      >(
        url.href,
        `select d.datname as database, s.query, s.calls::text as calls,
           (s.total_plan_time + s.total_exec_time)::text as total, s.wal_bytes::text as wal, s.toplevel
         from pg_stat_statements s join pg_database d on d.oid = s.dbid
         order by s.total_plan_time + s.total_exec_time desc`,
      );
      return rows.map(({ database, query, calls, total, wal, toplevel }) => ({
        database,
        query: query.replaceAll(/\s+/g, ' ').trim(),
        calls: Number(calls),
        totalMs: Number(total),
        walBytes: Number(wal),
        isNested: !toplevel,
      }));
    },
  };
}

async function rowsOf<Row extends object>(connectionString: string, query: string): Promise<Row[]> {
  const client = new Client({ connectionString });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}
