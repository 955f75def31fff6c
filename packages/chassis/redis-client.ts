// A connection to Redis or to a Redis Cluster, by URL. While Redis is away every command fails soon, and the
// connection comes back by itself.
import { setTimeout as sleep } from 'node:timers/promises';
import { Cluster, Redis, type RedisOptions } from 'ioredis';

const connectTimeoutMs = 500;
/** Soon after Redis is back all processes are too. */
const reconnectPauseMs = 100;
const standardPort = 6379;

/** `redis://host`, `rediss://user:password@host:port/1`, or `redis+cluster://host:port,host:port`. */
export function connectRedis(url: string, commandTimeoutMs: number): Redis | Cluster {
  const options = {
    commandTimeout: commandTimeoutMs,
    connectTimeout: connectTimeoutMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    // A failover has made it a replica: the address leads to the new one when it is asked for again.
    reconnectOnError: ({ message }) => message.startsWith('READONLY'),
  } satisfies RedisOptions;
  const cluster = /^(rediss?)\+cluster:\/\/(?:([^@/]*)@)?([^/?]+)/.exec(url);
  if (cluster === null) return new Redis(url, { ...options, retryStrategy: () => reconnectPauseMs });
  const [, scheme, login = '', hosts = ''] = cluster;
  const nodes = hosts.split(',').map((address) => {
    const { hostname, port } = new URL(`redis://${address}`);
    return { host: hostname, port: port === '' ? standardPort : Number(port) };
  });
  const [username, password] = login.split(':').map(decodeURIComponent);
  return new Cluster(nodes, {
    enableOfflineQueue: false,
    clusterRetryStrategy: () => reconnectPauseMs,
    slotsRefreshTimeout: connectTimeoutMs,
    redisOptions: {
      ...options,
      ...(scheme === 'rediss' ? { tls: {} } : {}),
      ...(username === undefined || username === '' ? {} : { username }),
      ...(password === undefined ? {} : { password }),
    },
  });
}

/** Throws when no Redis takes commands at the URL within the time: better known before many processes are started. */
export async function assertRedisAnswers(url: string, withinMs: number): Promise<void> {
  const redis = connectRedis(url, connectTimeoutMs);
  let fault: unknown = new Error(`no answer within ${withinMs} ms`);
  redis.on('error', (error: unknown) => void (fault = error));
  try {
    const ready = new Promise<boolean>((resolve) => void redis.once('ready', () => resolve(true)));
    if (await Promise.race([ready, sleep(withinMs, false)])) return;
    throw new Error('Redis does not answer', { cause: fault });
  } finally {
    redis.disconnect();
  }
}
