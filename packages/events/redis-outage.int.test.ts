// A Redis that is not gone but does not answer: its machine has vanished without closing a connection.
import { strict as assert } from 'node:assert';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { describe, test } from 'node:test';
import {
  redisCommand,
  redisMissing,
  startRedis,
  startRedisCluster,
  type RedisCluster,
} from '@simplebank/testkit';
import { eventually, happened, Recorded, silentLog } from './events.fixture.ts';
import { partitionOf } from './partition-of.ts';
import { openRedisBus } from './redis-bus.ts';

/** Passes connections on to the port; those that exist when the machine vanishes stay open and carry nothing more. */
async function vanishingProxy(target: number) {
  const sockets = new Set<Socket>();
  let machine = 0;
  const server = createServer((client) => {
    const mine = machine;
    const upstream = connect(target, '127.0.0.1');
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from);
      from.on('error', () => to.destroy());
      from.on('close', () => to.destroy());
      from.on('data', (data) => void (mine === machine && to.write(data)));
    }
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    vanish: () => void (machine += 1),
    [Symbol.dispose]() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Which master has the keys with the hash tag. */
async function masterOf({ nodes }: RedisCluster, tag: string): Promise<number> {
  const reply = await redisCommand(nodes[0]!.port, `CLUSTER KEYSLOT {${tag}}`);
  return Math.floor((Number(reply.slice(1)) * nodes.length) / 16_384);
}

async function firstOn(
  cluster: RedisCluster,
  wanted: (master: number) => boolean,
  tag: (n: number) => string,
) {
  for (let n = 0; ; n += 1) if (wanted(await masterOf(cluster, tag(n)))) return n;
}

describe('a Redis that does not answer', { skip: redisMissing }, () => {
  test('a machine that vanishes is given up after seconds, and work goes on with the one that took its place', async () => {
    await using redis = await startRedis();
    using proxy = await vanishingProxy(redis.port);
    await using bus = await openRedisBus({ url: proxy.url, log: silentLog });
    const recorded = new Recorded();
    await bus.work({ group: 'g', streams: ['s'], handle: async (event) => recorded.add(event) });
    await bus.publish('s', [happened('a', 1)]);
    await recorded.reaches(1);
    proxy.vanish();
    const event = happened('a', 2);
    await assert.rejects(bus.publish('s', [event]), { code: 'BUS_UNAVAILABLE' });
    await eventually(
      () =>
        bus.publish('s', [event]).then(
          () => true,
          () => false,
        ),
      'a publish to succeed',
    );
    await recorded.reaches(2);
    assert.deepEqual(recorded.sequences('a'), [1, 2]);
  });

  test('a shard that hangs costs no lease on the others, although the same consumers have streams there', async () => {
    await using cluster = await startRedisCluster();
    const hanging = 2;
    const healthy = (master: number): boolean => master !== hanging;
    const stream = `s${await firstOn(cluster, healthy, (n) => `g/s${n}`)}`;
    const away = `s${await firstOn(
      cluster,
      (master) => !healthy(master),
      (n) => `g/s${n}`,
    )}`;
    const partition = await firstOn(cluster, healthy, (n) => `${stream}/${n}`);
    const aggregate = `a${[...Array(100).keys()].find((n) => partitionOf(`a${n}`, 8) === partition)}`;
    await using bus = await openRedisBus({ url: cluster.url, log: silentLog });
    await using second = await openRedisBus({ url: cluster.url, log: silentLog });
    const recorded = new Recorded();
    const handle = async (event: Parameters<typeof recorded.add>[0]): Promise<void> => recorded.add(event);
    for (const member of [bus, second]) await member.work({ group: 'g', streams: [stream, away], handle });
    let mark = await bus.publish(stream, [happened(aggregate, 1)]);
    await recorded.reaches(1);
    process.kill(cluster.nodes[hanging]!.pid, 'SIGSTOP');
    // Longer than a lease and than the patience with one command.
    const until = performance.now() + 4_500;
    let slowestMs = 0;
    for (let sequence = 2; performance.now() < until; sequence += 1) {
      const publishedAt = performance.now();
      mark = await bus.publish(stream, [happened(aggregate, sequence)], mark);
      await recorded.reaches(sequence);
      slowestMs = Math.max(slowestMs, performance.now() - publishedAt);
    }
    process.kill(cluster.nodes[hanging]!.pid, 'SIGCONT');
    assert.ok(slowestMs < 1_000, `the slowest event took ${slowestMs} ms`);
  });
});
