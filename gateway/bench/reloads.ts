// Reloads under constant load and at rest: `node bench/reloads.ts [--seconds 20] [--rate 200] [--reloads 100]`. A new
// supergraph is written to the file that the standalone gateway follows, each two seconds another one; then a hundred
// times without load, to see whether memory stays flat. Writes results/reloads.md and ends with 1 when a request was
// lost, or something is not as it must be.
import { parseArgs } from 'node:util';
import { questionsWhile } from './faults-expected.ts';
import { load, percentileOf, type LoadResult } from './faults-load.ts';
import { circumstances, markdownTable, milliseconds, writePage } from './faults-report.ts';
import { openStand } from './faults-stand.ts';
import { megabytes } from './faults-watch.ts';
import {
  during,
  knowDocuments,
  mostPlanners,
  reloadAtRest,
  reloadConfig,
  reloadUnderLoad,
  type Held,
  type ReloadsUnderLoad,
} from './reloads-watch.ts';

const everyMs = 2_000;
const deadlineMs = 1_000;
/** Of which the plans are made anew at each reload. */
const documents = 100;
/** Before anything is measured, so that the code is compiled. */
const warmUpSeconds = 5;
/** How far the p99 may rise while a supergraph is replaced. */
const mostSlower = 2;
const step = 10;
/** Bytes between a tenth of the reloads and all of them: less is not a leak but caches that fill. */
const mostHeapGrowth = 8 * 1024 * 1024;
/** Share of resident memory: the allocator keeps pages. */
const mostRssGrowth = 1.2;
const results = new URL('./results/reloads.md', import.meta.url);

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '20' },
    rate: { type: 'string', default: '200' },
    reloads: { type: 'string', default: '100' },
  },
});
const seconds = Number(values.seconds);
const ratePerSecond = Number(values.rate);

async function main(): Promise<void> {
  await using stand = await openStand(reloadConfig);
  await knowDocuments(stand.url, documents);
  const steady = (most: number) =>
    load({
      url: stand.url,
      ratePerSecond,
      seconds: most,
      deadlineMs,
      questions: questionsWhile('nothing wrong'),
    });
  await steady(warmUpSeconds);
  const before = await steady(seconds);
  const reloads = Math.floor((seconds * 1_000) / everyMs);
  const loaded = await reloadUnderLoad(stand, { ratePerSecond, reloads, everyMs, deadlineMs });
  const after = await steady(seconds);
  const held = await reloadAtRest(stand, Number(values.reloads), step);
  const failures = [...findFailures({ before, loaded, after, held }), ...stand.errorLines];
  await writePage(results.pathname, page({ before, loaded, after, held }, failures));
  process.stdout.write(`${page({ before, loaded, after, held }, failures)}\n`);
  if (failures.length > 0) process.exitCode = 1;
}

interface Found {
  readonly before: LoadResult;
  readonly loaded: ReloadsUnderLoad;
  readonly after: LoadResult;
  readonly held: readonly Held[];
}

const p99 = (asked: LoadResult['asked']): number => percentileOf(asked, 0.99);

function findFailures({ before, loaded, after, held }: Found): string[] {
  const failures = [before, loaded.result, after].flatMap(({ wrong }) =>
    [...wrong].map(([what, { count, example }]) => `${count} × ${what}, as ${example}`),
  );
  const [wasMs, isMs] = [p99(before.asked), p99(during(loaded))];
  if (isMs > mostSlower * wasMs) {
    failures.push(`p99 around reloads was ${milliseconds(isMs)} ms, before ${milliseconds(wasMs)} ms`);
  }
  const [first, last] = [held[0], held.at(-1)];
  if (first === undefined || last === undefined) return failures;
  const grown = last.memory.heapUsed - first.memory.heapUsed;
  if (grown > mostHeapGrowth) failures.push(`the heap grew by ${megabytes(grown)} MB`);
  if (last.memory.rss > mostRssGrowth * first.memory.rss) {
    failures.push(`RSS grew from ${megabytes(first.memory.rss)} to ${megabytes(last.memory.rss)} MB`);
  }
  if (held.some(({ planners }) => planners > mostPlanners))
    failures.push('planners of old generations live on');
  return failures;
}

function page(found: Found, failures: readonly string[]): string {
  const { before, loaded, after, held } = found;
  const row = (name: string, asked: LoadResult['asked']) => [
    name,
    String(asked.length),
    ...[0.5, 0.99, 1].map((share) => milliseconds(percentileOf(asked, share))),
    (p99(asked) / p99(before.asked)).toFixed(2),
  ];
  const lost = [before, loaded.result, after].reduce(
    (sum, { wrong }) => sum + [...wrong.values()].reduce((all, { count }) => all + count, 0),
    0,
  );
  const durations = loaded.windows.map(({ durationMs }) => milliseconds(durationMs)).join(', ');
  return `# Reloads

${circumstances(['node bench/reloads.ts', ...process.argv.slice(2)].join(' '))}

${ratePerSecond} requests/s, each with ${deadlineMs} ms and an authorization of its own; every answer is compared. Two
supergraphs in turn, a reload each ${everyMs / 1_000} s, with the plans of ${documents} documents made before it goes live. "Around
reloads" are the requests that were due from the moment at which the file was replaced until half a second after the
supergraph was live. After the reloads the same load runs without any: what it differs from the run before is noise.

${markdownTable(
  ['', 'requests', 'p50 (ms)', 'p99 (ms)', 'max (ms)', 'p99 / before'],
  [
    row('before', before.asked),
    row('around reloads', during(loaded)),
    row('all while reloading', loaded.result.asked),
    row('after (A/A)', after.asked),
  ],
)}

Lost or wrong: ${lost}. From the file to live (ms): ${durations}.

## At rest

${markdownTable(
  ['reloads', 'heap (MB)', 'RSS (MB)', 'sockets', 'processes of planners'],
  held.map(({ reloads, memory, sockets, planners }) => [
    String(reloads),
    megabytes(memory.heapUsed),
    megabytes(memory.rss),
    String(sockets),
    String(planners),
  ]),
)}

${failures.length === 0 ? 'Nothing was wrong.' : `What was wrong:\n\n${failures.map((failure) => `- ${failure}`).join('\n')}`}`;
}

await main();
