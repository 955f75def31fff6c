// A bench's result as a page: what was run where, and one table a question.
import { figure, markdownTable, type Cell } from './markdown-table.ts';
import { bankCpuPerOrder, cpuPerOrder, perOrder, type Cost } from './cost.ts';
import type { Spread } from './percentiles.ts';
import { generatorName } from './process-sampler.ts';
import type { BenchResult, RateResult } from './results.ts';

export function reportOf(result: BenchResult): string {
  const { wiring, description, machine, commit, command, date, idle } = result;
  return [
    `# Bench of the bank, ${wiring} wiring`,
    `${description}. How it is measured, and what it does not say: [bench/README.md](../README.md).`,
    markdownTable(
      ['run', ''],
      [
        ['command', `\`${command}\``],
        ['commit', commit],
        ['date', date],
        ['machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB`],
        ['system', `${machine.kernel}, Node ${machine.node}`],
        ['ledger afterwards', result.invariants],
      ],
    ),
    ...section('Orders a second', ordersTable(result)),
    ...section('Latency in milliseconds: p50 / p90 / p99 / max', latencyTable(result)),
    ...section('Milliseconds of CPU an order', cpuTable(result)),
    `Idle, over ${figure(idle.seconds)} s: ${idleText(result)}. "Less idle" takes this off for the time of the run.`,
    ...section('Work an order', workTable(result)),
    ...section('Largest resident memory in MB', memoryTable(result)),
    ...(result.saturation === undefined ? [] : section('Saturation', saturationText(result.saturation))),
  ]
    .join('\n\n')
    .concat('\n');
}

const section = (title: string, text: string): string[] => [`## ${title}`, text];
const rateHeads = ({ rates }: BenchResult): string[] => rates.map(({ rate }) => `${rate}/s`);

function ordersTable({ rates }: BenchResult): string {
  const rows = rates.map(({ rate, seconds, offered, accepted, completed, completedInTime, ...rest }) => [
    `${rate}/s`,
    `${offered} in ${seconds} s`,
    accepted / seconds,
    completed / seconds,
    `${figure((100 * completedInTime) / offered)} %`,
    failuresText(rest.failures),
    rest.mostInFlight,
    `${figure((100 * rest.othersCpuMs) / (rest.measuredSeconds * 1_000))} %`,
  ]);
  const head = ['offered', 'orders', 'accepted/s', 'completed/s', 'in time', 'failed', 'most in flight'];
  return markdownTable([...head, 'other programs, of a core'], rows);
}

function failuresText(failures: Readonly<Record<string, number>>): string {
  const parts = Object.entries(failures).map(([code, count]) => `${count} ${code}`);
  return parts.length === 0 ? '0' : parts.join(', ');
}

function latencyTable({ rates }: BenchResult): string {
  const rows: (readonly [string, (rate: RateResult) => Spread | undefined])[] = [
    ['accept (from when it was due)', ({ accept }) => accept],
    ['accept (from when it was sent)', ({ acceptFromSent }) => acceptFromSent],
    ['answer → completed', ({ complete }) => complete],
    ['event → subscriber', ({ eventToSubscriber }) => eventToSubscriber],
    ['generator late by', ({ late }) => late],
  ];
  return markdownTable(
    ['', ...rates.map(({ rate, completed }) => `${rate}/s (${completed} orders)`)],
    rows.map(([name, spread]) => [name, ...rates.map((rate) => spreadText(spread(rate)))]),
  );
}

function spreadText(spread: Spread | undefined): Cell {
  if (spread === undefined) return undefined;
  return [spread.p50, spread.p90, spread.p99, spread.max].map(figure).join(' / ');
}

/** Two columns a rate: as measured, and less what the idle bank uses. */
function costTable(
  result: BenchResult,
  rows: readonly (readonly [string, (rate: RateResult) => Cost | undefined])[],
) {
  const head = result.rates.flatMap(({ rate }) => [`${rate}/s`, 'less idle']);
  const cells = rows.map(([name, cost]) => [
    name,
    ...result.rates.flatMap((rate) => [cost(rate)?.measured, cost(rate)?.lessIdle]),
  ]);
  return markdownTable(['', ...head], cells);
}

function cpuTable(result: BenchResult): string {
  const names = Object.keys(result.idle.cpuMsPerSecond).filter((name) => name !== generatorName);
  return costTable(result, [
    ...names.map((name) => [name, (rate: RateResult) => cpuPerOrder(name, rate, result.idle)] as const),
    ['**the bank in all**', (rate: RateResult) => bankCpuPerOrder(rate, result.idle)],
    [`${generatorName} (apart)`, (rate: RateResult) => cpuPerOrder(generatorName, rate, result.idle)],
  ]);
}

function idleText({ idle }: BenchResult): string {
  const parts = Object.entries(idle.cpuMsPerSecond).map(([name, ms]) => `${name} ${figure(ms)}`);
  const { statementsPerSecond, transactionsPerSecond } = idle;
  return `${parts.join(', ')} ms of CPU a second, ${figure(statementsPerSecond)} statements and ${figure(transactionsPerSecond)} transactions a second`;
}

function workTable(result: BenchResult): string {
  const { statementsPerSecond, transactionsPerSecond } = result.idle;
  const statementsOf = ({ statements }: RateResult) =>
    Object.values(statements).reduce((sum, count) => sum + count, 0);
  return costTable(result, [
    ['SQL statements', (rate) => perOrder(statementsOf(rate), statementsPerSecond, rate)],
    ['transactions', (rate) => perOrder(rate.transactions, transactionsPerSecond, rate)],
    ['events to the bus', (rate) => perOrder(rate.busEvents, 0, rate)],
    ['kB kept in the services’ databases', (rate) => perOrder(rate.storedBytes / 1_000, 0, rate)],
    ['kB of write-ahead log', (rate) => perOrder(rate.walBytes / 1_000, 0, rate)],
  ]);
}

function memoryTable(result: BenchResult): string {
  const names = Object.keys(result.rates[0]?.peakMb ?? {});
  return markdownTable(
    ['', ...rateHeads(result)],
    names.map((name) => [name, ...result.rates.map(({ peakMb }) => peakMb[name])]),
  );
}

function saturationText({ rate, isBounded, steps }: NonNullable<BenchResult['saturation']>): string {
  const lowest = steps[0]?.rate ?? 0;
  const found = isBounded
    ? `**${rate === undefined ? `below ${lowest}` : rate} orders/s** completed without a growing backlog`
    : `At least **${rate} orders/s** completed without a growing backlog; no higher rate was tried`;
  const rows = steps.map((step) => [
    `${step.rate}/s`,
    `${step.offered} in ${step.seconds} s`,
    `${figure((100 * step.completedInTime) / step.offered)} %`,
    step.completeP99Ms,
    step.holds ? 'holds' : 'does not hold',
  ]);
  return [
    `${found} (99 % within 2 s after the last arrival, p99 of answer → completed below 2 s).`,
    markdownTable(['rate', 'orders', 'completed in time', 'p99 answer → completed, ms', ''], rows),
  ].join('\n\n');
}
