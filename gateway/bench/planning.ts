// `node bench/planning.ts`: how long a large supergraph takes to load and its operations to plan, cold, with each
// planner, and whether memory is flat over a hundred reloads. Writes results/planning.md.
import { mkdir, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { createEngine } from '../engine.ts';
import { createApolloPlanner } from '../planner/apollo-planner.ts';
import { createNativePlanner } from '../planner/native-planner.ts';
import type { Planner } from '../planner/planner.ts';
import { commit, machine } from './circumstances.ts';
import { memoryOverReloads, type MemoryOverReloads } from './reload-memory.ts';
import { median } from './statistics.ts';
import { syntheticSupergraph, type SyntheticSupergraph } from './synthetic-supergraph.ts';

/** 3,000 types and some more. */
const large = { subgraphs: 60, groupsInASubgraph: 7 };
/** For reloads, of which there are many. */
const small = { subgraphs: 12, groupsInASubgraph: 2 };
/** Of one operation; far above what is measured. */
const planMs = 60_000;

const { values } = parseArgs({
  options: {
    loads: { type: 'string', default: '3' },
    reloads: { type: 'string', default: '100' },
    planners: { type: 'string', default: 'native,apollo' },
  },
});

interface Timed {
  readonly planner: string;
  readonly loadMs: number;
  /** By operation, each as the first one of its kind on a planner that has just been loaded. */
  readonly planMs: readonly number[];
}

const open: Readonly<Record<string, (sdl: string) => Promise<Planner>>> = {
  native: createNativePlanner,
  apollo: createApolloPlanner,
};

const write = (text: string) => void process.stdout.write(`${text}\n`);

async function timePlanner(name: string, { sdl, operations }: SyntheticSupergraph): Promise<Timed> {
  const create = open[name];
  if (create === undefined) throw new Error(`no planner is called ${name}: ${Object.keys(open).join(', ')}`);
  const loads: number[] = [];
  const plans: number[][] = operations.map(() => []);
  for (let load = 0; load < Number(values.loads); load += 1) {
    const startedAt = performance.now();
    const planner = await create(sdl);
    loads.push(performance.now() - startedAt);
    try {
      for (const [index, { text }] of operations.entries()) {
        const plannedAt = performance.now();
        await planner.plan(
          { text, kind: 'query', isDeferred: false, overrideLabels: new Set(), overridePercentage: 0 },
          AbortSignal.timeout(planMs),
        );
        plans[index]?.push(performance.now() - plannedAt);
      }
    } finally {
      await planner.close();
    }
  }
  return { planner: name, loadMs: median(loads), planMs: plans.map(median) };
}

async function timeEngineLoad({ sdl }: SyntheticSupergraph): Promise<number> {
  const loads: number[] = [];
  for (let load = 0; load < Number(values.loads); load += 1) {
    const startedAt = performance.now();
    const engine = await createEngine({
      supergraph: sdl,
      fetcher: { fetch: () => Promise.resolve({ data: null, errors: [] }) },
    });
    loads.push(performance.now() - startedAt);
    await engine.close();
  }
  return median(loads);
}

function planningTable(
  timed: readonly Timed[],
  engineMs: number,
  { operations }: SyntheticSupergraph,
): string {
  const rows = [
    ['', ...timed.map(({ planner }) => planner)],
    ['---', ...timed.map(() => '--:')],
    ['load the planner, ms', ...timed.map(({ loadMs }) => loadMs.toFixed(0))],
    ['load the whole engine, ms', engineMs.toFixed(0), ...timed.slice(1).map(() => '')],
    ...operations.map(({ name }, index) => [
      `plan: ${name}, ms`,
      ...timed.map(({ planMs }) => (planMs[index] ?? NaN).toFixed(1)),
    ]),
  ];
  return rows.map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function memoryText({ reloads, early, late }: MemoryOverReloads): string {
  const change = (before: number, after: number) =>
    `${before.toFixed(1)} MB after the second tenth, ${after.toFixed(1)} MB at the end`;
  return `${reloads} reloads under use, after a collection each: heap ${change(early.heapMb, late.heapMb)}; resident ${change(early.rssMb, late.rssMb)}.`;
}

async function main(): Promise<void> {
  write('composing the supergraphs, which takes a minute the first time');
  const supergraph = await syntheticSupergraph(large);
  const engineMs = await timeEngineLoad(supergraph);
  const timed: Timed[] = [];
  for (const name of values.planners.split(',')) timed.push(await timePlanner(name, supergraph));
  const table = planningTable(timed, engineMs, supergraph);
  write(table);
  const memory = memoryText(
    await memoryOverReloads(await syntheticSupergraph(small), Number(values.reloads)),
  );
  write(memory);
  const { subgraphs } = large;
  const page = `# A large supergraph: loading, cold planning, reloads

${subgraphs} subgraphs, ${supergraph.types} types, ${Math.round(supergraph.sdl.length / 1024)} kB of text, made by
synthetic-subgraph.ts. Medians of ${values.loads} loads; each operation is planned once after each load.

${table}

${memory}

- command: \`node bench/planning.ts\` in gateway/
- machine: ${machine()}
- commit: ${commit()}
- date: ${new Date().toISOString().slice(0, 10)}
`;
  await mkdir(new URL('./results/', import.meta.url), { recursive: true });
  await writeFile(new URL('./results/planning.md', import.meta.url), page);
}

await main();
