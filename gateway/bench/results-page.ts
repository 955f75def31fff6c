// A scenario's result as a page in Markdown, and the same table for the terminal.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScenarioResult } from './results.ts';
import { judge } from './targets.ts';
import { summarise, type SummaryRow } from './summary.ts';

interface Column {
  readonly head: string;
  cell(row: SummaryRow): string;
}

const columns: readonly Column[] = [
  { head: 'process', cell: ({ title, isOwn }) => (isOwn ? `**${title}**` : title) },
  { head: 'CPU s/1k', cell: ({ cpu }) => figure(cpu) },
  { head: 'from – to', cell: ({ leastCpu, mostCpu }) => `${figure(leastCpu)} – ${figure(mostCpu)}` },
  { head: '× this engine', cell: ({ ratio }) => (ratio === undefined ? '–' : ratio.toFixed(2)) },
  { head: '× floor', cell: ({ floorRatio }) => (floorRatio === undefined ? '–' : floorRatio.toFixed(2)) },
  { head: 'requests/s', cell: ({ requestsASecond }) => figure(requestsASecond) },
  { head: 'p50 ms', cell: ({ p50Ms }) => figure(p50Ms) },
  { head: 'p99 ms', cell: ({ p99Ms }) => figure(p99Ms) },
  { head: 'max RSS MB', cell: ({ maxRssMb }) => maxRssMb.toFixed(0) },
  { head: 'subgraph requests', cell: ({ subgraphRequests }) => figure(subgraphRequests) },
  { head: 'subgraph CPU s/1k', cell: ({ subgraphCpu }) => figure(subgraphCpu) },
  { head: 'requests', cell: ({ requests }) => String(requests) },
  { head: 'wrong', cell: ({ wrong }) => String(wrong) },
];

/** Three digits that count. */
function figure(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 100 ? value.toFixed(0) : String(Number(value.toPrecision(3)));
}

export function tableOf(result: ScenarioResult): string {
  const rows = summarise(result);
  const lines = [
    columns.map(({ head }) => head),
    columns.map((_, index) => (index === 0 ? '---' : '--:')),
    ...rows.map((row) => columns.map(({ cell }) => cell(row))),
  ];
  return lines.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

export function verdictsOf(result: ScenarioResult): string {
  const verdicts = judge(result.name, summarise(result));
  return verdicts
    .map(
      ({ text, figure: value, isReached }) =>
        `- ${isReached ? 'reached' : 'missed'}: ${text} (${figure(value)})`,
    )
    .join('\n');
}

function leftOutOf({ leftOut }: ScenarioResult): string {
  const lines = leftOut.map(({ title, reason }) => `- ${title}: ${reason}`);
  return lines.length === 0 ? '' : `\nCould not take the load, and were left out:\n\n${lines.join('\n')}\n`;
}

export function pageOf(result: ScenarioResult): string {
  const { title, about, command, machine, commit, date, connections, rounds, sliceSeconds } = result;
  return `# ${title}

${about}

${tableOf(result)}

What it set out to reach:

${verdictsOf(result)}
${leftOutOf(result)}
Medians over ${rounds} rounds; in each, every process had ${connections} connections for ${sliceSeconds} s, one process
after the other, in an order that rotates. CPU is that of the process and all that it started; “× this engine” compares
within a round. The control row is the same engine as a second process: differences of that size mean nothing. All
answers were compared with the right one before, and samples of them during the run. Subgraph requests and their CPU are
per request of a client (CPU: per thousand).

- command: \`${command}\` in gateway/
- machine: ${machine}; gateways, subgraphs and load share it
- commit: ${commit}
- date: ${date}
`;
}

export function writePage(folder: string, result: ScenarioResult): Promise<void> {
  return writeFile(join(folder, `${result.name}.md`), pageOf(result));
}
