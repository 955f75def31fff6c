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
import { services, type ServiceDescription, type ServiceName } from '../topology.ts';
import { ensureDatabases } from './databases.ts';
import { startExchange, type ExchangeProcess, type LauncherLog } from './exchange-process.ts';
import { defaultIssuer } from './issuer.ts';
import { readPorts } from './ports.ts';
import { startReplica, type Replica } from './replica.ts';
import { replicaEnvironment } from './replica-environment.ts';
import { openSecrets } from './secrets.ts';
import { faultOf, startingPart } from './start-fault.ts';

const host = '127.0.0.1';
/** A Redis that takes longer is taken for none. */
const redisAnswersWithinMs = 5_000;
const names = Object.keys(services) as ServiceName[];

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
  const ports = anyPorts ? undefined : readPorts(environment);
  const portOf = (name: string) => ports?.get(name) ?? 0;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  const logFile = join(dataDir, 'bank.log');
  await rename(logFile, join(dataDir, 'bank.previous.log')).catch(() => undefined);
  const logHandle = await open(logFile, 'a', 0o600);
  started.defer(() => logHandle.close());
  const destination = pino.destination({ dest: logFile, append: true, sync: true });
  const launcherLog = createLogger({ service: 'bank', destination });
  const log: LauncherLog = (level, message, fields = {}) => launcherLog[level](fields, message);

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

  const running = new Set<Replica>();
  const start = async (service: ServiceName, port: number): Promise<Replica> => {
    const replica = await startReplica({
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
    });
    running.add(replica);
    return replica;
  };
  // All at once: while they drain, each finds the services that it needs for what is still under way.
  started.defer(async () => {
    await Promise.all([...running].map((replica) => replica.remove()));
  });
  const addresses: Record<string, string> = {};
  const startFirst = async (service: ServiceName) => {
    addresses[service] = (await start(service, portOf(service))).url;
  };
  const nextPort = (service: ServiceName) =>
    isShared(service) ? Number(new URL(addresses[service] ?? '').port) : 0;
  const of = (service: ServiceName) => [...running].filter((replica) => replica.service === service);

  const more = (service: ServiceName) => (options.replicas?.[service] ?? 1) - 1;
  const startMore = (service: ServiceName) =>
    Array.from({ length: more(service) }, () => () => start(service, nextPort(service)));
  // Those that share a port must know it first; all others start together.
  await startAll(
    names.flatMap((service) => [() => startFirst(service), ...(isShared(service) ? [] : startMore(service))]),
  );
  await startAll(names.filter(isShared).flatMap(startMore));

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

  const end = async (replica: Replica, ending: 'remove' | 'lose') => {
    running.delete(replica);
    await replica[ending]();
  };
  return {
    addresses: addresses as Record<ServiceName, string>,
    databaseUrls,
    exchange,
    logFile,
    replicas: (service) => (service === undefined ? [...running] : of(service)),
    add: (service) => start(service, nextPort(service)),
    remove: (replica) => end(replica, 'remove'),
    lose: (replica) => end(replica, 'lose'),
    async roll(service) {
      for (const predecessor of of(service)) {
        await start(service, nextPort(service));
        await end(predecessor, 'remove');
      }
    },
    stop: () => whole.disposeAsync(),
  };
}

/** Linux alone spreads connections over the processes that listen at one port. */
function isShared(service: ServiceName): boolean {
  const { edge = false }: ServiceDescription = services[service];
  return edge && process.platform === 'linux';
}

async function startAll(starts: readonly (() => Promise<unknown>)[]): Promise<void> {
  const results = await Promise.allSettled(starts.map((start) => start()));
  const failures = results.flatMap((result) =>
    result.status === 'rejected' ? [result.reason as unknown] : [],
  );
  if (failures.length > 0) throw faultOf(failures);
}
