import assert from 'node:assert/strict';
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ManifestInvalid, openManifestFile, readManifest } from './trusted-documents.ts';

test('reads a map of ids, and the manifest of Apollo’s tools', () => {
  const map = readManifest('{"a":"{ x }","__proto__":"{ y }"}');
  assert.deepEqual(
    [map.get('a'), map.get('__proto__'), map.get('constructor')],
    ['{ x }', '{ y }', undefined],
  );
  assert.deepEqual([map.has('{ x }'), map.has('{ z }')], [true, false]);
  const apollo = readManifest(
    JSON.stringify({
      format: 'apollo-persisted-query-manifest',
      version: 1,
      operations: [{ id: 'h', name: 'X', type: 'query', body: 'query X { x }' }],
    }),
  );
  assert.equal(apollo.get('h'), 'query X { x }');
});

for (const text of [
  '{"a":',
  '[]',
  'null',
  '{"a":1}',
  '{"a":""}',
  '{"format":"apollo-persisted-query-manifest","version":2,"operations":[]}',
  '{"format":"other","version":1,"operations":[]}',
  '{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"h"}]}',
]) {
  test(`refuses ${text} as a manifest`, () => assert.throws(() => readManifest(text), ManifestInvalid));
}

test('a manifest file is read again when it changes, and a broken one leaves the old', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'manifest.json');
  await writeFile(path, '{"a":"{ one }"}');
  using manifest = await openManifestFile(path, { pollMs: 0 });
  assert.equal(manifest.get('a'), '{ one }');
  await writeFile(path, '{"a":"{ two }"}');
  await manifest.reload();
  assert.equal(manifest.get('a'), '{ two }');
  await writeFile(path, '{"a":');
  await assert.rejects(manifest.reload(), ManifestInvalid);
  assert.equal(manifest.get('a'), '{ two }');
  await assert.rejects(openManifestFile(path), ManifestInvalid);
});

test('changes are noticed without being told, also broken ones', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'manifest.json');
  await writeFile(path, '{"a":"{ one }"}');
  const reported = Promise.withResolvers<unknown>();
  using manifest = await openManifestFile(path, { pollMs: 1, report: reported.resolve });
  await writeFile(`${path}.new`, '{"b":"{ two }"}');
  await rename(`${path}.new`, path);
  while (manifest.get('b') === undefined) await new Promise(setImmediate);
  await writeFile(`${path}.new`, 'nonsense');
  await rename(`${path}.new`, path);
  assert.ok((await reported.promise) instanceof ManifestInvalid);
  assert.equal(manifest.get('b'), '{ two }');
});

async function temporaryFolder(): Promise<AsyncDisposable & { path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'manifest-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}
