// The result as a page: three goals, each with what was measured beside it.
import { figure, markdownTable } from '../markdown-table.ts';
import type { BenchResult } from '../results.ts';
import type { SubscriptionsArguments } from './arguments.ts';
import { contestantNames, type ContestantName } from './contestants.ts';
import { median } from './deliveries.ts';
import type { Commits, FanOut } from './measure.ts';

const mostKb = 12;
const leastMessagesASecond = 40_000;
const mostP99Ms = 50;

export interface SubscriptionsResult extends Pick<BenchResult, 'machine' | 'commit' | 'command' | 'date'> {
  readonly sizes: SubscriptionsArguments;
  /** By contestant, one a round. */
  readonly fanOuts: Readonly<Partial<Record<ContestantName, readonly FanOut[]>>>;
  readonly commits: Readonly<Partial<Record<ContestantName, Commits>>>;
}

export function reportOf(result: SubscriptionsResult): string {
  const { machine, sizes } = result;
  const { connections, rounds, fanOutEvents, commitRate, commitSeconds } = sizes;
  return [
    '# Live connections to one BFF process',
    'How it is measured, and what it does not say: [bench/README.md](../README.md#live-connections).',
    markdownTable(
      ['run', ''],
      [
        ['command', `\`${result.command}\``],
        ['commit', result.commit],
        ['date', result.date],
        ['machine', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGb} GB`],
        ['system', `${machine.kernel}, Node ${machine.node}`],
      ],
    ),
    '## One order, followed by all',
    `${connections} connections, ${fanOutEvents} events one after the other in each of ${rounds} rounds; medians, and the least and most of the rounds. Messages a second count from just before COMMIT (raw ws: from the first write) until the last subscriber has the event.`,
    fanOutTable(result),
    '## An order of its own for each',
    `${connections} connections, each with a token of its own; ${commitRate} commits a second for ${commitSeconds} s, each of one event for one subscriber; milliseconds from just before COMMIT until the subscriber has it.`,
    commitsTable(result),
    '## Goals',
    verdicts(result).join('\n'),
  ]
    .join('\n\n')
    .concat('\n');
}

function fanOutTable({ fanOuts }: SubscriptionsResult): string {
  const rows = contestantNames.flatMap((name) => {
    const rounds = fanOuts[name];
    if (rounds === undefined) return [];
    return [
      [
        name,
        spread(rounds.map(({ kbAConnection }) => kbAConnection)),
        spread(rounds.map(({ heapKbAConnection }) => heapKbAConnection)),
        spread(rounds.map(({ messagesASecond }) => messagesASecond)),
        spread(rounds.map(({ firstAfterMs }) => firstAfterMs)),
        spread(rounds.map(({ cpuMicrosecondsAMessage }) => cpuMicrosecondsAMessage)),
      ],
    ];
  });
  const head = [
    '',
    'kB resident a connection',
    'of it heap',
    'messages/s',
    'ms to the first',
    'µs of CPU a message',
  ];
  return markdownTable(head, rows);
}

function spread(values: readonly number[]): string {
  const all = [median(values), Math.min(...values), Math.max(...values)].map(figure);
  return values.length === 1 ? (all[0] ?? '') : `${all[0]} (${all[1]} to ${all[2]})`;
}

function commitsTable({ commits }: SubscriptionsResult): string {
  const rows = contestantNames.flatMap((name) => {
    const measured = commits[name];
    if (measured === undefined) return [];
    const { p50, p90, p99, max } = measured.latencyMs;
    const latency = [p50, p90, p99, max].map(figure).join(' / ');
    return [
      [name, measured.kbAConnection, measured.committedASecond, latency, measured.cpuMicrosecondsAnEvent],
    ];
  });
  const head = [
    '',
    'kB resident a connection',
    'commits/s',
    'p50 / p90 / p99 / max, ms',
    'µs of CPU an event',
  ];
  return markdownTable(head, rows);
}

/** Also the goals that are missed stand here. */
export function verdicts({ fanOuts, commits }: SubscriptionsResult): string[] {
  const own = fanOuts.simplebank ?? [];
  const p99 = commits.simplebank?.latencyMs.p99;
  if (own.length === 0 || p99 === undefined) return [];
  const kb = median(own.map(({ kbAConnection }) => kbAConnection));
  const rate = median(own.map(({ messagesASecond }) => messagesASecond));
  const said = (holds: boolean) => (holds ? 'reached' : '**missed**');
  return [
    `- at most ${mostKb} kB a connection: ${figure(kb)}, ${said(kb <= mostKb)}`,
    `- at least ${leastMessagesASecond} messages/s: ${figure(rate)}, ${said(rate >= leastMessagesASecond)}`,
    `- p99 from commit to subscriber at most ${mostP99Ms} ms: ${figure(p99)}, ${said(p99 <= mostP99Ms)}`,
  ];
}
