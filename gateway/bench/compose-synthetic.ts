// Composes the synthetic subgraphs, or takes what was composed before: composing takes half a minute, and is not what
// is measured. The composed text lies in the system's folder for temporary files, named after what it was made of.
import { createHash } from 'node:crypto';
import { readFile, rename, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import type { SyntheticSubgraph } from './synthetic-subgraphs.ts';

export async function composeSynthetic(subgraphs: readonly SyntheticSubgraph[]): Promise<string> {
  const hash = createHash('sha256').update(JSON.stringify(subgraphs)).digest('hex').slice(0, 16);
  const file = join(tmpdir(), `gateway-bench-synthetic-${hash}.graphql`);
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) return known;
  const { supergraphSdl, errors } = composeServices(
    subgraphs.map(({ name, sdl }) => ({
      name,
      url: `http://subgraphs.invalid/${name}`,
      typeDefs: parse(sdl),
    })),
  );
  if (supergraphSdl === undefined) throw new Error(errors?.map(String).join('\n') ?? 'nothing was composed');
  // Another bench at the same time must not read half of it.
  await writeFile(`${file}.${process.pid}`, supergraphSdl);
  await rename(`${file}.${process.pid}`, file);
  return supergraphSdl;
}
