// The embedded default: every service of the topology in this process, beside it a real Postgres and the
// exchange.
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pino, type DestinationStream } from 'pino';
import {
  announceBank,
  createLogger,
  forgetBank,
  openHost,
  type RunningService,
  type StartService,
  type Wiring,
} from '@simplebank/chassis';
import { startPostgres, type RunningPostgres } from '@simplebank/postgres-embedded';
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import { ensureDatabases } from './databases.ts';
import { startExchange, type ExchangeProcess, type LauncherLog } from './exchange-process.ts';
import { defaultIssuer } from './issuer.ts';
import { readPorts } from './ports.ts';
import { openSecrets, sessionSecretOf, vapidSecretOf, webClientSecretOf, type Secrets } from './secrets.ts';
import { faultOf, startingPart } from './start-fault.ts';

const host = '127.0.0.1';
const names = Object.keys(services) as ServiceName[];

export interface BankOptions {
  readonly dataDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Every server on a port that the system chooses, so that many banks run side by side. */
  readonly anyPorts?: boolean;
}

export interface Bank {
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly services: readonly RunningService[];
  readonly exchange: ExchangeProcess;
  readonly postgres: RunningPostgres;
  readonly logFile: string;
  stop(): Promise<void>;
}

export async function startBank({ dataDir, environment, anyPorts = false }: BankOptions): Promise<Bank> {
  // What was started so far; when a later part fails, it is stopped again, the last one first.
  await using started = new AsyncDisposableStack();
  const ports = readPorts(environment, anyPorts);
  const portOf = (name: string) => ports.get(name) ?? 0;
  await mkdir(dataDir, { recursive: true, mode: 0o700 }).catch((cause: unknown) => {
    throw new Error(`DATA_DIR ${dataDir} cannot be used as a folder: ${messageOf(cause)}`, { cause });
  });

  // Postgres before all else: it locks the data folder, where nothing of a running bank may be touched.
  const early: Parameters<LauncherLog>[] = [];
  let tell: LauncherLog = (...line) => void early.push(line);
  const postgres = await startingPart('postgres', () =>
    startPostgres({
      dataDir: join(dataDir, 'postgres'),
      port: portOf('postgres'),
      log: (message) => tell('info', message),
      onGivenUp: (error) => tell('warn', `${error.message}; the bank runs on without its database`),
    }),
  );
  const logFile = join(dataDir, 'bank.log');
  await rename(logFile, join(dataDir, 'bank.previous.log')).catch(() => undefined);
  const logDestination = pino.destination({ dest: logFile, sync: false, mode: 0o600 });
  started.defer(() => logDestination.flushSync());
  started.defer(() => postgres.stop());
  const log = createLogger({ service: 'bank', destination: logDestination });
  tell = (level, message, fields = {}) => log[level](fields, message);
  for (const line of early) tell(...line);

  const secrets = await openSecrets(dataDir);
  const exchangeStarting = startingPart('exchange', () =>
    startExchange({
      port: portOf('exchange'),
      controlPort: portOf('exchange-control'),
      dataDir: join(dataDir, 'exchange'),
      environment,
      log: tell,
    }),
  );
  started.defer(async () => (await exchangeStarting.catch(() => undefined))?.stop());
  const [exchange, { bus: busUrl = '', ...databaseUrls }] = await Promise.all([
    exchangeStarting,
    ensureDatabases({ adminUrl: postgres.adminUrl, secret: secrets.database, others: ['bus'] }),
  ]);

  const addresses: Record<string, string> = {};
  const results = await Promise.allSettled(
    names.map(async (name) => {
      const service = await startService(name, {
        port: portOf(name),
        environment: {
          SEED_DEMO: '1',
          IDENTITY_DATA_DIR: join(dataDir, 'identity'),
          EXCHANGE_HOST: host,
          CURSOR_SECRET: secrets.cursor,
          BFF_WEB_CLIENT_SECRET: webClientSecretOf(secrets),
          SESSION_SECRET: sessionSecretOf(secrets),
          VAPID_SECRET: vapidSecretOf(secrets),
          ...environment,
          EXCHANGE_PORT: String(exchange.port),
        },
        databaseUrls,
        busUrl,
        secrets,
        // None while it does not listen yet.
        replicasOf: (target) => (addresses[target] === undefined ? [] : [addresses[target]]),
        logDestination,
      });
      addresses[name] = service.url;
      return service;
    }),
  );
  const running = results.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  // Clients stop first, the ledger last: what is still under way finds the services that it needs.
  for (const service of running) started.defer(() => service.stop());
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw faultOf(failures);

  await announceBank(dataDir, {
    serviceTokenSecret: secrets.serviceToken,
    issuer: defaultIssuer,
    addresses,
    databaseUrls,
    busUrl,
    exchangeControlUrl: `http://${host}:${exchange.controlPort}`,
  });
  started.defer(() => forgetBank(dataDir));
  const whole = started.move();
  return {
    addresses: addresses as Record<ServiceName, string>,
    databaseUrls,
    services: running,
    exchange,
    postgres,
    logFile,
    stop: () => whole.disposeAsync(),
  };
}

interface ServiceWiring {
  readonly port: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly busUrl: string;
  readonly secrets: Secrets;
  readonly replicasOf: Wiring['replicasOf'];
  readonly logDestination: DestinationStream;
}

async function startService(name: ServiceName, wiring: ServiceWiring): Promise<RunningService> {
  const { main }: ServiceDescription = services[name];
  const module = (await import(new URL(`../${main}`, import.meta.url).href)) as { start: StartService };
  const databaseUrl = wiring.databaseUrls[name];
  const startIt = () =>
    module.start(
      openHost({
        service: name,
        host,
        port: wiring.port,
        environment: wiring.environment,
        ...(databaseUrl === undefined ? {} : { databaseUrl }),
        busUrl: wiring.busUrl,
        serviceTokenSecret: wiring.secrets.serviceToken,
        issuer: defaultIssuer,
        replicasOf: wiring.replicasOf,
        logDestination: wiring.logDestination,
      }),
    );
  return startingPart(name, startIt);
}

function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
