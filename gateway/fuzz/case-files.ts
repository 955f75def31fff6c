// A case as files: what a fuzzer found, for whoever repairs it, and to be run again.
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'graphql';
import type { Finding } from './check-operation.ts';
import type { FuzzCase } from './fuzz-case.ts';
import type { Faults } from './open-case.ts';
import type { World } from './world.ts';

interface CaseFile {
  readonly kind: string;
  readonly planner: string;
  readonly foundBy: string;
  readonly detail: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly faults: Faults;
  readonly expected: unknown;
  readonly actual: unknown;
}

/** `subgraph.graphql` for each, `query.graphql`, `data.json`, and `case.json` with variables, expected and actual. */
export async function writeCase(
  folder: string,
  { sdls, world, operation, faults }: FuzzCase,
  finding: Finding,
  foundBy: string,
): Promise<void> {
  await mkdir(join(folder, 'subgraphs'), { recursive: true });
  for (const [name, sdl] of Object.entries(sdls)) {
    await writeFile(join(folder, 'subgraphs', `${name}.graphql`), sdl);
  }
  const { kind, planner, detail, expected, actual } = finding;
  const file: CaseFile = {
    kind,
    planner,
    foundBy,
    detail,
    variables: operation.variables,
    faults,
    expected: expected ?? null,
    actual: actual ?? null,
  };
  await writeFile(join(folder, 'query.graphql'), `${operation.text}\n`);
  await writeFile(join(folder, 'data.json'), `${JSON.stringify(world, null, 2)}\n`);
  await writeFile(join(folder, 'case.json'), `${JSON.stringify(file, null, 2)}\n`);
}

export async function readCase(folder: string): Promise<FuzzCase> {
  const names = (await readdir(join(folder, 'subgraphs'))).filter((name) => name.endsWith('.graphql'));
  const sdls = await Promise.all(
    names.map(async (name) => {
      const sdl = await readFile(join(folder, 'subgraphs', name), 'utf8');
      return [name.slice(0, -'.graphql'.length), sdl] as const;
    }),
  );
  const text = await readFile(join(folder, 'query.graphql'), 'utf8');
  const world = JSON.parse(await readFile(join(folder, 'data.json'), 'utf8')) as World;
  const { variables, faults } = JSON.parse(await readFile(join(folder, 'case.json'), 'utf8')) as CaseFile;
  return {
    sdls: Object.fromEntries(sdls),
    world,
    operation: { text, document: parse(text, { noLocation: true }), variables },
    faults,
  };
}
