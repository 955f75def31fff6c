// The bus as services of one process share it: under whose name it logs, and what each of them says of it.
import { strict as assert } from 'node:assert';
import { test } from 'node:test';
import { testDatabase, testHost } from '@simplebank/testkit';
import { eventually, story } from './events.fixture.ts';
import { busOf } from './shared-bus.ts';

test('the bus logs under its own name, whoever opened it first, and every user tells the dead letters', async () => {
  await using database = await testDatabase();
  await using orders = testHost({ service: 'orders', busUrl: database.url });
  await using market = testHost({ service: 'market', busUrl: database.url });
  await using bus = await busOf(orders.host);
  assert.equal(await busOf(market.host), bus);
  await bus.work({ group: 'well', streams: ['s'], handle: async () => undefined });
  await bus.work({
    group: 'ill',
    streams: ['s'],
    attempts: 1,
    handle: () => Promise.reject(new Error('poison')),
  });
  await bus.publish('s', story('a', 3));
  await eventually(async () => (await bus.deadLetters()).length === 3, 'three dead letters');
  for (const { name, metrics } of [orders.host, market.host]) {
    const text = await metrics.text();
    assert.deepEqual(
      text.split('\n').filter((line) => line.startsWith('bus_dead_letters{')),
      [
        `bus_dead_letters{group="ill",service="${name}"} 3`,
        `bus_dead_letters{group="well",service="${name}"} 0`,
      ],
    );
  }
  assert.deepEqual([...new Set(orders.logs.map((line) => line['service']))], ['bus']);
});
