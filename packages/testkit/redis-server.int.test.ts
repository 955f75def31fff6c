// The Redis of a test's own: what `kill`, `restart` and `flush` promise, and that no server outlives its test.
import { strict as assert } from 'node:assert';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { startRedisCluster } from './redis-cluster.ts';
import { redisCommand, redisMissing, startRedis } from './redis-server.ts';
import { until } from './until.ts';

test(
  'a server that is killed and restarted, or flushed, has lost everything',
  { skip: redisMissing },
  async () => {
    await using redis = await startRedis();
    const { pid, port } = redis;
    await redisCommand(port, 'SET name value');
    await redis.kill();
    await assert.rejects(redisCommand(port, 'PING'), { code: 'ECONNREFUSED' });
    await redis.restart();
    assert.notEqual(redis.pid, pid);
    assert.equal(await redisCommand(port, 'EXISTS name'), ':0\r\n');
    await redisCommand(port, 'SET name value');
    await redis.flush();
    assert.equal(await redisCommand(port, 'EXISTS name'), ':0\r\n');
  },
);

test(
  'a server ends with the process that started it, also when that is killed',
  { skip: redisMissing },
  async () => {
    const program = `
    const { startRedis } = await import('${new URL('./redis-server.ts', import.meta.url).href}');
    console.log((await startRedis()).port);
    setInterval(() => undefined, 1_000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout.setEncoding('utf8'), 'data')) as [string];
    const port = Number(line);
    assert.equal(await redisCommand(port, 'PING'), '+PONG\r\n');
    child.kill('SIGKILL');
    await until('the server to be gone', () =>
      redisCommand(port, 'PING').then(
        () => false,
        () => true,
      ),
    );
  },
);

test('a cluster has three masters that share the slots', { skip: redisMissing }, async () => {
  await using cluster = await startRedisCluster();
  const replies = await Promise.all(
    cluster.nodes.map(({ port }) =>
      redisCommand(port, 'SET {orders/3}:a value').then(
        () => 'mine',
        (error: Error) => error.message,
      ),
    ),
  );
  assert.equal(replies.filter((reply) => reply === 'mine').length, 1);
  assert.equal(replies.filter((reply) => reply.includes('MOVED')).length, 2);
});
