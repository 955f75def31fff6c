// A whole bank in one of its two wirings: one process (`npm start`), or many (`npm run start:services`) on a Postgres
// and a Redis of their own. BANK_WIRING says which, so that the same tests run against both.
import { join } from 'node:path';
import { startPostgres } from '@simplebank/postgres-embedded';
import { startRedis } from '@simplebank/testkit';
import { startBank } from '../deploy/embedded-bank.ts';
import { startServices, type ServicesBank } from '../deploy/services-bank.ts';
import type { ServiceName } from '../topology.ts';

export const wiring = process.env['BANK_WIRING'] === 'services' ? 'services' : 'embedded';

/** Those of whom two must agree run twice. */
const replicas = { orders: 2, market: 2, accounts: 2, 'bff-web': 2 } as const;

export interface WiredBank {
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly logFile: string;
  readonly postgres: { readonly pid: number; readonly port: number };
  readonly exchange: { readonly port: number; readonly controlPort: number; pid(): number | undefined };
  /** Base URLs of all replicas of a service. */
  urlsOf(service: ServiceName): readonly string[];
  /** Only of the bank of many processes. */
  readonly processes?: ServicesBank;
  stop(): Promise<void>;
}

export interface WiredBankOptions {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly anyPorts?: boolean;
  /** Of a Redis that outlives the bank; without one the bank of many processes starts its own. */
  readonly redisUrl?: string;
}

export function startWired(options: WiredBankOptions): Promise<WiredBank> {
  return wiring === 'services' ? startDistributed(options) : startEmbedded(options);
}

async function startEmbedded(options: WiredBankOptions): Promise<WiredBank> {
  const bank = await startBank(options);
  return { ...bank, urlsOf: (service) => [bank.addresses[service]] };
}

async function startDistributed({ redisUrl, ...options }: WiredBankOptions): Promise<WiredBank> {
  await using started = new AsyncDisposableStack();
  const port = Number(options.environment['PORT_POSTGRES'] ?? 0);
  const postgres = await startPostgres({ dataDir: join(options.dataDir, 'postgres'), port });
  started.defer(() => postgres.stop());
  const bank = await startServices({
    ...options,
    adminDatabaseUrl: postgres.adminUrl,
    redisUrl: redisUrl ?? started.use(await startRedis()).url,
    replicas,
  });
  started.defer(() => bank.stop());
  const whole = started.move();
  return {
    ...bank,
    postgres,
    urlsOf: (service) => bank.replicas(service).map(({ url }) => url),
    processes: bank,
    stop: () => whole.disposeAsync(),
  };
}
