// What a run of a scenario leaves: every slice of every contestant, with what it takes to read the figures. Written as
// JSON beside the page, since the chart shows scenarios that were run at different times.
import { mkdir, readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contestant } from './contestants.ts';
import type { Ran } from './load-process.ts';

export interface Slice extends Ran {
  /** Of the gateway and all processes that it started. */
  readonly cpuMicroseconds: number;
  readonly subgraphRequests: number;
  readonly subgraphCpuMicroseconds: number;
}

export interface Measured extends Pick<Contestant, 'name' | 'title' | 'kind'> {
  readonly isOwn: boolean;
  readonly maxRssBytes: number;
  readonly slices: readonly Slice[];
}

/** Who could not take the load. */
export interface LeftOut {
  readonly title: string;
  readonly reason: string;
}

export interface ScenarioResult {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  readonly command: string;
  readonly machine: string;
  readonly commit: string;
  readonly date: string;
  readonly connections: number;
  readonly rounds: number;
  readonly sliceSeconds: number;
  readonly measured: readonly Measured[];
  readonly leftOut: readonly LeftOut[];
}

const suffix = '.result.json';

export async function saveResult(folder: string, result: ScenarioResult): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${result.name}${suffix}`), `${JSON.stringify(result, undefined, 1)}\n`);
}

/** All of the folder, in the order of these names. */
export async function readResults(folder: string, names: readonly string[]): Promise<ScenarioResult[]> {
  const files = (await readdir(folder)).filter((file) => file.endsWith(suffix));
  const results = await Promise.all(
    files.map(async (file) => JSON.parse(await readFile(join(folder, file), 'utf8')) as ScenarioResult),
  );
  return results.toSorted((a, b) => names.indexOf(a.name) - names.indexOf(b.name));
}
