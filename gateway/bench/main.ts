// `npm run bench -w gateway`: this engine beside other gateways and beside what Node itself costs, all in one run, as
// tables and a chart. README.md says how it measures and how to read it.
import { mkdir } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readArguments, usage, type BenchArguments } from './bench-arguments.ts';
import { commit, machine } from './circumstances.ts';
import { contestants, type Contestant } from './contestants.ts';
import { writeChart } from './cost-chart.ts';
import { installPeers } from './install-peers.ts';
import { measureScenario } from './measure-scenario.ts';
import { publicScenarios } from './public-scenarios.ts';
import { tableOf, verdictsOf, writePage } from './results-page.ts';
import { readResults, saveResult, type ScenarioResult } from './results.ts';
import type { Scenario } from './scenario.ts';
import { shipmentsScenario } from './shipments/shipments-scenario.ts';
import { trivialScenario } from './trivial-scenario.ts';

const resultsFolder = fileURLToPath(new URL('./results/', import.meta.url));
/** A quick run shall not wait for two hundred of the slowest gateway's answers. */
const mostQuickConnections = 10;
const scenarioOrder = ['public-unshared', 'public-identical', 'shipments', 'trivial'];

const tell = (line: string) => void process.stderr.write(`${line}\n`);

async function main(): Promise<void> {
  const words = process.argv.slice(2);
  const settings = readArguments(words);
  if (settings === undefined) return void process.stdout.write(`${usage}\n`);
  const scenarios = await chooseScenarios(settings);
  const chosen = choose(contestants, settings.peers, 'peer');
  if (chosen.some(({ isPeerPackage }) => isPeerPackage === true)) await installPeers(tell);
  const out = settings.out ?? (settings.isQuick ? undefined : resultsFolder);
  for (const scenario of scenarios) {
    const present = chosen.filter(({ kind }) => kind === 'gateway' || kind === scenario.floor);
    const result: ScenarioResult = {
      name: scenario.name,
      title: scenario.title,
      about: scenario.about,
      command: ['npm run bench -w gateway --', ...words.map(withoutPlace)].join(' '),
      machine: machine(),
      commit: commit(),
      date: new Date().toISOString().slice(0, 10),
      connections: scenario.connections,
      ...settings.effort,
      ...(await measureScenario(scenario, present, settings.effort, tell)),
    };
    process.stdout.write(`\n${scenario.title}\n\n${tableOf(result)}\n\n${verdictsOf(result)}\n`);
    if (out === undefined) continue;
    await mkdir(out, { recursive: true });
    await saveResult(out, result);
    await writePage(out, result);
    await writeChart(out, await readResults(out, scenarioOrder));
  }
}

async function chooseScenarios({ data, scenarios, isQuick }: BenchArguments): Promise<readonly Scenario[]> {
  const all = [
    ...(data === undefined ? [] : await publicScenarios(resolve(process.env['INIT_CWD'] ?? '', data))),
    await shipmentsScenario(),
    trivialScenario(),
  ];
  return choose(all, scenarios, 'scenario').map((scenario) =>
    isQuick ? { ...scenario, connections: Math.min(scenario.connections, mostQuickConnections) } : scenario,
  );
}

function choose<Named extends Contestant | Scenario>(
  all: readonly Named[],
  names: readonly string[] | undefined,
  what: string,
): readonly Named[] {
  const unknown = names?.find((name) => !all.some((one) => one.name === name));
  if (unknown !== undefined) {
    throw new Error(`no ${what} is called ${unknown}: ${all.map(({ name }) => name).join(', ')}`);
  }
  return names === undefined ? all : all.filter(({ name }) => names.includes(name));
}

/** Where the data lay on this machine is nobody's business. */
function withoutPlace(word: string): string {
  return word.includes('/') ? basename(word) : word;
}

await main();
