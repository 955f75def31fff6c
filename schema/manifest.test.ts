// What is published stays as it is, and fits the schema; what clients ask today fits it too.
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { buildSchema, parse, validate } from 'graphql';
import {
  consumers,
  hashOf,
  ManifestRefused,
  publishManifest,
  readOperations,
  readPublished,
} from './manifest.ts';

const root = new URL('../', import.meta.url);
const api = buildSchema(readFileSync(new URL('api.graphql', import.meta.url), 'utf8'));
const consumer = 'bff-mobile';

function inFolder(files: Readonly<Record<string, string>>, use: (root: URL) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'simplebank-manifest-'));
  try {
    mkdirSync(join(folder, consumer, 'operations'), { recursive: true });
    for (const [file, text] of Object.entries(files))
      writeFileSync(join(folder, consumer, 'operations', file), text);
    use(pathToFileURL(`${folder}/`));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

for (const name of consumers) {
  test(`the schema answers every operation of ${name}`, () => {
    assert.ok(Object.keys(readOperations(root, name, api)).length > 0);
  });
}

test('the schema answers every operation of every version that was published', () => {
  const published = readPublished(root);
  assert.ok(new Set(published.map(({ version }) => version)).size > 1);
  for (const { document, name, version } of published)
    assert.deepEqual(validate(api, parse(document)), [], `${name} of ${version}`);
});

test('the order screen of the mobile client is asked for in half the text of the web’s', () => {
  const [web, mobile] = consumers.map(
    (name) => readFileSync(new URL(`${name}/operations/order-screen.graphql`, root)).length,
  );
  assert.ok(2 * (mobile ?? Infinity) <= (web ?? 0), `${mobile} and ${web} bytes`);
});

test('a version is published once: the same again changes nothing, other contents are refused', () => {
  const document = 'query Me {\n  me {\n    name\n  }\n}\n';
  inFolder({ 'me.graphql': document }, (folder) => {
    const manifest = readOperations(folder, consumer, api);
    assert.deepEqual(manifest, { [hashOf(document)]: { name: 'Me', document } });
    assert.equal(publishManifest(folder, { consumer, version: '1.0.0', manifest }), 'published');
    assert.equal(publishManifest(folder, { consumer, version: '1.0.0', manifest }), 'already published');
    const other = { [hashOf('{ me { id } }')]: { name: 'Me', document: '{ me { id } }' } };
    const again = () => publishManifest(folder, { consumer, version: '1.0.0', manifest: other });
    assert.throws(again, ManifestRefused);
    assert.deepEqual(readPublished(folder), [{ consumer, version: '1.0.0', name: 'Me', document }]);
    assert.throws(() => publishManifest(folder, { consumer, version: '../1', manifest }), ManifestRefused);
  });
});

for (const [title, text, reason] of [
  ['what the schema does not answer', 'query Me {\n  me {\n    age\n  }\n}\n', /me\.graphql:3 Cannot query/],
  ['an operation without a name', '{ me { name } }', /me\.graphql:1 must hold one operation, with a name/],
  ['half a document', 'query Me {', /me\.graphql:1 Syntax Error/],
] as const) {
  test(`refuses ${title}, with file and line`, () => {
    inFolder({ 'me.graphql': text }, (folder) =>
      assert.throws(() => readOperations(folder, consumer, api), reason),
    );
  });
}
