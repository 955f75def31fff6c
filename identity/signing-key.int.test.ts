// The signing key on a real disk: kept, private, and never half a key.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { startServiceProcess } from '@simplebank/testkit';
import { openSigningKey } from './signing-key.ts';

async function temporaryFolder() {
  const folder = await mkdtemp(join(tmpdir(), 'identity-test-'));
  return { path: join(folder, 'identity'), [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

test('the key of the first start is the key of the next one', async () => {
  await using folder = await temporaryFolder();
  const first = await openSigningKey(folder.path);
  const second = await openSigningKey(folder.path);
  assert.equal(second.id, first.id);
  assert.deepEqual(second.publicJwk, first.publicJwk);
});

test('many that start at once on an empty folder take one key, and leave one file', async () => {
  await using folder = await temporaryFolder();
  const keys = await Promise.all(Array.from({ length: 20 }, () => openSigningKey(folder.path)));
  assert.equal(new Set(keys.map(({ id }) => id)).size, 1);
  assert.equal((await openSigningKey(folder.path)).id, keys[0]?.id);
  assert.deepEqual(await readdir(folder.path), ['signing-key.json']);
});

test('two identity processes that start at once publish the same key', async () => {
  await using folder = await temporaryFolder();
  const start = () =>
    startServiceProcess({
      main: new URL('./main.ts', import.meta.url),
      service: 'identity',
      serviceTokenSecret: 'a secret of this test only',
      environment: { IDENTITY_DATA_DIR: folder.path },
    });
  await using processes = new AsyncDisposableStack();
  const replicas = await Promise.all([start(), start()]);
  for (const replica of replicas) processes.use(replica);
  const [one, other] = await Promise.all(
    replicas.map(async ({ url }) => (await fetch(`${url}/.well-known/jwks.json`)).json()),
  );
  assert.deepEqual(one, other);
});

test('only its owner reads the key, and no other file is left behind', async () => {
  await using folder = await temporaryFolder();
  await openSigningKey(folder.path);
  assert.deepEqual(await readdir(folder.path), ['signing-key.json']);
  const { mode } = await stat(join(folder.path, 'signing-key.json'));
  assert.equal(mode & 0o777, 0o600);
});

test('what is published has no private part', async () => {
  await using folder = await temporaryFolder();
  const { publicJwk } = await openSigningKey(folder.path);
  assert.deepEqual(Object.keys(publicJwk).toSorted(), ['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
});

for (const [what, spoil] of [
  ['half a file', (text: string) => text.slice(0, 20)],
  ['an empty file', () => ''],
  ['JSON that is no key', () => '{}'],
  [
    'a key without its private part',
    (text: string) => JSON.stringify({ ...(JSON.parse(text) as object), d: undefined }),
  ],
] as const) {
  test(`${what} is a clear error that names the file, and the file stays as it is`, async () => {
    await using folder = await temporaryFolder();
    await openSigningKey(folder.path);
    const file = join(folder.path, 'signing-key.json');
    const spoiled = spoil(await readFile(file, 'utf8'));
    await writeFile(file, spoiled);
    await assert.rejects(openSigningKey(folder.path), (error) => {
      assert.equal((error as Error).message, `${file} cannot be read as a key`);
      return true;
    });
    assert.equal(await readFile(file, 'utf8'), spoiled);
  });
}
