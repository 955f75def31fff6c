// Holds docker-compose.yml against topology.ts, and shows that it would notice.
import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { composeProblems } from './compose-check.fixture.ts';
import { imageName, imageTag } from './kubernetes/manifest.ts';
import { makeSecrets } from './make-secrets.ts';

type Branch = Record<string, unknown>;

const root = new URL('../', import.meta.url);
const read = (file: string) => readFile(new URL(file, root), 'utf8');
const stopTimeout = /stopTimeoutMs = ([\d_]+)/.exec(await read('deploy/service-process.ts'))?.[1] ?? '';
const expected = {
  image: `${imageName}:${imageTag}`,
  stopTimeoutMs: Number(stopTimeout.replaceAll('_', '')),
};
const yaml = await read('docker-compose.yml');
const document = () => parse(yaml, { merge: true }) as Branch;

/** The part of the document at a path such as `services.orders.deploy`. */
function at(root: Branch, path: string): Branch {
  return path.split('.').reduce((branch, key) => branch[key] as Branch, root);
}

/** A copy without the anchors' sharing, so that a change changes one place. */
const copy = () => structuredClone(JSON.parse(JSON.stringify(document()))) as Branch;

test('the compose file gives every service of the topology exactly what it needs', () => {
  assert(expected.stopTimeoutMs > 0);
  assert.deepEqual(composeProblems(document(), expected), []);
});

test('npm run secrets makes exactly the secrets that the compose file mounts', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'compose-test-'));
  const made = await makeSecrets(folder, {});
  await rm(folder, { recursive: true });
  assert.deepEqual(made.toSorted(), Object.keys(at(document(), 'secrets')).toSorted());
});

const changes: readonly (readonly [string, string, (document: Branch) => void])[] = [
  ['a service is missing', 'not exactly the services', (d) => delete at(d, 'services')['fees']],
  ['a service is unknown', 'not exactly', (d) => (at(d, 'services')['more'] = at(d, 'services.fees'))],
  [
    'a command is another',
    'orders: another command',
    (d) => (at(d, 'services.orders')['command'] = ['fees']),
  ],
  [
    'a port is another',
    'fees: other settings',
    (d) => (at(d, 'services.fees.environment')['PROBE_URL'] = 'x'),
  ],
  [
    'the gateway gets a database',
    'gateway: other settings',
    (d) => (at(d, 'services.gateway.environment')['DATABASE_URL_FILE'] = '/run/secrets/database-url-fees'),
  ],
  [
    'a service gets more secrets',
    'gateway: other secrets',
    (d) => (at(d, 'services.gateway')['secrets'] = ['service-token-secret', 'cursor-secret']),
  ],
  [
    'a service does not wait for its database',
    'fees: it waits',
    (d) => delete at(d, 'services.fees.depends_on')['provision'],
  ],
  [
    'two wait for each other',
    'identity waits for itself',
    (d) => (at(d, 'services.identity')['depends_on'] = { customers: { condition: 'service_started' } }),
  ],
  [
    'a secret is a value',
    'orders: a secret stands',
    (d) => (at(d, 'services.orders.environment')['DATABASE_URL'] = 'postgres://orders:x@postgres/orders'),
  ],
  [
    'a password is a value',
    'postgres: a secret stands',
    (d) => (at(d, 'services.postgres.environment')['POSTGRES_PASSWORD'] = 'x'),
  ],
  [
    'a file system can be written',
    'market: its file system',
    (d) => delete at(d, 'services.market')['read_only'],
  ],
  ['capabilities are kept', 'market: it keeps', (d) => (at(d, 'services.market')['cap_add'] = ['NET_ADMIN'])],
  ['privileges may be gained', 'redis: it may gain', (d) => (at(d, 'services.redis')['security_opt'] = [])],
  ['limits are missing', 'limits', (d) => delete at(d, 'services.fees.deploy.resources.limits')['memory']],
  ['Postgres runs as root', 'postgres: it runs as root', (d) => delete at(d, 'services.postgres')['user']],
  ['an image is latest', 'redis: its image', (d) => (at(d, 'services.redis')['image'] = 'redis:latest')],
  ['an image has no tag', 'fees: another image', (d) => (at(d, 'services.fees')['image'] = 'simplebank')],
  [
    'a health check is off',
    'fees: its readiness',
    (d) => (at(d, 'services.fees')['healthcheck'] = { disable: true }),
  ],
  [
    'the grace period is short',
    'fees: it is killed',
    (d) => (at(d, 'services.fees')['stop_grace_period'] = '10s'),
  ],
  [
    'an inner service is published',
    'accounts: it is published',
    (d) => (at(d, 'services.accounts')['ports'] = ['127.0.0.1:${ACCOUNTS_PORTS:-4002}:4002']),
  ],
  [
    'Postgres is published',
    'postgres: it is published',
    (d) => (at(d, 'services.postgres')['ports'] = ['5432:5432']),
  ],
  [
    'an edge is open to the network',
    'bff-web: it is not published',
    (d) => (at(d, 'services.bff-web')['ports'] = ['${BFF_WEB_PORTS:-3000}:3000']),
  ],
  [
    'a container has a fixed name',
    'orders: a fixed name',
    (d) => (at(d, 'services.orders')['container_name'] = 'orders'),
  ],
  [
    'provisioning misses a database',
    'provision: not what',
    (d) => delete at(d, 'services.provision.environment')['DATABASE_URL_FEES_FILE'],
  ],
  [
    'the exchange only hears itself',
    'exchange: not what',
    (d) => delete at(d, 'services.exchange.environment')['EXCHANGE_LISTEN_HOST'],
  ],
  ['a secret lies elsewhere', 'secrets: not in', (d) => (at(d, 'secrets.redis-url')['file'] = './redis-url')],
  ['a secret is not declared', 'secrets: declared', (d) => delete at(d, 'secrets')['redis-url']],
  ['the inner network is open', 'the inner network', (d) => (at(d, 'networks')['inside'] = {})],
];

for (const [what, problem, change] of changes) {
  test(`it is noticed when ${what}`, () => {
    const changed = copy();
    change(changed);
    const problems = composeProblems(changed, expected);
    assert(
      problems.some((said) => said.includes(problem)),
      `${problem} is not in ${JSON.stringify(problems)}`,
    );
  });
}
