// `npm run bench:subscriptions`: thousands of live connections to one BFF process, beside @apollo/server with graphql-ws and
// bare sockets, interleaved in one run. Writes bench/results/subscriptions.md.
import { readFileSync } from 'node:fs';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startPostgres } from '@simplebank/postgres-embedded';
import { testIdentity } from '@simplebank/testkit';
import { describeCommit, describeMachine } from '../machine.ts';
import { resultsFolder } from '../results.ts';
import { readArguments, requireOpenFiles, usage, type SubscriptionsArguments } from './arguments.ts';
import type { BffSettings } from './bff-process.ts';
import { startChild } from './child.ts';
import { orderOfRound, startServer, type ContestantName } from './contestants.ts';
import { measureCommits, measureFanOut, type Commits, type FanOut } from './measure.ts';
import type { OrdersReady } from './orders-process.ts';
import { reportOf, type SubscriptionsResult } from './report.ts';

/** Longer than any run. */
const tokenSeconds = 3_600;
const tell = (line: string) => console.log(line);

async function bench(sizes: SubscriptionsArguments): Promise<SubscriptionsResult> {
  requireOpenFiles(readFileSync('/proc/self/limits', 'utf8'), sizes.connections);
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-subscriptions-'));
  const postgres = await startPostgres({ dataDir, port: 0, temporary: true });
  try {
    const databaseUrl = await createDatabase(postgres.adminUrl, 'orders');
    const busUrl = await createDatabase(postgres.adminUrl, 'bus');
    return await measureAll(sizes, { databaseUrl, busUrl });
  } finally {
    await postgres.stop();
  }
}

async function measureAll(
  sizes: SubscriptionsArguments,
  urls: { databaseUrl: string; busUrl: string },
): Promise<SubscriptionsResult> {
  await using identity = await testIdentity();
  await using orders = await startChild<OrdersReady>('./orders-process.ts', urls);
  await using client = await startChild('./client-process.ts', {});
  const { connections, rounds, fanOutEvents } = sizes;
  const addresses = { identity: identity.address, gateway: orders.ready.address };
  const settings: BffSettings = { issuer: identity.issuer, addresses, busUrl: urls.busUrl };
  const tokenOf = (number: number) =>
    identity.tokenFor({
      customerId: `cus-${number}`,
      accountIds: [`acc-${number}`],
      expiresInSeconds: tokenSeconds,
    });
  const shared = { sharing: 'shared', tokens: [tokenOf(0)], connections } as const;

  const fanOuts: Partial<Record<ContestantName, FanOut[]>> = {};
  for (let round = 0; round < rounds; round += 1) {
    for (const name of orderOfRound(round)) {
      await using server = await startServer(name, settings);
      const order = { ...shared, port: server.ready.port, run: `${round}-${name}` };
      const measured = await measureFanOut({ name, server, client, orders }, order, fanOutEvents);
      (fanOuts[name] ??= []).push(measured);
      tell(`round ${round + 1}, ${name}: ${JSON.stringify(measured)}`);
    }
  }
  const tokens = Array.from({ length: connections }, (_, index) => tokenOf(index));
  const commits: Partial<Record<ContestantName, Commits>> = {};
  for (const name of ['simplebank', 'apollo', 'control'] as const) {
    await using server = await startServer(name, settings);
    const order = {
      sharing: 'own',
      tokens,
      connections,
      port: server.ready.port,
      run: `own-${name}`,
    } as const;
    const plan = { rate: sizes.commitRate, seconds: sizes.commitSeconds };
    const measured = await measureCommits({ name, server, client, orders }, order, plan);
    commits[name] = measured;
    tell(`${name}: ${JSON.stringify(measured)}`);
  }
  return {
    machine: describeMachine(),
    commit: describeCommit(),
    command: ['npm run bench:subscriptions', ...process.argv.slice(2)].join(' ').replace(' --', ' -- --'),
    date: new Date().toISOString().slice(0, 10),
    sizes,
    fanOuts,
    commits,
  };
}

async function createDatabase(adminUrl: string, name: string): Promise<string> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`create database ${pg.escapeIdentifier(name)}`);
  await admin.end();
  const url = new URL(adminUrl);
  url.pathname = `/${name}`;
  return url.href;
}

if (process.argv.includes('--help')) tell(usage);
else {
  const sizes = readArguments(process.argv.slice(2));
  const page = reportOf(await bench(sizes));
  tell(`\n${page}`);
  if (sizes.writes) await writeFile(new URL('./subscriptions.md', resultsFolder), page);
}
