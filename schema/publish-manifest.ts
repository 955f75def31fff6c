// `npm run manifest -- <bff> <version>` publishes the operations of that BFF's client as they stand in its folder.
import { readFileSync } from 'node:fs';
import { buildSchema } from 'graphql';
import { consumers, ManifestRefused, publishManifest, readOperations } from './manifest.ts';

const root = new URL('../', import.meta.url);

function main([consumer = '', version = '']: readonly string[]): number {
  if (!consumers.some((name) => name === consumer) || version === '') {
    console.error(`usage: npm run manifest -- <${consumers.join('|')}> <version>`);
    return 2;
  }
  try {
    const schema = buildSchema(readFileSync(new URL('api.graphql', import.meta.url), 'utf8'));
    const manifest = readOperations(root, consumer, schema);
    const result = publishManifest(root, { consumer, version, manifest });
    console.log(`${consumer} ${version}: ${Object.keys(manifest).length} operations, ${result}`);
    return 0;
  } catch (error) {
    if (!(error instanceof ManifestRefused)) throw error;
    console.error(error.message);
    return 1;
  }
}

process.exitCode = main(process.argv.slice(2));
