// `npm run codegen` types what each client asks: `<bff>/operations.generated.ts` has every operation as a typed document,
// with the types of its variables and its result, and the id by which a BFF knows its text. `--check` only looks.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { codegen } from '@graphql-codegen/core';
import * as documentPlugin from '@graphql-codegen/typed-document-node';
import * as typePlugin from '@graphql-codegen/typescript-operations';
import { buildSchema, parse, type GraphQLSchema } from 'graphql';
import { consumers, readOperations, type Manifest } from './manifest.ts';

const root = new URL('../', import.meta.url);

const config = {
  // As JSON carries them: a decimal number is a text, so that nothing is rounded on the way.
  scalars: { ID: 'string', DateTime: 'string', Decimal: 'string' },
  strictScalars: true,
  immutableTypes: true,
  useTypeImports: true,
};

/** The text of the file; `api`: the API schema's SDL. */
export async function generateOperations(api: string, schema: GraphQLSchema, manifest: Manifest) {
  const operations = Object.entries(manifest);
  const types = await codegen({
    filename: 'operations.generated.ts',
    schema: parse(api),
    schemaAst: schema,
    documents: operations.map(([hash, { document }]) => ({ location: hash, document: parse(document) })),
    config,
    plugins: [{ types: {} }, { documents: {} }],
    pluginMap: { types: typePlugin, documents: documentPlugin },
  });
  const ids = operations.map(([hash, { name }]) => `  ${name}: 'sha256:${hash}',`).toSorted();
  return `// Generated from operations/ by \`npm run codegen\`: change those instead.
${types}
/** What a client sends instead of the text, as GraphQL over HTTP has it for persisted documents. */
export const documentIds = {
${ids.join('\n')}
} as const;
`;
}

async function main(check: boolean): Promise<number> {
  const api = readFileSync(new URL('api.graphql', import.meta.url), 'utf8');
  const schema = buildSchema(api);
  let stale = 0;
  for (const consumer of consumers) {
    const file = new URL(`${consumer}/operations.generated.ts`, root);
    const text = await generateOperations(api, schema, readOperations(root, consumer, schema));
    if (existsSync(file) && readFileSync(file, 'utf8') === text) continue;
    stale += 1;
    if (check) console.error(`${consumer}/operations.generated.ts is stale: run npm run codegen`);
    else writeFileSync(file, text);
  }
  if (!check) console.log(stale === 0 ? 'nothing changed' : `${stale} file(s) written`);
  return check && stale > 0 ? 1 : 0;
}

if (import.meta.main) process.exitCode = await main(process.argv.includes('--check'));
