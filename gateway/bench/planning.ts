// `node bench/planning.ts`: how long a large supergraph takes to load and its operations to plan, cold, with the whole
// engine and with each planner; the same for what the bank's BFFs send; and whether memory is flat over a hundred
// reloads. Writes results/planning.md, unless fewer loads or reloads than usual were asked for.
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import { createNativePlanner } from '../planner/native-planner.ts';
import { bankSupergraph } from './bank-operations.ts';
import { commit, machine } from './circumstances.ts';
import {
  loadEngine,
  loadPlanner,
  timePlanning,
  type PlannedSupergraph,
  type Times,
} from './planning-times.ts';
import { memoryOverReloads, type MemoryOverReloads } from './reload-memory.ts';
import { syntheticSupergraph } from './synthetic-supergraph.ts';

/** 3,000 types and some more. */
const large = { subgraphs: 60, groupsInASubgraph: 7 };
/** For reloads, of which there are many. */
const small = { subgraphs: 12, groupsInASubgraph: 2 };
const usualLoads = 5;
const usualReloads = 100;

// What the engine set out to reach.
const mostLoadMs = 3_000;
const mostPlanMs = 50;
const mostBankPlanMs = 5;
/** Share by which the heap may grow while reloads go on: the difference between two runs of the same. */
const mostHeapGrowth = 1.05;

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: String(usualLoads) },
    reloads: { type: 'string', default: String(usualReloads) },
  },
});
const loads = Number(values.loads);
const reloads = Number(values.reloads);

const loaders = {
  'this engine': loadEngine,
  'native planner alone': loadPlanner(createNativePlanner),
  'Apollo’s planner alone': loadPlanner(createApolloPlanner),
};

const write = (text: string) => void process.stdout.write(`${text}\n`);

function planningTable(all: readonly Times[], { operations }: PlannedSupergraph): string {
  const rows = [
    ['ms', ...all.map(({ name }) => name)],
    ['---', ...all.map(() => '--:')],
    ['load', ...all.map(({ loadMs }) => loadMs.toFixed(0))],
    ...operations.map(({ name }, index) => [
      name,
      ...all.map(({ planMs }) => (planMs[index] ?? NaN).toFixed(1)),
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function memoryText({ early, late }: MemoryOverReloads): string {
  const change = (before: number, after: number) =>
    `${before.toFixed(1)} MB after the second tenth, ${after.toFixed(1)} MB at the end`;
  return `${reloads} reloads under use, after a collection each: heap ${change(early.heapMb, late.heapMb)}; resident ${change(early.rssMb, late.rssMb)}.`;
}

interface Verdict {
  readonly text: string;
  readonly figure: string;
  readonly isReached: boolean;
}

interface Measured {
  readonly supergraph: PlannedSupergraph;
  readonly times: readonly Times[];
}

function verdicts(large: Measured, bank: Measured, { early, late }: MemoryOverReloads): string {
  const growth = late.heapMb / early.heapMb;
  const loadMs = large.times[0]?.loadMs ?? NaN;
  const all: Verdict[] = [
    { text: `loads in under ${mostLoadMs} ms`, figure: loadMs.toFixed(0), isReached: loadMs < mostLoadMs },
    ...planVerdicts('', large, mostPlanMs),
    ...planVerdicts('of the bank: ', bank, mostBankPlanMs),
    {
      text: 'memory is flat over reloads',
      figure: `heap × ${growth.toFixed(3)}`,
      isReached: growth < mostHeapGrowth,
    },
  ];
  return all
    .map(({ text, figure, isReached }) => `- ${isReached ? 'reached' : 'missed'}: ${text} (${figure})`)
    .join('\n');
}

function planVerdicts(prefix: string, { supergraph, times }: Measured, mostMs: number): Verdict[] {
  const [engine, planner] = times;
  const verdict = (what: string, of: Times | undefined): Verdict => {
    const planMs = of?.planMs ?? [NaN];
    const slowestMs = Math.max(...planMs);
    const slowest = supergraph.operations[planMs.indexOf(slowestMs)]?.name ?? '';
    return {
      text: `${prefix}${what} in under ${mostMs} ms each`,
      figure: `${slowestMs.toFixed(1)}, ${slowest}`,
      isReached: slowestMs < mostMs,
    };
  };
  return [verdict('the planner plans', planner), verdict('the engine makes a new document runnable', engine)];
}

async function measure(supergraph: PlannedSupergraph): Promise<Measured> {
  const times: Times[] = [];
  for (const [name, load] of Object.entries(loaders)) {
    times.push(await timePlanning(name, load, supergraph, loads));
  }
  return { supergraph, times };
}

async function main(): Promise<void> {
  write('composing the supergraphs, which takes a minute the first time');
  const supergraph = await syntheticSupergraph(large);
  const synthetic = await measure(supergraph);
  const bank = await measure(await bankSupergraph());
  const memory = await memoryOverReloads(await syntheticSupergraph(small), reloads);
  const page = `# A large supergraph: loading, cold planning, reloads

${large.subgraphs} subgraphs, ${supergraph.types} types, ${Math.round(supergraph.sdl.length / 1024)} kB of text, made by
synthetic-subgraph.ts. Medians of ${loads} loads; each operation is planned once after each load. The engine's column is
all that comes between a document nobody has sent yet and the first subgraph request; the planners' are planning alone,
with the way to their process or thread and back.

${planningTable(synthetic.times, supergraph)}

The bank’s own supergraph, and what its web and mobile BFFs ask:

${planningTable(bank.times, bank.supergraph)}

${memoryText(memory)}

${verdicts(synthetic, bank, memory)}

- command: \`${command()}\` in gateway/
- machine: ${machine()}
- commit: ${commit()}
- date: ${new Date().toISOString().slice(0, 10)}
`;
  write(page);
  if (loads < usualLoads || reloads < usualReloads) return;
  await mkdir(new URL('./results/', import.meta.url), { recursive: true });
  await writeFile(new URL('./results/planning.md', import.meta.url), page);
}

/** graphql-js checks more where it is not told that this is production. */
function command(): string {
  const environment = process.env['NODE_ENV'] === undefined ? '' : `NODE_ENV=${process.env['NODE_ENV']} `;
  return environment + ['node bench/planning.ts', ...process.argv.slice(2)].join(' ');
}

await main();
