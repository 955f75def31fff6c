// What the bank counts itself: SQL statements by name, transactions, and events handed to the bus.
import { Client } from 'pg';
import type { BankUnderLoad } from './bank-under-load.ts';
import { parseMetrics } from './metrics-text.ts';

/** A bank at the end of an overload still has its backlog before it. */
const requestTimeoutMs = 30_000;
/** Services that publish events, each through an outbox of its own. */
const publishers = ['orders', 'market'] as const;

export interface WorkCount {
  /** By "service: statement". BEGIN, COMMIT and ROLLBACK are not in it. */
  readonly statements: ReadonlyMap<string, number>;
  /** Committed and rolled back, in all databases of the server. */
  readonly transactions: number;
  readonly events: number;
  /** What the services' databases hold, indexes with it. */
  readonly storedBytes: number;
  /** What Postgres has written to its log so far. */
  readonly walBytes: number;
}

export async function countWork(bank: BankUnderLoad): Promise<WorkCount> {
  const [statements, transactions, events, storedBytes, walBytes] = await Promise.all([
    countStatements(bank),
    countTransactions(bank),
    countEvents(bank),
    countStoredBytes(bank),
    countWalBytes(bank),
  ]);
  return { statements, transactions, events, storedBytes, walBytes };
}

export function workBetween(before: WorkCount, after: WorkCount): WorkCount {
  const statements = [...after.statements].map(
    ([name, count]) => [name, count - (before.statements.get(name) ?? 0)] as const,
  );
  return {
    statements: new Map(statements.filter(([, count]) => count > 0)),
    transactions: after.transactions - before.transactions,
    events: after.events - before.events,
    storedBytes: after.storedBytes - before.storedBytes,
    walBytes: after.walBytes - before.walBytes,
  };
}

async function countStatements(bank: BankUnderLoad): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const { service, url } of bank.metricsUrls()) {
    const text = await metricsText(service, url);
    for (const { name, labels, value } of parseMetrics(text)) {
      if (name !== 'sql_statements_total') continue;
      const key = `${labels['service'] ?? service}: ${labels['statement'] ?? '?'}`;
      counts.set(key, (counts.get(key) ?? 0) + value);
    }
  }
  return counts;
}

async function metricsText(service: string, url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(requestTimeoutMs) });
    if (!response.ok) throw new Error(`it answers ${response.status}`);
    return await response.text();
  } catch (cause) {
    throw new Error(`${service} does not tell its metrics`, { cause });
  }
}

/** A connection tells its figures at most once a second, which is as late at the start of a run as at its end. */
async function countTransactions(bank: BankUnderLoad): Promise<number> {
  const [row] = await rowsOf<{ transactions: string }>(
    bank.databaseUrls['orders'],
    'select sum(xact_commit + xact_rollback)::text as transactions from pg_stat_database',
  );
  return Number(row?.transactions);
}

/** By the outboxes' own numbering, so that the figure means the same on every transport. */
async function countEvents(bank: BankUnderLoad): Promise<number> {
  const counts = await Promise.all(
    publishers.map((service) =>
      rowsOf<{ last: string }>(
        bank.databaseUrls[service],
        `select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0)::text as last`,
      ),
    ),
  );
  return counts.reduce((sum, [row]) => sum + Number(row?.last), 0);
}

/** Files grow by pages, so that a figure of few orders is coarse. */
async function countStoredBytes(bank: BankUnderLoad): Promise<number> {
  const sizes = await Promise.all(
    Object.values(bank.databaseUrls).map((url) =>
      rowsOf<{ bytes: string }>(url, 'select pg_database_size(current_database())::text as bytes'),
    ),
  );
  return sizes.reduce((sum, [row]) => sum + Number(row?.bytes), 0);
}

async function countWalBytes(bank: BankUnderLoad): Promise<number> {
  const query = `select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::text as bytes`;
  const [row] = await rowsOf<{ bytes: string }>(bank.databaseUrls['orders'], query);
  return Number(row?.bytes);
}

async function rowsOf<Row extends object>(url: string | undefined, query: string): Promise<Row[]> {
  if (url === undefined) throw new Error('the bank does not say where this database is');
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query<Row>(query)).rows;
  } finally {
    await client.end();
  }
}
