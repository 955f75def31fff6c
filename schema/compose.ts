// Composes subgraphs/*/schema.graphql into the committed supergraph.graphql (for the gateway) and api.graphql
// (what clients see). `npm run compose` writes them; with --check it fails when they are stale.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { GraphQLError, parse, printSchema, Source, type DocumentNode } from 'graphql';

const root = new URL('../', import.meta.url);

export interface SubgraphSource {
  readonly name: string;
  /** Path of its file, for error messages. */
  readonly file: string;
  readonly text: string;
}

export interface Composed {
  readonly supergraph: string;
  readonly api: string;
}

/** Throws an Error whose message has one line an error, each naming subgraph file and line. */
export function compose(sources: readonly SubgraphSource[]): Composed {
  const definitions = sources.map(({ name, file, text }) => ({
    name,
    // A name, not an address: the topology says where a subgraph listens.
    url: `http://${name}.subgraph`,
    typeDefs: parseNaming(file, text),
  }));
  const result = composeServices(definitions);
  if (result.errors !== undefined) {
    throw new Error(result.errors.map((error) => describe(error, sources)).join('\n'));
  }
  return {
    supergraph: `${result.supergraphSdl.trimEnd()}\n`,
    api: `${printSchema(result.schema.toAPISchema().toGraphQLJSSchema())}\n`,
  };
}

function parseNaming(file: string, text: string): DocumentNode {
  try {
    return parse(new Source(text, file));
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    throw new Error(`${file}:${error.locations?.[0]?.line ?? 1} ${error.message}`, { cause: error });
  }
}

function describe(error: GraphQLError, sources: readonly SubgraphSource[]): string {
  const places = (error.nodes ?? []).flatMap((node) => {
    const subgraph = 'subgraph' in node && typeof node.subgraph === 'string' ? node.subgraph : undefined;
    const source = sources.find(({ name }) => name === subgraph);
    return source === undefined ? [] : [`${source.file}:${node.loc?.startToken.line ?? 1}`];
  });
  const where = places.length > 0 ? [...new Set(places)].join(', ') : 'composition';
  return `${where} ${error.message}`;
}

/** The subgraphs of this repository, in the order of their names. */
export function readSubgraphs(): SubgraphSource[] {
  return readdirSync(new URL('subgraphs/', root))
    .toSorted()
    .map((name) => ({ name, file: `subgraphs/${name}/schema.graphql` }))
    .filter(({ file }) => existsSync(new URL(file, root)))
    .map(({ name, file }) => ({ name, file, text: readFileSync(new URL(file, root), 'utf8') }));
}

function main(check: boolean): number {
  const { supergraph, api } = compose(readSubgraphs());
  const files = { 'schema/supergraph.graphql': supergraph, 'schema/api.graphql': api };
  let stale = 0;
  for (const [file, text] of Object.entries(files)) {
    const url = new URL(file, root);
    if (existsSync(url) && readFileSync(url, 'utf8') === text) continue;
    if (check) console.error(`${file} is stale: run npm run compose`);
    else writeFileSync(url, text);
    stale += 1;
  }
  if (!check) console.log(stale === 0 ? 'nothing changed' : `${stale} file(s) written`);
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) {
  try {
    process.exitCode = main(process.argv.includes('--check'));
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
