// Replicas that find each other in a real Redis, while processes die, stand still and leave, and Redis loses all.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  redisCommand,
  redisMissing,
  startRedis,
  startRedisCluster,
  until,
  type RedisServer,
} from '@simplebank/testkit';
import { startChildReplica } from './child-replica.fixture.ts';
import type { Discovery } from './discovery.ts';
import { createLogger, type Logger } from './log.ts';
import { openRedisDiscovery } from './redis-discovery.ts';
import { createReplicaCalls } from './replica-calls.ts';
import { fixtureSecret, whoAreYou } from './replica.fixture.ts';
import { createServiceTokens } from './service-token.ts';

const skip = redisMissing;

function logInto(lines: string[]): Logger {
  return createLogger({ service: 'test', destination: { write: (line) => void lines.push(line) } });
}

function reader(url: string, lines: string[] = []): Discovery & AsyncDisposable {
  const discovery = openRedisDiscovery({ url, log: logInto(lines) });
  return { ...discovery, [Symbol.asyncDispose]: () => discovery.close() };
}

const sorted = (urls: readonly string[]) => urls.toSorted();

async function untilFound(discovery: Discovery, ...urls: string[]): Promise<void> {
  await until(`${urls.length} replicas are found`, () => {
    const found = sorted(discovery.replicasOf('fees'));
    return found.length === urls.length && found.every((url, index) => url === sorted(urls)[index]);
  });
}

/** Collects every list that a reader sees until it is disposed. */
function watch(discovery: Discovery) {
  const seen = new Set<string>();
  const look = () => void seen.add(sorted(discovery.replicasOf('fees')).join());
  const timer = setInterval(look, 5);
  return { seen, [Symbol.dispose]: () => clearInterval(timer) };
}

/** Asks without ever asking again, so that a lost answer is a failure. */
function askingOnce(discovery: Discovery) {
  const tokens = createServiceTokens({ service: 'orders', secret: fixtureSecret });
  const calls = createReplicaCalls({
    replicasOf: (service) => discovery.replicasOf(service),
    connectionsPerReplica: 8,
  });
  return {
    async ask(): Promise<number> {
      const { service, path } = whoAreYou;
      const authorization = await tokens.headerFor(service);
      const answer = await calls.send(service, path, {
        body: '{"value":1}',
        authorization,
        longestMs: 3_000,
      });
      assert.equal(answer.status, 200);
      return (JSON.parse(answer.text) as { pid: number }).pid;
    },
    [Symbol.asyncDispose]: () => calls.close(),
  };
}

test('a replica is found when it is announced, and gone at once when it leaves', { skip }, async () => {
  await using redis = await startRedis();
  await using discovery = reader(redis.url);
  await using other = reader(redis.url);
  const announced = await other.announce('fees', 'http://127.0.0.1:1');
  await untilFound(discovery, 'http://127.0.0.1:1');
  assert.deepEqual(discovery.replicasOf('orders'), []);
  const leftAt = performance.now();
  await announced.leave();
  await untilFound(discovery);
  assert.ok(performance.now() - leftAt < 700, 'sooner than its lease');
});

test('a replica that stands still is out within a second of its last sign of life', { skip }, async () => {
  await using redis = await startRedis();
  await using discovery = reader(redis.url);
  await using a = await startChildReplica({ redisUrl: redis.url });
  await using b = await startChildReplica({ redisUrl: redis.url });
  await untilFound(discovery, a.url, b.url);
  const stoppedAt = performance.now();
  a.signal('SIGSTOP');
  await untilFound(discovery, b.url);
  // Lease and one look, and what a busy machine needs.
  assert.ok(performance.now() - stoppedAt < 1_500, `${performance.now() - stoppedAt} ms`);
  a.signal('SIGCONT');
  await untilFound(discovery, a.url, b.url);
});

const losses: Record<string, (redis: RedisServer) => Promise<void>> = {
  'loses everything': (redis) => redis.flush(),
  'is killed and comes back empty': async (redis) => {
    await redis.kill();
    // Longer than a lease: the replicas must not run out meanwhile.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    await redis.restart();
  },
};
for (const [what, lose] of Object.entries(losses)) {
  test(`the list stays whole when Redis ${what}, and what is new is found afterwards`, { skip }, async () => {
    await using redis = await startRedis();
    const lines: string[] = [];
    await using discovery = reader(redis.url, lines);
    await using other = reader(redis.url);
    await other.announce('fees', 'http://127.0.0.1:1');
    await other.announce('fees', 'http://127.0.0.1:2');
    const both = ['http://127.0.0.1:1', 'http://127.0.0.1:2'];
    await untilFound(discovery, ...both);
    using watching = watch(discovery);
    await lose(redis);
    await other.announce('fees', 'http://127.0.0.1:3');
    await untilFound(discovery, ...both, 'http://127.0.0.1:3');
    // Longer than the lease that was given to all when Redis came back.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    assert.deepEqual([...watching.seen], [both.join(), [...both, 'http://127.0.0.1:3'].join()]);
    assert.ok(lines.length <= 2, `told once per change: ${lines.join('')}`);
  });
}

test('a process can start before its Redis', { skip }, async () => {
  await using redis = await startRedis();
  await redis.kill();
  await using discovery = reader(redis.url);
  const announcing = discovery.announce('fees', 'http://127.0.0.1:1');
  await redis.restart();
  await announcing;
  await untilFound(discovery, 'http://127.0.0.1:1');
});

test('replicas find each other in a Redis Cluster', { skip }, async () => {
  await using cluster = await startRedisCluster();
  await using discovery = reader(cluster.url);
  await using other = reader(cluster.url);
  await other.announce('fees', 'http://127.0.0.1:1');
  await untilFound(discovery, 'http://127.0.0.1:1');
});

test(
  'replicas are rolled over several times under load without a lost answer, and new ones take calls within a second',
  { skip },
  async () => {
    const rolls = 3;
    const drainMs = 600;
    await using redis = await startRedis();
    await using discovery = reader(redis.url);
    await using stack = new AsyncDisposableStack();
    let replica = stack.use(await startChildReplica({ redisUrl: redis.url, drainMs }));
    stack.use(await startChildReplica({ redisUrl: redis.url, drainMs }));
    await until('both are found', () => discovery.replicasOf('fees').length === 2);
    await using client = askingOnce(discovery);
    const answered: { pid: number; startedAt: number }[] = [];
    const failures: unknown[] = [];
    let isOver = false;
    stack.defer(() => void (isOver = true));
    const caller = async () => {
      while (!isOver) {
        const startedAt = performance.now();
        await client.ask().then(
          (pid) => answered.push({ pid, startedAt }),
          (failure: unknown) => failures.push(failure),
        );
      }
    };
    const callers = Promise.all(Array.from({ length: 6 }, caller));
    for (let roll = 0; roll < rolls; roll += 1) {
      const successor = stack.use(await startChildReplica({ redisUrl: redis.url, drainMs }));
      const readyAt = performance.now();
      await until('the new replica takes calls', () => answered.some(({ pid }) => pid === successor.pid));
      assert.ok(performance.now() - readyAt < 1_000, `${performance.now() - readyAt} ms`);
      const { pid, url } = replica;
      replica.signal('SIGTERM');
      await until('nobody knows the old one', () => !discovery.replicasOf('fees').includes(url));
      const forgottenAt = performance.now();
      assert.equal(await replica.ended, 0);
      const late = answered.filter((call) => call.pid === pid && call.startedAt > forgottenAt);
      assert.deepEqual(late, []);
      replica = successor;
    }
    isOver = true;
    await callers;
    assert.deepEqual(failures, []);
    assert.ok(answered.length > 500, String(answered.length));
  },
);

test('a lease from before the clock was set back ends nevertheless', { skip }, async () => {
  await using redis = await startRedis();
  const inAnHour = Date.now() + 3_600_000;
  await redisCommand(redis.port, `ZADD simplebank:{discovery} ${inAnHour} "fees http://127.0.0.1:1 dead"`);
  await using discovery = reader(redis.url);
  await using other = reader(redis.url);
  await other.announce('fees', 'http://127.0.0.1:2');
  await untilFound(discovery, 'http://127.0.0.1:2');
});
