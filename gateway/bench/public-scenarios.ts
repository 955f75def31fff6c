// The public benchmark's input (The Guild's graphql-gateways-benchmark, MIT), read from a folder given by `--data`: once
// with nothing that can be shared, once with requests that are all alike.
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Scenario } from './scenario.ts';

const about =
  'The public benchmark’s query over its four subgraphs: an answer of 88 kB with entities nested seven levels deep. ' +
  'The subgraphs answer at once.';

export async function publicScenarios(folder: string): Promise<readonly Scenario[]> {
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  const supergraph = await read('supergraph.graphql');
  // As our own clients would send it: nothing but the query.
  const { query } = JSON.parse(await read('query.json')) as { query: string };
  const common = {
    supergraph: supergraph.replaceAll(/url: "http:\/\/[^/"]+\//g, 'url: "http://subgraphs.invalid/'),
    subgraphModule: './public-subgraphs.ts',
    subgraphSource: resolve(folder),
    requests: [{ body: JSON.stringify({ query }), answer: await read('expected.json') }],
    connections: 50,
    floor: 'limit',
  } as const;
  return [
    {
      ...common,
      name: 'public-unshared',
      title: 'Public benchmark, nothing shared',
      about: `${about} Another authorization header with each request, so that nothing can be shared.`,
      authorization: 'each its own',
    },
    {
      ...common,
      name: 'public-identical',
      title: 'Public benchmark, identical requests',
      about: `${about} All requests are alike, so that requests under way at once may share their answer.`,
      authorization: 'all the same',
    },
  ];
}
