// A supergraph of many subgraphs and types, as a large company has it, with operations that cross many of them.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { PlannedSupergraph } from './planning-times.ts';
import { entityName, syntheticSubgraph, type SyntheticSize } from './synthetic-subgraph.ts';

export interface SyntheticSupergraph extends PlannedSupergraph {
  readonly types: number;
}

export async function syntheticSupergraph(size: SyntheticSize): Promise<SyntheticSupergraph> {
  const sdl = await composed(size);
  return {
    sdl,
    types: parse(sdl).definitions.filter(({ kind }) => kind.endsWith('TypeDefinition')).length,
    operations: [
      { name: 'one entity', text: `query One { one${entityName(0, 0)}(id: "1") { id name size } }` },
      { name: 'chain over 5 subgraphs', text: chain(5, size) },
      { name: 'chain over 15 subgraphs', text: chain(15, size) },
      { name: '10 root fields with lists, unions, entities', text: wide(10, size) },
      { name: '30 root fields with lists, unions, entities', text: wide(30, size) },
    ],
  };
}

/** From one subgraph to the next, so many times, with a field that requires another one on each. */
function chain(hops: number, { subgraphs }: SyntheticSize): string {
  let selection = '{ id name }';
  for (let hop = hops - 1; hop >= 0; hop -= 1) {
    const at = hop % subgraphs;
    const before = (at + subgraphs - 1) % subgraphs;
    const after = (at + 1) % subgraphs;
    selection = `{ name size ratedBy${before} price${after} next ${selection} }`;
  }
  return `query Chain { one${entityName(0, 0)}(id: "1") ${selection} }`;
}

function wide(fields: number, { subgraphs }: SyntheticSize): string {
  const roots = Array.from({ length: fields }, (_, index) => {
    const name = entityName((index * 11) % subgraphs, 0);
    return `field${index}: all${name} {
      id name kind
      detail { text owner { name kind } }
      parts { __typename ... on ${name}Bolt { code length } ... on ${name}Plate { code maker { name } } }
      far { id name next { name } }
    }`;
  });
  return `query Wide { ${roots.join('\n')} }`;
}

/** Composing takes long, so the text is kept in the temporary folder, named after what it is made of. */
async function composed(size: SyntheticSize): Promise<string> {
  const services = Array.from({ length: size.subgraphs }, (_, index) => ({
    name: `s${index}`,
    url: `http://subgraphs.invalid/s${index}`,
    sdl: syntheticSubgraph(size, index),
  }));
  const hash = createHash('sha256').update(JSON.stringify(services)).digest('hex').slice(0, 16);
  const folder = join(tmpdir(), 'gateway-bench-synthetic');
  const file = join(folder, `${hash}.graphql`);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const { supergraphSdl, errors = [] } = composeServices(
    services.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })),
  );
  if (supergraphSdl === undefined) {
    throw new Error(
      `the synthetic supergraph does not compose: ${errors.slice(0, 3).map(String).join('; ')}`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFile(file, supergraphSdl);
  return supergraphSdl;
}
