// What a service gets when it starts: everything of the chassis, already wired. The wiring itself (ports,
// addresses, databases, secrets) is decided outside, so that one process and many run the same services.
import { Server } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DestinationStream } from 'pino';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { createAccessTokens, publishedKeys, type AccessTokens } from './access-token.ts';
import { readConfig, type Environment } from './config.ts';
import { remainingMs } from './context.ts';
import type { Database } from './database.ts';
import type { Announcement } from './discovery.ts';
import { createHttpServer, type HttpServerOptions } from './http-server.ts';
import { createServiceClient, type ServiceClient } from './http-client.ts';
import { serveInternalRoutes, type InternalRoute } from './internal-routes.ts';
import { createLogger, logLevelSetting, type Logger } from './log.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { migrate } from './migrations.ts';
import { openDatabase } from './open-database.ts';
import { createReplicaCalls, type ReplicaCalls } from './replica-calls.ts';
import { createServiceTokens } from './service-token.ts';
import { serveSubgraph, type SubgraphOptions } from './subgraph-server.ts';
import { openTracing, type Tracing } from './tracing.ts';

/** What the outside decides about one service. */
export interface Wiring {
  readonly service: string;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Other replicas may listen on the same port, and the system spreads the connections (Linux). */
  readonly sharedPort?: boolean;
  readonly environment: Environment;
  readonly databaseUrl?: string;
  readonly busUrl?: string;
  readonly serviceTokenSecret: string;
  readonly issuer: string;
  /** Base URLs of a service's replicas, such as http://127.0.0.1:4001; asked at each call, answered from memory. */
  readonly replicasOf: (service: string) => readonly string[];
  /** Tells the others where this replica listens, once it does; a start that cannot be announced has failed. */
  readonly announce?: (url: string) => Promise<Announcement>;
  /** How long a replica that has left still serves those who have not heard of it; by default, and in one process, 0. */
  readonly drainMs?: number;
  readonly logDestination?: DestinationStream;
}

export interface ServiceHost {
  readonly name: string;
  readonly log: Logger;
  /** A log under another name than the service's, for what services of one process share. */
  logOf(name: string): Logger;
  readonly metrics: Metrics;
  readonly tracing: Tracing;
  readonly client: ServiceClient;
  readonly accessTokens: AccessTokens;
  readonly busUrl: string | undefined;
  /** Who signs access tokens. */
  readonly issuer: string;
  /** For calls that the client is not made for; who opens them closes them. */
  openCalls(connectionsPerReplica: number): ReplicaCalls;
  config<Schema extends z.ZodObject>(schema: Schema): z.infer<Schema>;
  /** Whether the wiring gives it a database of its own. */
  readonly hasDatabase: boolean;
  /** The service's own database, migrated. */
  database(...migrations: readonly MigrationFolder[]): Promise<Database>;
  /** Runs at shutdown after requests have drained, last registered first. */
  onStop(work: () => Promise<void> | void): void;
  /** Serves a federated subgraph at /graphql and endpoints for other services at /internal/*. */
  serveSubgraph<Loaders>(
    options: SubgraphOptions<Loaders> & { internal?: readonly InternalRoute[] },
  ): Promise<RunningService>;
  /** Serves whatever `routes` registers. */
  serveHttp(
    routes: (app: FastifyInstance) => Promise<void> | void,
    options?: Pick<HttpServerOptions, 'authorizationOf' | 'deadlineMs'>,
  ): Promise<RunningService>;
}

export interface MigrationFolder {
  /** Recorded with the migration's number, so that several folders live in one database. */
  readonly name: string;
  readonly folder: URL;
}

export interface RunningService {
  readonly name: string;
  /** Base URL it listens on. */
  readonly url: string;
  readonly metrics: Metrics;
  /** Stops taking requests, lets those under way finish, then closes what it opened. */
  stop(): Promise<void>;
}

export type StartService = (host: ServiceHost) => Promise<RunningService>;

/** To each replica of another service; more calls at a time wait for one of them. */
const clientConnections = 32;

/**
 * At the end requests under way have so long, as much as one without a deadline of its own. Then they are cut: Node
 * would wait for ever for one whose client has gone in the middle of its body.
 */
const lastRequestsMs = 5_000;

/** For the requests of connections that were taken right before the listener closed. */
const lastArrivalsMs = 200;

/** What every service reads of its environment. */
const baseSettings = z.object({
  LOG_LEVEL: logLevelSetting.default('info'),
  /** The most connections of this process to its own database; all processes together must fit into the server's. */
  DATABASE_POOL_SIZE: z.coerce.number().int().min(2).optional(),
});

export function openHost(wiring: Wiring): ServiceHost {
  const { service, environment } = wiring;
  const { LOG_LEVEL: level, DATABASE_POOL_SIZE: poolSize } = readConfig(service, environment, baseSettings);
  const { logDestination: destination } = wiring;
  const logOf = (name: string) =>
    createLogger({ service: name, level, ...(destination === undefined ? {} : { destination }) });
  const log = logOf(service);
  const metrics = createMetrics(service);
  const tracing = openTracing({ service, environment, log });
  const serviceTokens = createServiceTokens({ service, secret: wiring.serviceTokenSecret });
  const openCalls = (connectionsPerReplica: number) =>
    createReplicaCalls({ replicasOf: wiring.replicasOf, connectionsPerReplica, tracing });
  const client = createServiceClient({ serviceTokens, calls: openCalls(clientConnections) });
  const keyCalls = openCalls(1);
  const accessTokens = createAccessTokens({ issuer: wiring.issuer, keys: publishedKeys(keyCalls) });
  const stopWork: (() => Promise<void> | void)[] = [
    () => tracing.stop(),
    () => client.close(),
    () => keyCalls.close(),
  ];
  let ready = false;
  let leaving = false;
  let announced: Announcement | undefined;
  let stopped: Promise<void> | undefined;

  /** Until the last caller has heard that this replica leaves, it answers as before. */
  async function drain(): Promise<void> {
    ready = false;
    leaving = true;
    await announced?.leave().catch((fault: unknown) => {
      log.warn({ err: fault }, 'could not leave; the others find out by themselves');
    });
    const { drainMs = 0 } = wiring;
    if (drainMs > 0) await sleep(drainMs);
  }

  /**
   * The listener first, and alone: Node's own close of a server cuts connections too that were taken a moment ago and
   * whose request has not been read, as new ones are for as long as replicas share a port.
   */
  async function stopListening(app: FastifyInstance): Promise<void> {
    if ((wiring.drainMs ?? 0) === 0) return;
    Server.prototype.close.call(app.server);
    await sleep(lastArrivalsMs);
  }

  async function stop(app: FastifyInstance): Promise<void> {
    await drain();
    const faults: unknown[] = [];
    const attempt = async (work: () => Promise<void> | void) => {
      try {
        await work();
      } catch (fault) {
        log.error({ err: fault }, 'a part did not stop');
        faults.push(fault);
      }
    };
    // What does not stop must not keep the rest from stopping.
    await attempt(() => stopListening(app));
    const cutting = setTimeout(() => app.server.closeAllConnections(), lastRequestsMs);
    await attempt(() => app.close());
    clearTimeout(cutting);
    for (const work of stopWork.toReversed()) await attempt(work);
    log.info('stopped');
    if (faults.length > 0) throw new AggregateError(faults, `${service} did not stop cleanly`);
  }

  const serveHttp: ServiceHost['serveHttp'] = async (routes, options = {}) => {
    const isReady = () => ready;
    const app = createHttpServer({ ...options, log, metrics, accessTokens, tracing, isReady });
    // A kept connection would bring the next request here, though its caller knows better by then.
    app.addHook('onSend', async (_request, reply) => {
      if (leaving) void reply.header('connection', 'close');
    });
    await routes(app);
    const sharing = wiring.sharedPort === true ? { reusePort: true } : {};
    const url = await app.listen({ host: wiring.host, port: wiring.port, ...sharing });
    try {
      announced = await wiring.announce?.(url);
    } catch (fault) {
      await stop(app);
      throw new Error(`${service} could not announce ${url}`, { cause: fault });
    }
    ready = true;
    log.info({ url }, 'listening');
    return {
      name: service,
      url,
      metrics,
      stop: () => (stopped ??= stop(app)),
    };
  };

  return {
    name: service,
    log,
    logOf,
    metrics,
    tracing,
    client,
    accessTokens,
    busUrl: wiring.busUrl,
    issuer: wiring.issuer,
    openCalls,
    config: (schema) => readConfig(service, environment, schema),
    hasDatabase: wiring.databaseUrl !== undefined,
    async database(...folders) {
      if (wiring.databaseUrl === undefined) throw new Error(`${service} has no database in its wiring`);
      const database = openDatabase({
        url: wiring.databaseUrl,
        service,
        ...(poolSize === undefined ? {} : { poolSize }),
        remainingMs,
        onStatement: (name) => metrics.statement(name),
        logError: (error) => log.warn({ err: error }, 'database connection lost'),
      });
      stopWork.push(() => database.close());
      try {
        for (const { name, folder } of folders) await migrate(wiring.databaseUrl, folder, name);
      } catch (cause) {
        throw new Error(`${service} could not open its database`, { cause });
      }
      return database;
    },
    onStop: (work) => void stopWork.push(work),
    serveHttp,
    serveSubgraph: ({ internal = [], ...subgraph }) =>
      serveHttp(async (app) => {
        serveInternalRoutes(app, internal, { log, serviceTokens });
        await serveSubgraph(app, subgraph, log);
      }),
  };
}
