// The connections of one process to Redis or to a Redis Cluster: one for commands, one that listens to hints. A
// Redis that is away makes every command fail soon, and never hang; the connection comes back by itself.
import { createHash } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';
import type { BusLog } from './bus.ts';

/** A script takes far below a millisecond; what has no answer after this is told to the caller as a fault. */
const COMMAND_TIMEOUT_MS = 2_000;
const CONNECT_TIMEOUT_MS = 1_000;
/** The longest pause between tries to connect: soon after Redis is back, work goes on. */
const MAX_RECONNECT_MS = 400;
/** A cluster's map of slots is read anew this often, so that a new master is found without traffic. */
const SLOTS_REFRESH_MS = 2_000;
/** Redirections and tries of one command in a cluster; with the pause below a second in all. */
const MAX_REDIRECTIONS = 8;
const CLUSTER_RETRY_MS = 100;
/** A service that starts together with its Redis waits for it this long. */
const OPEN_PATIENCE_MS = 5_000;

/** Redis gave no answer, or one that says that it cannot serve now. Nothing is known of what was asked. */
class BusUnavailable extends Error {
  override readonly name = 'BusUnavailable';
  readonly code = 'BUS_UNAVAILABLE';
}

/** One atomic step, run on the server. */
export interface RedisScript {
  readonly lua: string;
  readonly hash: string;
}

/**
 * A script may begin with it (Redis 7), and then runs although Redis is full. All those that let events be trimmed
 * need it: a Redis in which no cursor can be stored would stay full for ever.
 */
export const evenWhenFull = '#!lua flags=allow-oom\n';

export function script(lua: string): RedisScript {
  return { lua, hash: createHash('sha1').update(lua).digest('hex') };
}

export class RedisConnection {
  readonly #client: Redis | Cluster;
  readonly #listener: Redis;
  readonly #address: string;
  readonly #listeners = new Map<string, (message: string) => void>();

  /** `onListening`: hints may have been missed until now. */
  constructor(url: string, { log, onListening }: { log: BusLog; onListening: () => void }) {
    this.#address = url.replace(/\/\/[^@/]*@/, '//');
    this.#client = connect(url);
    this.#listener = this.#client instanceof Cluster ? listenTo(this.#client, url) : connectToServer(url);
    for (const client of [this.#client, this.#listener]) {
      // Without this listener a lost connection would end the process.
      client.on('error', (err: Error) =>
        log.warn({ err, bus: this.#address }, 'the bus has no connection to Redis'),
      );
    }
    this.#listener.on('message', (channel: string, message: string) =>
      this.#listeners.get(channel)?.(message),
    );
    this.#listener.on('ready', () => {
      this.#subscribe([...this.#listeners.keys()]);
      onListening();
    });
  }

  async open(): Promise<void> {
    const patience = AbortSignal.timeout(OPEN_PATIENCE_MS);
    await Promise.all(
      [...new Set([this.#client, this.#listener])].map((client) => ready(client, patience)),
    ).catch((cause: unknown) => {
      this.close();
      throw new BusUnavailable(`Redis at ${this.#address} did not answer`, { cause });
    });
  }

  close(): void {
    this.#client.disconnect();
    this.#listener.disconnect();
  }

  /** Hints are only hints: one that is missed costs the time until the next poll. */
  listen(channel: string, onMessage: (message: string) => void): void {
    this.#listeners.set(channel, onMessage);
    this.#subscribe([channel]);
  }

  #subscribe(channels: readonly string[]): void {
    if (channels.length > 0) this.#listener.subscribe(...channels).catch(() => undefined);
  }

  async run<T>(
    { lua, hash }: RedisScript,
    keys: readonly string[],
    values: readonly (string | number)[],
  ): Promise<T> {
    try {
      return (await this.#client.evalsha(hash, keys.length, ...keys, ...values)) as T;
    } catch (error) {
      if (!(error instanceof Error && error.message.startsWith('NOSCRIPT'))) throw this.#faultOf(error);
    }
    // A server that was restarted has forgotten its scripts.
    try {
      return (await this.#client.eval(lua, keys.length, ...keys, ...values)) as T;
    } catch (error) {
      throw this.#faultOf(error);
    }
  }

  #faultOf(cause: unknown): unknown {
    // What Redis says of a wrong call is a bug of ours, and no reason to wait.
    if (cause instanceof Error && /^(?:ERR|WRONGTYPE|CROSSSLOT) /.test(cause.message)) return cause;
    return new BusUnavailable(`the bus at ${this.#address} could not be reached`, { cause });
  }
}

/** For what a service does when it starts: a Redis that is away just then is waited for. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const givesUpAt = performance.now() + OPEN_PATIENCE_MS;
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof BusUnavailable) || performance.now() > givesUpAt) throw error;
    }
    await pause(MAX_RECONNECT_MS);
  }
}

const reconnectAfter = (attempt: number): number => Math.min(50 * attempt, MAX_RECONNECT_MS);

/** What one server's client and those of a cluster's nodes have in common. */
const nodeOptions = {
  lazyConnect: true,
  commandTimeout: COMMAND_TIMEOUT_MS,
  connectTimeout: CONNECT_TIMEOUT_MS,
  // A machine that has vanished closes no connection; the kernel would go on trying for a quarter of an hour.
  socketTimeout: COMMAND_TIMEOUT_MS,
  // What was under way when the connection broke fails at once; the callers try again, by rules of their own.
  maxRetriesPerRequest: 0,
  autoResendUnfulfilledCommands: false,
  // A former master that became a replica: the address leads to the new one.
  reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
} satisfies RedisOptions;

function connect(url: string): Redis | Cluster {
  const cluster = parseClusterUrl(url);
  return cluster === undefined ? connectToServer(url) : connectToCluster(cluster);
}

function connectToServer(url: string): Redis {
  return new Redis(url, { ...nodeOptions, enableOfflineQueue: false, retryStrategy: reconnectAfter });
}

interface ClusterAddress {
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly login: Pick<RedisOptions, 'username' | 'password' | 'tls'>;
}

function parseClusterUrl(url: string): ClusterAddress | undefined {
  const parts = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^/?]+)/.exec(url);
  if (parts === null) return undefined;
  const [, scheme, login = '', hosts = ''] = parts;
  const nodes = hosts.split(',').map((host) => {
    const { hostname, port } = new URL(`redis://${host}`);
    return { host: hostname, port: port === '' ? 6379 : Number(port) };
  });
  const [username = '', password] = login.split(':').map(decodeURIComponent);
  return {
    nodes,
    login: {
      ...(scheme === 'rediss' ? { tls: {} } : {}),
      ...(username === '' ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
  };
}

function connectToCluster({ nodes, login }: ClusterAddress): Cluster {
  return new Cluster([...nodes], {
    lazyConnect: true,
    enableOfflineQueue: false,
    clusterRetryStrategy: reconnectAfter,
    clusterNodeRetryStrategy: reconnectAfter,
    slotsRefreshInterval: SLOTS_REFRESH_MS,
    slotsRefreshTimeout: CONNECT_TIMEOUT_MS,
    maxRedirections: MAX_REDIRECTIONS,
    retryDelayOnFailover: CLUSTER_RETRY_MS,
    retryDelayOnClusterDown: CLUSTER_RETRY_MS,
    redisOptions: { ...nodeOptions, ...login },
  });
}

/**
 * Every node of a cluster passes on every hint. The cluster client's own subscriptions are not used, because it
 * connects anew without a pause while no node answers.
 */
function listenTo(cluster: Cluster, url: string): Redis {
  const address = parseClusterUrl(url);
  const seeds = address?.nodes ?? [];
  const listener: Redis = new Redis({
    ...seeds[0],
    ...nodeOptions,
    ...address?.login,
    enableOfflineQueue: false,
    retryStrategy(attempt) {
      // The next node's turn: the client connects to what its options say then.
      const present = cluster.nodes('master').map(({ options: { host, port } }) => ({ host, port }));
      const candidates = present.length > 0 ? present : seeds;
      Object.assign(listener.options, candidates[attempt % candidates.length]);
      return reconnectAfter(attempt);
    },
  });
  return listener;
}

/** The first try may come too early; those after it are the client's own. */
async function ready(client: Redis | Cluster, patience: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let last: unknown = new Error('no connection in time');
  const keep = (error: unknown): void => void (last = error);
  const giveUp = (): void => reject(last);
  client.once('ready', resolve).on('error', keep);
  patience.addEventListener('abort', giveUp, { once: true });
  client.connect().catch(keep);
  await promise.finally(() => {
    client.off('error', keep);
    patience.removeEventListener('abort', giveUp);
  });
}
