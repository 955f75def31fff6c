// Roles and databases on a real Postgres of the test's own, since roles belong to a whole server.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { openDatabase, sql } from '@simplebank/chassis';
import { startPostgres, type RunningPostgres } from '@simplebank/postgres-embedded';
import { databaseSecretOf, databaseSettingOf, servicesWithDatabase } from './container.ts';
import { makeSecrets } from './make-secrets.ts';
import { provision } from './provision.ts';

const run = promisify(execFile);
const program = fileURLToPath(new URL('./provision.ts', import.meta.url));
const whoAmI = sql('test.who', 'select current_user::text as role, current_database()::text as database');

let folder: string;
let postgres: RunningPostgres;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'provision-test-'));
  const settings = { fsync: 'off', shared_buffers: '64MB' };
  postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: 0, temporary: true, settings });
  await makeSecrets(join(folder, 'secrets'), { ADMIN_DATABASE_URL: postgres.adminUrl });
});

after(async () => {
  await postgres.stop();
  await rm(folder, { recursive: true, force: true });
});

const secretFile = (name: string) => join(folder, 'secrets', name);

/** The environment that compose file and manifests give. */
const files = () =>
  Object.fromEntries([
    ['ADMIN_DATABASE_URL_FILE', secretFile('admin-database-url')],
    ...servicesWithDatabase.map((name) => [
      `${databaseSettingOf(name)}_FILE`,
      secretFile(databaseSecretOf(name)),
    ]),
  ]) as Record<string, string>;

async function whoIs(url: string): Promise<unknown> {
  const database = openDatabase({ url, service: 'test', logError: () => undefined });
  try {
    return (await database.query(whoAmI))[0];
  } finally {
    await database.close();
  }
}

/** One more service, as somebody who adds a subgraph has it. */
const given = (user: string, password: string) => {
  const url = new URL(postgres.adminUrl);
  Object.assign(url, { username: user, password, pathname: '/bonus_points' });
  return { ADMIN_DATABASE_URL: postgres.adminUrl, DATABASE_URL_BONUS_POINTS: url.href };
};

test('with the secrets that were made every service opens its database by its own URL; again changes nothing', async () => {
  for (const _ of ['once', 'again']) {
    const { stdout } = await run(process.execPath, [program], { env: files() });
    assert.equal(stdout, `databases are there: ${servicesWithDatabase.join(', ')}\n`);
    for (const name of servicesWithDatabase) {
      const url = await readFile(secretFile(databaseSecretOf(name)), 'utf8');
      const own = name.replaceAll('-', '_');
      assert.deepEqual(await whoIs(url), { role: own, database: own });
    }
  }
});

test('another password in the URL is the password from then on, also one that a URL has to escape', async () => {
  for (const password of ['first', 'p@ss/w:rd %']) {
    const environment = given('bonus_points', encodeURIComponent(password));
    assert.deepEqual(await provision(environment, ['bonus-points']), ['bonus-points']);
    assert.deepEqual(await whoIs(environment.DATABASE_URL_BONUS_POINTS), {
      role: 'bonus_points',
      database: 'bonus_points',
    });
  }
  await assert.rejects(whoIs(given('bonus_points', 'first').DATABASE_URL_BONUS_POINTS), { code: '28P01' });
});

test('a URL of another role, without a password or missing is refused by name before anything is made', async () => {
  const refused = await provision({ ADMIN_DATABASE_URL: 'redis://x', ...wrong() }, [
    'bonus-points',
    'orders',
  ]).catch((error: unknown) => String(error));
  assert.match(String(refused), /ADMIN_DATABASE_URL: is no postgres/);
  assert.match(String(refused), /DATABASE_URL_BONUS_POINTS: its user must be bonus_points/);
  assert.match(String(refused), /DATABASE_URL_BONUS_POINTS: its database must be bonus_points/);
  assert.match(String(refused), /DATABASE_URL_BONUS_POINTS: it has no password/);
  assert.match(String(refused), /DATABASE_URL_ORDERS: is not set/);
});

const wrong = () => ({ DATABASE_URL_BONUS_POINTS: 'postgres://postgres@127.0.0.1/postgres' });

test('the program ends with 1 and tells no password when a setting is wrong', async () => {
  const env = { ...files(), DATABASE_URL_ORDERS_FILE: secretFile(databaseSecretOf('fees')) };
  const failed = await run(process.execPath, [program], { env }).catch((error: unknown) => error);
  const { code, stderr } = failed as { code: number; stderr: string };
  assert.equal(code, 1);
  assert.match(stderr, /DATABASE_URL_ORDERS: its user must be orders/);
  const { password } = new URL(await readFile(secretFile(databaseSecretOf('fees')), 'utf8'));
  assert(password.length > 0 && !stderr.includes(password));
});
