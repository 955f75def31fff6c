// How the tables of the bank are read and written, from Postgres's own counters: rows read by sequential scans show
// a plan that reads a whole table where an index was meant.
import { Client } from 'pg';

export interface TableReads {
  /** "database.table" */
  readonly table: string;
  readonly scans: number;
  readonly rowsScanned: number;
  readonly indexScans: number;
  readonly inserted: number;
  readonly updated: number;
  /** Updates that needed no new index entries. */
  readonly hotUpdated: number;
}

const counters = ['scans', 'rowsScanned', 'indexScans', 'inserted', 'updated', 'hotUpdated'] as const;

export async function readTables(databaseUrls: Readonly<Record<string, string>>): Promise<TableReads[]> {
  const perDatabase = await Promise.all(
    Object.entries(databaseUrls).map(async ([database, connectionString]) => {
      const client = new Client({ connectionString });
      await client.connect();
      try {
        const { rows } = await client.query<Record<string, string>>(
          `select relname as "table", seq_scan as scans, seq_tup_read as "rowsScanned",
             coalesce(idx_scan, 0) as "indexScans", n_tup_ins as inserted, n_tup_upd as updated,
             n_tup_hot_upd as "hotUpdated"
           from pg_stat_user_tables`,
        );
        return rows.map((row) => tableOf(`${database}.${row['table']}`, (name) => Number(row[name])));
      } finally {
        await client.end();
      }
    }),
  );
  return perDatabase.flat();
}

/** Most rows scanned first; tables that were not touched are left out. */
export function readsBetween(before: readonly TableReads[], after: readonly TableReads[]): TableReads[] {
  const earlier = new Map(before.map((reads) => [reads.table, reads]));
  return after
    .map((now) => tableOf(now.table, (name) => now[name] - (earlier.get(now.table)?.[name] ?? 0)))
    .filter((reads) => counters.some((name) => reads[name] > 0))
    .toSorted((a, b) => b.rowsScanned - a.rowsScanned);
}

function tableOf(table: string, counter: (name: (typeof counters)[number]) => number): TableReads {
  const [scans, rowsScanned, indexScans, inserted, updated, hotUpdated] = [
    counter('scans'),
    counter('rowsScanned'),
    counter('indexScans'),
    counter('inserted'),
    counter('updated'),
    counter('hotUpdated'),
  ];
  return { table, scans, rowsScanned, indexScans, inserted, updated, hotUpdated };
}
