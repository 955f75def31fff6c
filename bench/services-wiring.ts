// `npm run start:services` under load: one process a replica, on a Postgres and a Redis of the bench's own, so that
// their CPU is known. The Postgres is the same as in the embedded wiring.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@simplebank/postgres-embedded';
import { startRedis } from '@simplebank/testkit';
import { startServices } from '../deploy/services-bank.ts';
import type { ServiceName } from '../topology.ts';
import type { BankUnderLoad } from './bank-under-load.ts';

export type Replicas = Readonly<Partial<Record<ServiceName, number>>>;

export async function startServicesUnderLoad(replicas: Replicas): Promise<BankUnderLoad> {
  await using started = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'simplebank-bench-'));
  started.defer(() => rm(dataDir, { recursive: true, force: true }));
  const postgres = await startPostgres({ dataDir: join(dataDir, 'postgres'), port: 0 });
  started.defer(() => postgres.stop());
  const redis = await startRedis();
  started.defer(() => redis.stop());
  const bank = await startServices({
    dataDir,
    environment: process.env,
    adminDatabaseUrl: postgres.adminUrl,
    redisUrl: redis.url,
    replicas,
    anyPorts: true,
  });
  started.defer(() => bank.stop());
  const whole = started.move();

  const pidOf = (name: string, pid: number | undefined) => {
    if (pid === undefined) throw new Error(`${name} does not run`);
    return { name, pid };
  };
  const urlsOf = (service: ServiceName) => [...new Set(bank.replicas(service).map(({ url }) => url))];
  const counts = Object.entries(replicas).map(([service, count]) => `${service} × ${count}`);
  return {
    wiring: 'services',
    description: `one process a service${counts.length > 0 ? ` (${counts.join(', ')})` : ''}, Redis bus`,
    bffWebUrls: urlsOf('bff-web'),
    identityUrl: bank.addresses.identity,
    processes: () => [
      ...bank.replicas().map((replica) => pidOf(replica.service, replica.pid())),
      pidOf('exchange', bank.exchange.pid()),
      pidOf('redis', redis.pid),
    ],
    postgresPid: postgres.pid,
    metricsUrls: () => bank.replicas().map(({ service, url }) => ({ service, url })),
    databaseUrls: bank.databaseUrls,
    dataDir,
    stop: () => whole.disposeAsync(),
  };
}
