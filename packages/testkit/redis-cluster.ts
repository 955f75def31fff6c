// A real Redis Cluster of a test's own: three masters on free ports, without replicas.

import { freePort, redisCommand, startRedis, type RedisServer } from './redis-server.ts';
import { until } from './until.ts';

const MASTERS = 3;
/** The number of hash slots that every Redis Cluster has. */
const SLOTS = 16_384;
/** A node that does not answer its peers counts as failed after this: short, so that a test need not wait. */
const NODE_TIMEOUT_MS = 1_000;

export interface RedisCluster extends AsyncDisposable {
  /** `redis+cluster://host:port,host:port,host:port` */
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  /** Waits until the nodes agree that all slots are served; after a restart they take two seconds. */
  ready(): Promise<void>;
}

export async function startRedisCluster(): Promise<RedisCluster> {
  await using started = new AsyncDisposableStack();
  const nodes: RedisServer[] = [];
  const busPorts: number[] = [];
  for (let index = 0; index < MASTERS; index += 1) {
    const busPort = await freePort();
    busPorts.push(busPort);
    const settings = {
      'cluster-enabled': 'yes',
      'cluster-port': String(busPort),
      'cluster-node-timeout': String(NODE_TIMEOUT_MS),
      // One lost shard must not stop the others.
      'cluster-require-full-coverage': 'no',
    };
    nodes.push(started.use(await startRedis({ settings })));
  }
  for (const [index, { port }] of nodes.entries()) {
    const from = Math.floor((index * SLOTS) / MASTERS);
    const to = Math.floor(((index + 1) * SLOTS) / MASTERS) - 1;
    await redisCommand(port, `CLUSTER ADDSLOTSRANGE ${from} ${to}`);
    await redisCommand(port, `CLUSTER SET-CONFIG-EPOCH ${index + 1}`);
  }
  for (const [index, { port }] of nodes.entries()) {
    if (index > 0) await redisCommand(nodes[0]!.port, `CLUSTER MEET 127.0.0.1 ${port} ${busPorts[index]}`);
  }
  const ready = (): Promise<void> =>
    until('the cluster to be ready', async () => {
      const infos = await Promise.all(nodes.map(({ port }) => redisCommand(port, 'CLUSTER INFO')));
      return infos.every(
        (info) => info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${SLOTS}`),
      );
    });
  await ready();
  const whole = started.move();
  return {
    url: `redis+cluster://${nodes.map(({ port }) => `127.0.0.1:${port}`).join(',')}`,
    nodes,
    ready,
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}
