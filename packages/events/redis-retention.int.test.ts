// What the Redis bus keeps and what it lets go: trimming, followers that came too late, a server that evicts keys.
import { strict as assert } from 'node:assert';
import { describe, test } from 'node:test';
import { redisCommand, redisMissing, startRedis } from '@simplebank/testkit';
import type { EventEnvelope } from './envelope.ts';
import { eventually, happened, Recorded, silentLog, story } from './events.fixture.ts';
import { openRedisBus } from './redis-bus.ts';
import { RedisConnection } from './redis-connection.ts';
import { trimPartition } from './redis-partitions.ts';
import { ensureStream } from './redis-streams.ts';

const place = { stream: 's', partition: 0 };

async function onePartition() {
  await using stack = new AsyncDisposableStack();
  const redis = stack.use(await startRedis());
  const connection = new RedisConnection(redis.url, { log: silentLog, onListening: () => undefined });
  await connection.open();
  stack.defer(() => connection.close());
  const bus = stack.use(await openRedisBus({ url: redis.url, log: silentLog, partitions: 1 }));
  const whole = stack.move();
  return {
    redis,
    connection,
    bus,
    trim: (most: number) => trimPartition(connection, place, { retentionMs: -1, most }),
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

describe('what the Redis bus keeps', { skip: redisMissing }, () => {
  test('trimming keeps what a group has not read, and what is still within the retention', async () => {
    await using started = await onePartition();
    const { bus, redis, trim } = started;
    const events = story('a', 10);
    await bus.publish('s', events);
    const recorded = new Recorded();
    const consumer = await bus.work({
      group: 'g',
      streams: ['s'],
      attempts: 1_000,
      async handle(event) {
        if (event.sequence > 4) throw new Error('stuck for now');
        recorded.add(event);
      },
    });
    await recorded.reaches(4);
    await eventually(
      async () => (await bus.cursors('g'))[0]?.position.startsWith('4@') === true,
      'the cursor',
    );
    assert.deepEqual([await trim(100), await trim(100)], [4, 0]);
    const followed = new Recorded();
    await bus.follow({ streams: ['s'], from: 'start', onEvent: followed.add });
    await followed.reaches(6);
    assert.deepEqual(followed.sequences('a'), [5, 6, 7, 8, 9, 10]);
    // An id that is still kept is known, one that was trimmed is not.
    await bus.publish('s', events.slice(4));
    assert.equal(await redisCommand(redis.port, 'XLEN simplebank:{s/0}:events'), ':6\r\n');

    await consumer.stop();
    await bus.forgetGroup('g');
    assert.deepEqual(await bus.cursors('g'), []);
    assert.equal(await trim(100), 6);
    assert.equal(await redisCommand(redis.port, 'SCARD simplebank:{s/0}:ids'), ':0\r\n');
  });

  test('a follower is told when events were trimmed before it could read them', async () => {
    await using started = await onePartition();
    const { bus, trim } = started;
    const seen: (number | string)[] = [];
    const first = Promise.withResolvers<void>();
    await bus.follow({
      streams: ['s'],
      from: 'now',
      async onEvent(event) {
        seen.push(event.sequence);
        if (event.sequence === 1) await first.promise;
      },
      onGap: (stream) => seen.push(`gap in ${stream}`),
    });
    // More than a follower buffers, so that the rest is still to be fetched when it is trimmed.
    const events = story('a', 600);
    await bus.publish('s', events.slice(0, 500));
    await eventually(() => seen.length === 1, 'the first event');
    assert.equal(await trim(490), 490);
    first.resolve();
    await bus.publish('s', events.slice(500));
    await eventually(() => seen.at(-1) === 600, 'the last event');
    assert.equal(seen.filter((entry) => entry === 'gap in s').length, 1);
  });

  test('a key that the server has evicted counts as a loss, and is healed', async () => {
    await using started = await onePartition();
    const { bus, redis } = started;
    const [first, second, third] = [happened('a', 1), happened('a', 2), happened('a', 3)];
    const mark = await bus.publish('s', [first, second]);
    assert.equal(await bus.publish('s', [], mark), mark);
    await redisCommand(redis.port, 'DEL simplebank:{s/0}:events');
    await assert.rejects(bus.publish('s', [third], mark), { code: 'EVENTS_LOST', everything: false });
    const recorded = new Recorded();
    await bus.follow({ streams: ['s'], from: 'start', onEvent: recorded.add });
    await bus.publish('s', [first, second, third]);
    await recorded.reaches(3);
    recorded.assertComplete([first, second, third]);
  });

  test('a group that is not running misses nothing when the positions begin anew', async () => {
    await using started = await onePartition();
    const { bus, redis } = started;
    const before = story('a', 5);
    await bus.publish('s', before);
    const worked = new Recorded();
    const work = { group: 'g', streams: ['s'], handle: async (event: EventEnvelope) => worked.add(event) };
    const consumer = await bus.work(work);
    await worked.reaches(5);
    await consumer.stop();
    const mark = await bus.publish('s', []);
    await redisCommand(redis.port, 'DEL simplebank:{s/0}:head');
    await assert.rejects(bus.publish('s', [], mark), { code: 'EVENTS_LOST' });
    const after = story('b', 10);
    await bus.publish('s', after);
    await bus.work(work);
    await worked.reaches(15);
    worked.assertComplete([...before, ...after]);
  });

  test('a Redis that is full empties again: groups go on, and what they have read is trimmed', async () => {
    await using started = await onePartition();
    const { bus, redis, trim } = started;
    const worked = new Recorded();
    const work = { group: 'g', streams: ['s'], handle: async (event: EventEnvelope) => worked.add(event) };
    await (await bus.work(work)).stop();
    const events = story('a', 300);
    const mark = await bus.publish('s', events);
    await redisCommand(redis.port, 'CONFIG SET maxmemory 1');
    const next = happened('a', 301);
    await assert.rejects(bus.publish('s', [next], mark), { code: 'BUS_UNAVAILABLE' });
    await bus.work(work);
    await worked.reaches(300);
    await eventually(
      async () => (await bus.cursors('g'))[0]?.position.startsWith('300@') === true,
      'the cursor',
    );
    // What every bus says before it trims.
    await ensureStream(started.connection, 's', 1);
    assert.equal(await trim(1_000), 300);
    await redisCommand(redis.port, 'CONFIG SET maxmemory 0');
    await bus.publish('s', [next], mark);
    await worked.reaches(301);
    worked.assertComplete([...events, next]);
  });

  test('a process that expects another number of partitions is refused', async () => {
    await using started = await onePartition();
    await started.bus.publish('s', story('a', 1));
    await using other = await openRedisBus({ url: started.redis.url, log: silentLog, partitions: 8 });
    await assert.rejects(other.publish('s', story('b', 1)), /has 1 partitions, this process expects 8/);
  });
});
