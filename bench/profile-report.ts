// A profile as a page: where the CPU of one order goes, in milliseconds an order.
import type { ProfileAnalysis, Share } from './cpu-profile.ts';
import { figure, markdownTable } from './markdown-table.ts';
import type { ThreadTimes } from './process-table.ts';
import type { RateResult } from './results.ts';
import type { StatementCost } from './statement-costs.ts';
import type { TableReads } from './table-reads.ts';

export interface ProfileFindings {
  readonly head: readonly (readonly [string, string])[];
  readonly run: RateResult;
  readonly analysis: ProfileAnalysis;
  readonly statements: readonly StatementCost[];
  readonly tables: readonly TableReads[];
  /** Of the bank's process. */
  readonly threads: { readonly main: ThreadTimes; readonly others: ThreadTimes };
  /** Milliseconds of CPU of Postgres's processes, by what they call themselves. */
  readonly postgresCpuMs: ReadonlyMap<string, number>;
  /** Lines a table. */
  readonly top: number;
}

/** What is shown of a statement's text. */
const longestQuery = 110;

export function profileReport({
  head,
  run,
  analysis,
  statements,
  tables,
  threads,
  postgresCpuMs,
  top,
}: ProfileFindings): string {
  const orders = Math.max(1, run.completed);
  // The operating system's figure for the main thread is the true sum; the samples say how it is shared out.
  const scale = threads.main.cpuMs / analysis.busyMs / orders;
  const cpu = Object.entries(run.cpuMs).map(([name, ms]) => [name, ms / orders]);
  const sharesTable = (title: string, shares: readonly Share[], columns: 'both' | 'self') => [
    `## ${title}`,
    markdownTable(
      ['', 'self', ...(columns === 'both' ? ['with what it calls'] : []), 'share'],
      shares
        .slice(0, top)
        .map(({ name, selfMs, inclusiveMs }) => [
          name,
          selfMs * scale,
          ...(columns === 'both' ? [inclusiveMs * scale] : []),
          `${figure((100 * selfMs) / analysis.busyMs)} %`,
        ]),
    ),
  ];
  const ownFunctions = analysis.functions
    .filter(({ name }) => /^\S+ (subgraphs|packages|gateway|bff-)/.test(name))
    .toSorted((a, b) => b.inclusiveMs - a.inclusiveMs);
  return [
    '# Where an order’s CPU goes, embedded wiring',
    'Milliseconds of CPU an order, of the bank’s main thread, by a sampling profiler, which itself costs some. Nothing is taken off for the idle bank.',
    markdownTable(['run', ''], head),
    '## Processes, by the operating system',
    markdownTable(['', 'ms an order'], cpu),
    '## Postgres, by database and background process',
    markdownTable(
      ['', 'ms an order'],
      [...postgresCpuMs].toSorted(([, a], [, b]) => b - a).map(([name, ms]) => [name, ms / orders]),
    ),
    '## The main thread',
    threadTable(threads, orders),
    `The profile caught ${figure(analysis.busyMs / orders)} ms an order of it, without samples that came late because the thread waited for a core; the tables below are scaled to the ${figure(threads.main.cpuMs / orders)} ms that the operating system counts. What stands under writes is still too much when the machine is busy: it cannot be more than the time in system calls.`,
    ...sharesTable('Packages', analysis.groups, 'both'),
    ...sharesTable('Services, by the nearest file of a service on the stack', analysis.services, 'self'),
    ...sharesTable('Own files, each with what it calls up to the next own file', analysis.ownFiles, 'both'),
    ...sharesTable('Functions by their own time', analysis.functions, 'self'),
    ...sharesTable('Own functions by time with what they call', ownFunctions, 'both'),
    '## SQL by the clock of Postgres, statements within functions too',
    sqlTable(statements, orders, top),
    '## Tables, an order',
    tablesTable(tables, orders, top),
    '## SQL statements sent, by name',
    statementTable(run, orders),
  ]
    .join('\n\n')
    .concat('\n');
}

function threadTable(threads: ProfileFindings['threads'], orders: number): string {
  const row = (name: string, { cpuMs, systemMs, waitedMs }: ThreadTimes) =>
    [name, cpuMs / orders, systemMs / orders, waitedMs / orders] as const;
  return markdownTable(
    ['of the bank’s process', 'CPU', 'of this in system calls', 'waiting for a core'],
    [row('main thread', threads.main), row('other threads', threads.others)],
  );
}

function sqlTable(statements: readonly StatementCost[], orders: number, top: number): string {
  const sum = (of: (statement: StatementCost) => number) =>
    statements.reduce((total, each) => (each.isNested ? total : total + of(each)), 0);
  return markdownTable(
    ['', 'ms an order', 'calls an order', 'ms a call', 'WAL bytes an order'],
    [
      ...statements
        .slice(0, top)
        .map(({ database, query, calls, totalMs, walBytes, isNested }) => [
          `${database}${isNested ? ', within a function' : ''}: \`${query.slice(0, longestQuery).replaceAll('`', "'")}\``,
          totalMs / orders,
          calls / orders,
          totalMs / calls,
          Math.round(walBytes / orders),
        ]),
      [
        'all (what functions run is in them)',
        sum(({ totalMs }) => totalMs) / orders,
        sum(({ calls }) => calls) / orders,
        undefined,
        Math.round(sum(({ walBytes }) => walBytes) / orders),
      ],
    ],
  );
}

function statementTable(run: RateResult, orders: number): string {
  const entries = Object.entries(run.statements).toSorted(([, a], [, b]) => b - a);
  return markdownTable(
    ['', 'an order'],
    entries.map(([name, count]) => [name, count / orders]),
  );
}

function tablesTable(tables: readonly TableReads[], orders: number, top: number): string {
  return markdownTable(
    ['', 'sequential scans', 'rows in them', 'index scans', 'inserted', 'updated', 'of these HOT'],
    tables
      .slice(0, top)
      .map((reads) => [
        reads.table,
        reads.scans / orders,
        reads.rowsScanned / orders,
        reads.indexScans / orders,
        reads.inserted / orders,
        reads.updated / orders,
        reads.hotUpdated / orders,
      ]),
  );
}
