// The Redis transport on one server and on a cluster: the bus contract on both, and what is its own.
import { after, before, describe } from 'node:test';
import {
  redisCommand,
  redisMissing,
  startRedis,
  startRedisCluster,
  type RedisCluster,
} from '@simplebank/testkit';
import { busContract } from './bus-contract.ts';
import { busUnderTest } from './bus-under-test.fixture.ts';

async function dropConnections(port: number): Promise<void> {
  await redisCommand(port, 'CLIENT KILL TYPE pubsub');
  await redisCommand(port, 'CLIENT KILL TYPE normal SKIPME yes');
}

describe('on one server', { skip: redisMissing }, () => {
  busContract('the Redis bus', async () => {
    const redis = await startRedis();
    return busUnderTest({
      url: redis.url,
      dropConnections: () => dropConnections(redis.port),
      [Symbol.asyncDispose]: () => redis.stop(),
    });
  });
});

describe('on a cluster of three masters', { skip: redisMissing }, () => {
  // One for all tests, emptied for each: a cluster needs two seconds to agree on its slots.
  let cluster: RedisCluster;
  before(async () => {
    cluster = await startRedisCluster();
  });
  after(async () => {
    await cluster[Symbol.asyncDispose]();
  });
  busContract('the Redis bus', async () => {
    await Promise.all(cluster.nodes.map((node) => node.flush()));
    return busUnderTest({
      url: cluster.url,
      async dropConnections() {
        await Promise.all(cluster.nodes.map(({ port }) => dropConnections(port)));
      },
      [Symbol.asyncDispose]: async () => undefined,
    });
  });
});
