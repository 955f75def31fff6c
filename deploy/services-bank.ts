// The bank in many processes on this machine: one process a replica of each service of the topology, on a Postgres
// and a Redis that are given, beside them the exchange. What a container platform does elsewhere, this does here:
// it starts replicas, starts the dead ones again, adds, removes and replaces them while the others run.
import { mkdir, open, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import {
  announceBank,
  assertRedisAnswers,
  createLogger,
  forgetBank,
  type Environment,
} from '@simplebank/chassis';
import type { ServiceName } from '../topology.ts';
import { ensureDatabases } from './databases.ts';
import { startExchange, type ExchangeProcess, type LauncherLog } from './exchange-process.ts';
import { defaultIssuer } from './issuer.ts';
import { readPorts } from './ports.ts';
import { startReplica, type Replica } from './replica.ts';
import { ReplicaFleet } from './replica-fleet.ts';
import { replicaEnvironment } from './replica-environment.ts';
import { openSecrets } from './secrets.ts';
import { startingPart } from './start-fault.ts';

const host = '127.0.0.1';
/** A Redis that takes longer is taken for none. */
const redisAnswersWithinMs = 5_000;

export interface ServicesOptions {
  readonly dataDir: string;
  readonly environment: Environment;
  /** Of a role that may create roles and databases. */
  readonly adminDatabaseUrl: string;
  readonly redisUrl: string;
  /** One of each when nothing is said. */
  readonly replicas?: Readonly<Partial<Record<ServiceName, number>>>;
  /** Every server on a port that the system chooses, so that many banks run side by side. */
  readonly anyPorts?: boolean;
}

export interface ServicesBank {
  /** Where each service's first replica listened when the bank started; what clients reach stays there. */
  readonly addresses: Readonly<Record<ServiceName, string>>;
  readonly databaseUrls: Readonly<Record<string, string>>;
  readonly exchange: ExchangeProcess;
  readonly logFile: string;
  replicas(service?: ServiceName): readonly Replica[];
  /** One more, once it is ready. */
  add(service: ServiceName): Promise<Replica>;
  /** It leaves, drains and ends. */
  remove(replica: Replica): Promise<void>;
  /** kill -9 without a restart. */
  lose(replica: Replica): Promise<void>;
  /** Replaces every replica of the service, one by one: the successor is ready before the predecessor leaves. */
  roll(service: ServiceName): Promise<void>;
  stop(): Promise<void>;
}

export async function startServices(options: ServicesOptions): Promise<ServicesBank> {
  const { dataDir, environment, adminDatabaseUrl, redisUrl, anyPorts = false } = options;
  // What was started so far; when a later part fails, it is stopped again, the last one first.
  await using started = new AsyncDisposableStack();
  const ports = readPorts(environment, anyPorts);
  const portOf = (name: string) => ports.get(name) ?? 0;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const { file: logFile, handle: logHandle, log } = await openLog(dataDir);
  started.defer(() => logHandle.close());

  await assertRedisAnswers(redisUrl, redisAnswersWithinMs).catch((cause: unknown) => {
    throw new Error('there is no Redis at REDIS_URL', { cause });
  });
  const secrets = await openSecrets(dataDir);
  const databaseUrls = await ensureDatabases({
    adminUrl: adminDatabaseUrl,
    secret: secrets.database,
  }).catch((cause: unknown) => {
    throw new Error('the databases could not be made at DATABASE_URL', { cause });
  });
  const exchange = await startingPart('exchange', () =>
    startExchange({
      port: portOf('exchange'),
      controlPort: portOf('exchange-control'),
      dataDir: join(dataDir, 'exchange'),
      environment,
      log,
    }),
  );
  started.defer(() => exchange.stop());

  const fleet = new ReplicaFleet({
    launch: (service, port) =>
      startReplica({
        service,
        port,
        environment: replicaEnvironment(service, {
          dataDir,
          environment,
          databaseUrl: databaseUrls[service],
          redisUrl,
          secrets,
          exchangePort: exchange.port,
        }),
        logFd: logHandle.fd,
        log,
      }),
    portOf,
    count: options.replicas ?? {},
  });
  started.defer(() => fleet.stop());
  await fleet.start();
  const { addresses } = fleet;

  await announceBank(dataDir, {
    serviceTokenSecret: secrets.serviceToken,
    issuer: defaultIssuer,
    addresses,
    databaseUrls,
    busUrl: redisUrl,
    processes: { redisUrl, exchangePort: exchange.port },
    exchangeControlUrl: `http://${host}:${exchange.controlPort}`,
  });
  started.defer(() => forgetBank(dataDir));
  const whole = started.move();

  return {
    addresses,
    databaseUrls,
    exchange,
    logFile,
    replicas: (service) => fleet.replicas(service),
    add: (service) => fleet.add(service),
    remove: (replica) => fleet.end(replica, 'remove'),
    lose: (replica) => fleet.end(replica, 'lose'),
    roll: (service) => fleet.roll(service),
    stop: () => whole.disposeAsync(),
  };
}

/** One file for the launcher and all replicas, which append whole lines to it; the one before is kept. */
async function openLog(dataDir: string) {
  const file = join(dataDir, 'bank.log');
  await rename(file, join(dataDir, 'bank.previous.log')).catch(() => undefined);
  const handle = await open(file, 'a', 0o600);
  const launcherLog = createLogger({
    service: 'bank',
    destination: pino.destination({ dest: file, sync: true }),
  });
  const log: LauncherLog = (level, message, fields = {}) => launcherLog[level](fields, message);
  return { file, handle, log };
}
