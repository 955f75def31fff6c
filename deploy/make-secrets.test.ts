// The secrets that `npm run secrets` makes.
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { servicesWithDatabase } from './container.ts';
import { makeSecrets } from './make-secrets.ts';

/** Keys on P-256, in two of the forms that their readers know. */
const keys = ['signing-key.json', 'vapid-secret'];
/** 256 bits in base64url. */
const shortestSecret = 43;

async function temporaryFolder() {
  const parent = await mkdtemp(join(tmpdir(), 'make-secrets-test-'));
  const path = join(parent, 'secrets');
  return {
    path,
    read: (name: string) => readFile(join(path, name), 'utf8'),
    [Symbol.asyncDispose]: () => rm(parent, { recursive: true }),
  };
}

test('nobody else gets into the folder, and whoever runs in a container can read each file', async () => {
  await using folder = await temporaryFolder();
  const before = process.umask(0o077);
  const made = await makeSecrets(folder.path, {}).finally(() => process.umask(before));
  assert.equal((await stat(folder.path)).mode & 0o777, 0o700);
  assert.deepEqual((await readdir(folder.path)).toSorted(), made.toSorted());
  for (const name of made) assert.equal((await stat(join(folder.path, name))).mode & 0o777, 0o444, name);
});

test('no two secrets are the same, and two folders share none', async () => {
  await using first = await temporaryFolder();
  await using second = await temporaryFolder();
  const secrets: string[] = [];
  for (const folder of [first, second]) {
    for (const name of await makeSecrets(folder.path, {})) {
      const text = await folder.read(name);
      if (name === 'redis-url') continue;
      // The administrator's URL holds the same password as Postgres' own file.
      if (name === 'admin-database-url') assert(text.includes(await folder.read('postgres-password')));
      else secrets.push(keys.includes(name) ? text : (/[0-9a-f]{64}/.exec(text)?.[0] ?? name));
    }
  }
  assert.equal(secrets.length, 2 * (7 + servicesWithDatabase.length));
  assert.equal(new Set(secrets).size, secrets.length);
  assert(secrets.every((secret) => secret.length >= shortestSecret));
});

test('what is there stays, and only what is missing is made', async () => {
  await using folder = await temporaryFolder();
  const made = await makeSecrets(folder.path, {});
  const before = await Promise.all(made.map((name) => folder.read(name)));
  assert.deepEqual(await makeSecrets(folder.path, {}), []);
  assert.deepEqual(await Promise.all(made.map((name) => folder.read(name))), before);
  await unlink(join(folder.path, 'cursor-secret'));
  assert.deepEqual(await makeSecrets(folder.path, {}), ['cursor-secret']);
});

test('servers that exist already are used: no password is made for them, and their address and options are kept', async () => {
  await using folder = await temporaryFolder();
  const made = await makeSecrets(folder.path, {
    ADMIN_DATABASE_URL: 'postgres://admin:known@db.example:6543/postgres?sslmode=verify-full',
    REDIS_URL: 'rediss://redis.example:6380',
  });
  assert(!made.includes('postgres-password'));
  assert.equal(await folder.read('redis-url'), 'rediss://redis.example:6380');
  const orders = new URL(await folder.read('database-url-orders'));
  assert.deepEqual(
    [orders.username, orders.host, orders.pathname, orders.search],
    ['orders', 'db.example:6543', '/orders', '?sslmode=verify-full'],
  );
  assert.notEqual(orders.password, 'known');
  // What a later run adds is of the same servers, also when it is not told again.
  await unlink(join(folder.path, 'database-url-fees'));
  assert.deepEqual(await makeSecrets(folder.path, {}), ['database-url-fees']);
  assert.match(await folder.read('database-url-fees'), /@db\.example:6543\/fees\?sslmode=verify-full$/);
});
