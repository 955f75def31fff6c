// The table of transports: by the URL's scheme, with one of a test's own.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { redisMissing, startRedis, testDatabase, testHost } from '@simplebank/testkit';
import { openBus, registerBusTransport } from './bus-transports.ts';
import type { Bus } from './bus.ts';
import { silentLog, story } from './events.fixture.ts';
import { busOf } from './shared-bus.ts';

test('the scheme of the bus URL chooses the transport', { skip: redisMissing }, async () => {
  await using database = await testDatabase();
  await using redis = await startRedis();
  for (const url of [database.url, redis.url]) {
    await using bus = await openBus({ url, log: silentLog });
    await bus.publish('s', story('a', 1));
  }
  await assert.rejects(openBus({ url: 'kafka://127.0.0.1', log: silentLog }), /begins with "kafka:"/);
});

test('a test may register a transport of its own, and take it back', async () => {
  await using database = await testDatabase();
  const opened: string[] = [];
  {
    using _registered = registerBusTransport('doubled', async ({ url, log }): Promise<Bus> => {
      opened.push(url);
      return openBus({ url: database.url, log });
    });
    await using orders = testHost({ service: 'orders', busUrl: 'doubled://anywhere' });
    await using bus = await busOf(orders.host);
    await bus.publish('s', story('a', 1));
  }
  assert.deepEqual(opened, ['doubled://anywhere']);
  await assert.rejects(openBus({ url: 'doubled://anywhere', log: silentLog }), /no transport/);
});

test(
  'a Redis that is not there is told as a fault, without its password',
  { skip: redisMissing },
  async () => {
    const redis = await startRedis();
    const url = `redis://user:secret@127.0.0.1:${redis.port}`;
    await redis.stop();
    await assert.rejects(openBus({ url, log: silentLog }), (error: Error) => {
      assert.match(error.message, /redis:\/\/127\.0\.0\.1:\d+ did not answer/);
      return !error.message.includes('secret');
    });
  },
);
