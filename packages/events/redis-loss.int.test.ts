// Redis loses what it had: everything or only its newest, while the bank runs and while nothing runs. The outboxes
// are the truth, so every event still has its effect, once and in its aggregate's order.
import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import { sql } from '@simplebank/chassis';
import {
  redisCommand,
  redisMissing,
  startRedis,
  startRedisCluster,
  testDatabase,
  type RedisServer,
} from '@simplebank/testkit';
import { eventually, happened, Recorded, silentLog } from './events.fixture.ts';
import { lossyBus, STREAM } from './lossy-bus.fixture.ts';
import { openPostgresBus } from './postgres-bus.ts';
import { openRedisBus } from './redis-bus.ts';

const aggregates = Array.from({ length: 20 }, (_, index) => `a${index}`);
const countWaiting = sql(
  'test.waiting',
  'select count(*)::int as rows from outbox where published_at is null',
);

/** Events that the bus has, of whatever incarnation. */
async function countOnBus(port: number): Promise<number> {
  let events = 0;
  for (let partition = 0; partition < 8; partition += 1) {
    const reply = await redisCommand(port, `XLEN simplebank:{${STREAM}/${partition}}:events`);
    events += Number(reply.slice(1));
  }
  return events;
}

describe('a bus that loses its events', { skip: redisMissing }, () => {
  test('a Redis that is killed and comes back empty: what was not handled arrives, nothing has its effect twice', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    let stuck = true;
    await lossy.startRelay();
    await lossy.startConsumer('g', (event) => {
      if (stuck && event.sequence > 2) throw new Error('not yet');
    });
    for (let round = 0; round < 4; round += 1) await lossy.write(...aggregates);
    await eventually(async () => (await lossy.effects('g')).length === 40, 'the first half to be handled');
    await redis.kill();
    await lossy.write(...aggregates);
    await redis.restart();
    stuck = false;
    await lossy.write(...aggregates);
    await lossy.hasAllEffects('g');
    assert.deepEqual(await lossy.bus.deadLetters(), []);
  });

  test('an idle Redis that is flushed is noticed, also for a group of which no process runs', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    await lossy.startRelay();
    await (await lossy.startConsumer('sleeping')).stop();
    await lossy.write(...aggregates);
    await eventually(async () => (await countOnBus(redis.port)) === 20, 'the events to be on the bus');
    await redis.flush();
    const flushedAt = performance.now();
    await eventually(async () => (await countOnBus(redis.port)) === 20, 'the events to be there again');
    assert.ok(performance.now() - flushedAt < 2_500, `took ${performance.now() - flushedAt} ms`);
    const cursors = await lossy.bus.cursors('sleeping');
    assert.deepEqual([cursors.length, cursors[0]?.position.split('@')[0]], [8, '0']);
    await lossy.startConsumer('sleeping');
    await lossy.hasAllEffects('sleeping');
  });

  test('what was lost while no relay ran is published again by the next one, before newer events', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    const relay = await lossy.startRelay();
    await lossy.write(...aggregates);
    await eventually(async () => (await countOnBus(redis.port)) === 20, 'the events to be on the bus');
    await relay.stop();
    await redis.kill();
    await redis.restart();
    await lossy.write(...aggregates);
    const recorded = new Recorded();
    await lossy.bus.follow({ streams: [STREAM], from: 'start', onEvent: recorded.add });
    await lossy.startRelay();
    await lossy.startConsumer('g');
    await lossy.hasAllEffects('g');
    await recorded.reaches(40);
    recorded.assertComplete(lossy.written);
  });

  test('a Redis that comes back without its newest events gets them again', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    await lossy.startRelay();
    const consumer = await lossy.startConsumer('g');
    let gaps = 0;
    const followed = new Set<string>();
    await lossy.bus.follow({
      streams: [STREAM],
      from: 'now',
      onEvent: ({ id }) => void followed.add(id),
      onGap: () => (gaps += 1),
    });
    await lossy.write(...aggregates);
    await lossy.hasAllEffects('g');
    // As a failover would leave it: the state of a moment ago, with the same incarnation.
    await redisCommand(redis.port, 'SAVE');
    await consumer.stop();
    await lossy.write(...aggregates);
    await eventually(async () => (await countOnBus(redis.port)) === 40, 'the newest to be on the bus');
    await redis.restart();
    await lossy.write(...aggregates);
    await eventually(async () => (await countOnBus(redis.port)) === 60, 'all of them to be there');
    await lossy.startConsumer('g');
    await lossy.hasAllEffects('g');
    await eventually(() => followed.size === 60, 'the follower to have seen all');
    assert.ok(gaps > 0, 'the follower was not told of the loss');
  });

  test('Redis is killed and flushed again and again under load: every event has its effect once', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    await lossy.startRelay();
    await lossy.startConsumer('g');
    await lossy.startConsumer('h');
    for (let round = 0; round < 60; round += 1) {
      await lossy.write(...aggregates.slice(round % 10, (round % 10) + 8));
      if (round % 20 === 7) await redis.flush();
      if (round % 20 === 15) await redis.restart();
    }
    await lossy.hasAllEffects('g');
    await lossy.hasAllEffects('h');
    assert.deepEqual(await lossy.bus.deadLetters(), []);
  });

  test('one shard of a cluster that comes back empty', async () => {
    await using cluster = await startRedisCluster();
    await using lossy = await lossyBus(cluster.url);
    await lossy.startRelay();
    await lossy.startConsumer('g');
    await (await lossy.startConsumer('sleeping')).stop();
    await lossy.write(...aggregates);
    await lossy.hasAllEffects('g');
    const [, node] = cluster.nodes;
    await node?.restart();
    await lossy.write(...aggregates);
    await lossy.hasAllEffects('g');
    await lossy.startConsumer('sleeping');
    await lossy.hasAllEffects('sleeping');
  });

  test('what every group has handled for longer than the margin is not published again', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    await lossy.startRelay();
    await lossy.startConsumer('g');
    await lossy.write(...aggregates);
    await lossy.hasAllEffects('g');
    const [{ at } = { at: new Date() }] = await lossy.db.query<{ at: Date }>(
      sql('test.at', 'select max(published_at) as at from outbox'),
    );
    await eventually(async () => {
      const [row] = await lossy.db.query<{ until: Date }>(
        sql(
          'test.until',
          `select handled_until as until from outbox_relay where handled_until > '-infinity'`,
        ),
      );
      return row !== undefined && row.until >= at;
    }, 'the relay to know that all is handled');
    const dateBack = sql(
      'test.date-back',
      `update outbox set published_at = published_at - interval '2 minutes'`,
    );
    await lossy.db.query(dateBack);
    await lossy.write('a0', 'a1');
    await lossy.hasAllEffects('g');
    await redis.flush();
    await eventually(async () => (await countOnBus(redis.port)) === 2, 'the two newest to be there again');
    await eventually(
      async () => (await lossy.db.query<{ rows: number }>(countWaiting))[0]?.rows === 0,
      'the relay to be done',
    );
    assert.equal(await countOnBus(redis.port), 2);
  });

  test('a bank that moves from one transport to another has every kept event there', async () => {
    await using redis = await startRedis();
    await using lossy = await lossyBus(redis.url);
    await using busDatabase = await testDatabase();
    await using postgres = await openPostgresBus({ url: busDatabase.url, log: silentLog });
    const before = await lossy.startRelay(postgres);
    await lossy.write(...aggregates);
    await eventually(
      async () => (await lossy.db.query<{ rows: number }>(countWaiting))[0]?.rows === 0,
      'the relay to have published to Postgres',
    );
    await before.stop();
    await lossy.startRelay();
    await lossy.startConsumer('g');
    await lossy.hasAllEffects('g');
  });

  test('while Redis is away publishing fails soon and clearly, and everything goes on within about a second', async () => {
    await using redis = await startRedis();
    await goesOnAfterOutage({ url: redis.url, nodes: [redis], ready: async () => undefined });
  });

  test('the same holds for a whole cluster that is away', async () => {
    await using cluster = await startRedisCluster();
    await goesOnAfterOutage(cluster);
  });
});

interface Servers {
  readonly url: string;
  readonly nodes: readonly RedisServer[];
  ready(): Promise<void>;
}

async function goesOnAfterOutage({ url, nodes, ready }: Servers): Promise<void> {
  await using bus = await openRedisBus({ url, log: silentLog });
  const worked = new Recorded();
  const followed = new Recorded();
  let gaps = 0;
  await bus.work({ group: 'g', streams: ['s'], handle: async (event) => worked.add(event) });
  await bus.follow({ streams: ['s'], from: 'now', onEvent: followed.add, onGap: () => (gaps += 1) });
  await bus.publish('s', [happened('a', 1)]);
  await worked.reaches(1);
  await followed.reaches(1);
  await Promise.all(nodes.map((server) => server.kill()));
  const killedAt = performance.now();
  await assert.rejects(bus.publish('s', [happened('a', 2)]), { code: 'BUS_UNAVAILABLE' });
  await assert.rejects(bus.deadLetters(), { code: 'BUS_UNAVAILABLE' });
  assert.ok(performance.now() - killedAt < 2_500, `failing took ${performance.now() - killedAt} ms`);
  await eventually(() => performance.now() - killedAt > 2_500, 'the leases to run out');

  await Promise.all(nodes.map((server) => server.restart()));
  await ready();
  const backAt = performance.now();
  const event = happened('b', 1);
  await eventually(
    () =>
      bus.publish('s', [event]).then(
        () => true,
        () => false,
      ),
    'a publish to succeed',
  );
  await worked.reaches(2);
  await followed.reaches(2);
  assert.ok(performance.now() - backAt < 2_500, `going on took ${performance.now() - backAt} ms`);
  await eventually(() => gaps > 0, 'the follower to be told');

  await Promise.all(nodes.map((server) => server.kill()));
  const closingAt = performance.now();
  await bus.close();
  assert.ok(performance.now() - closingAt < 2_500, `closing took ${performance.now() - closingAt} ms`);
}
