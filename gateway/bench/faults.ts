// Each fault of a subgraph under load: `node bench/faults.ts [--seconds 20] [--rate 200] [--faults a,b]`. The standalone
// gateway in front of three subgraphs, one of which does wrong; requests come at a constant rate, each with a deadline
// of a second. Writes results/faults.md and ends with 1 when something is not as it must be.
import { parseArgs } from 'node:util';
import { faultNames, type FaultName } from './faults-expected.ts';
import { circumstances, markdownTable, milliseconds, writePage, type Row } from './faults-report.ts';
import { openStand } from './faults-stand.ts';
import { megabytes, mostSlower, watchFault, type Watched } from './faults-watch.ts';

const deadlineMs = 1_000;
/** For the way to the client, on a machine whose two cores carry gateway, subgraphs and clients. */
const slackMs = 250;
/** Before anything is measured, so that the code is compiled. */
const warmUpSeconds = 5;
/** Without the fault and with it, in turn. */
const turns = 4;
const results = new URL('./results/faults.md', import.meta.url);

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '200' },
    faults: { type: 'string' },
  },
});
const seconds = Number(values.seconds);
const ratePerSecond = Number(values.rate);

async function main(): Promise<void> {
  const wanted = values.faults?.split(',') ?? faultNames;
  const unknown = wanted.find((name) => !faultNames.includes(name as FaultName));
  if (unknown !== undefined) throw new Error(`no fault is called "${unknown}": ${faultNames.join(', ')}`);
  await using stand = await openStand();
  const common = { ratePerSecond, deadlineMs, slackMs };
  await watchFault(stand, { ...common, fault: 'answers HTML', seconds: warmUpSeconds });
  const all: Watched[] = [];
  for (const fault of wanted as FaultName[]) {
    const watched = await watchFault(stand, { ...common, fault, seconds, turns });
    all.push(watched);
    process.stdout.write(`${rowOf(watched).join('  ')}\n`);
  }
  const failures = all.flatMap(failuresOf);
  await writePage(results.pathname, page(all, failures));
  process.stdout.write(`${failures.join('\n')}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

function failuresOf(watched: Watched): string[] {
  const { fault, failures, p99Ms, p99WithoutMs } = watched;
  const isSlower = p99Ms > mostSlower * p99WithoutMs;
  const slower = `the untouched fields' p99 was ${milliseconds(p99Ms)} ms, without it ${milliseconds(p99WithoutMs)} ms`;
  return [...failures, ...(isSlower ? [slower] : [])].map((failure) => `${fault}: ${failure}`);
}

function rowOf(watched: Watched): Row {
  const { fault, requests, codes, p99Ms, p99WithoutMs, control, sockets, memory } = watched;
  return [
    fault,
    String(requests),
    [...codes].map(([code, count]) => `${code} ${count}`).join(', '),
    milliseconds(watched.longestMs),
    milliseconds(watched.mostLateMs),
    milliseconds(p99WithoutMs),
    milliseconds(p99Ms),
    (p99Ms / p99WithoutMs).toFixed(2),
    (control.otherMs / control.oneMs).toFixed(2),
    milliseconds(watched.recoveredInMs),
    `${sockets.before} → ${sockets.after}`,
    `${megabytes(memory.before.heapUsed)} → ${megabytes(memory.after.heapUsed)}`,
    `${megabytes(memory.before.rss)} → ${megabytes(memory.after.rss)}`,
    watched.failures.length === 0 ? 'yes' : 'no',
  ];
}

const head: Row = [
  'a subgraph that …',
  'requests',
  'answers with the code',
  'longest (ms)',
  'sent late by (ms)',
  'p99 without (ms)',
  'p99 with',
  'with / without',
  'A/A',
  'right again after (ms)',
  'sockets',
  'heap (MB)',
  'RSS (MB)',
  'all right',
];

function page(all: readonly Watched[], failures: readonly string[]): string {
  return `# Faults of a subgraph, under load

${circumstances(['node bench/faults.ts', ...process.argv.slice(2)].join(' '))}

${ratePerSecond} requests/s, not waiting for answers; each has ${deadlineMs} ms and an authorization of its own. ${seconds} s with
the fault and as many without it, in ${turns} turns each. The requests in turn: entities from all three subgraphs, only the
healthy two, only the third one. Every answer is compared: data, error paths, codes. p99 is that of the healthy two's
fields, since the request was due; A/A is every second turn without the fault against the others: what these differ by
is noise. A request may end ${slackMs} ms past its deadline. Sockets, heap and resident memory are read after a forced
collection, before everything and after it. "Sent late by" is how late the generator itself was at most: what else the
machine had to do.

${markdownTable(head, all.map(rowOf))}

${failures.length === 0 ? 'Nothing was wrong.' : `What was wrong:\n\n${failures.map((failure) => `- ${failure}`).join('\n')}`}`;
}

await main();
