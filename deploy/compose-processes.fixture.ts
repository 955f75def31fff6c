// Starts what docker-compose.yml says as plain processes: its commands with its environments, beside a Postgres and a
// Redis on their standard ports. It is run in a network of its own where every service's name is 127.0.0.1
// (compose-processes.int.test.ts), signs in as a browser, places an order by documents that the web application shipped, since the BFFs there run
// nothing else, has another document refused, stops all, and prints what it saw as one line of JSON.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { startPostgres } from '@simplebank/postgres-embedded';
import { bankClient, until, webSession } from '@simplebank/testkit';
import { makeSecrets } from './make-secrets.ts';

interface Container {
  readonly command: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
}

export interface Seen {
  readonly provisioned: unknown;
  /** Of a document that is in no manifest. */
  readonly refused: string;
  readonly outcome: string | null;
  readonly exitCodes: Readonly<Record<string, unknown>>;
}

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = process.argv[2] ?? '';
const compose = parse(readFileSync(join(root, 'docker-compose.yml'), 'utf8'), { merge: true }) as {
  services: Record<string, Container>;
};

await using stack = new AsyncDisposableStack();
const postgres = await startPostgres({ dataDir: join(folder, 'postgres'), port: 5432, temporary: true });
stack.defer(() => postgres.stop());
const adminUrl = new URL(postgres.adminUrl);
adminUrl.hostname = 'postgres';
await makeSecrets(join(folder, 'secrets'), { ADMIN_DATABASE_URL: adminUrl.href });
const redis = spawn('redis-server', ['--save', '', '--appendonly', 'no', '--dir', folder], {
  stdio: 'ignore',
});
stack.defer(() => void redis.kill());

/** As the engine does: variables by their defaults, secrets and data in folders. */
function start(name: string, { command, environment }: Container): ChildProcess {
  const env = Object.entries(environment).map(([setting, value]) => [
    setting,
    value
      .replace(/\$\{\w+:-(.*)\}/, '$1')
      .replace(/^\/run\/secrets/, join(folder, 'secrets'))
      .replace(/^\/data$/, join(folder, 'exchange')),
  ]);
  const log = openSync(join(folder, `${name}.log`), 'w');
  return spawn(process.execPath, command, {
    cwd: root,
    env: Object.fromEntries([...env, ['NODE_COMPILE_CACHE', join(folder, 'cache')]]) as Record<
      string,
      string
    >,
    stdio: ['ignore', log, log],
  });
}

/** A dozen processes start at once, on two cores perhaps. */
const startMs = 60_000;

const { postgres: _, redis: __, provision, ...rest } = compose.services;
if (provision === undefined) throw new Error('no provision in the compose file');
const [provisioned] = await once(start('provision', provision), 'exit');
const running = Object.entries(rest).map(([name, given]) => ({ name, given, child: start(name, given) }));
for (const { name, given } of running) {
  const isReady = () =>
    fetch(given.environment['PROBE_URL'] ?? '').then(
      ({ ok }) => ok,
      () => false,
    );
  await until(`${name} is ready`, isReady, startMs);
}

const shipped = (file: string) => readFileSync(join(root, 'bff-web/operations', `${file}.graphql`), 'utf8');
const bffUrl = 'http://127.0.0.1:3000';
const client = bankClient({ bffUrl, session: await webSession({ bffUrl, username: 'ada' }) });
const order = { accountId: 'acc-1001', symbol: 'ACME', side: 'SELL', quantity: '40' };
const { placeOrder } = await client.data<{ placeOrder: { order: { id: string } } }>(shipped('place-order'), {
  input: { clientOrderId: 'first', order },
});
const updates = client.follow<{ orderUpdated: { order: { outcome: string | null } } }>(
  shipped('follow-order'),
  { id: placeOrder.order.id, after: '0' },
);
let outcome: string | null = null;
for await (const { data } of updates) outcome = data?.orderUpdated.order.outcome ?? null;
await client.close();
const otherDocument = {
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: '{"query":"{ me { id } }"}',
};
const refused = await (await fetch(`${bffUrl}/graphql`, otherDocument)).text();

const exits = running.map(async ({ name, child }) => {
  if (child.exitCode !== null) return [name, `ended by itself with ${child.exitCode}`] as const;
  child.kill('SIGTERM');
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return [name, code ?? signal] as const;
});
const seen: Seen = { provisioned, refused, outcome, exitCodes: Object.fromEntries(await Promise.all(exits)) };
process.stdout.write(`${JSON.stringify(seen)}\n`);
