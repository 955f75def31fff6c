// Gauges that are read at each scrape, and what a scrape answers when one cannot be read.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createMetrics } from './metrics.ts';

async function waiting(metrics: ReturnType<typeof createMetrics>): Promise<string[]> {
  const text = await metrics.text();
  return text.split('\n').filter((line) => line.startsWith('waiting{'));
}

test('a gauge has the values of the moment of the scrape, and no label of an earlier one', async () => {
  const metrics = createMetrics('orders');
  let values = new Map([
    ['a', 2],
    ['b', 0],
  ]);
  metrics.gauge('waiting', 'What waits.', { label: 'group', read: async () => values });
  assert.deepEqual(await waiting(metrics), [
    'waiting{group="a",service="orders"} 2',
    'waiting{group="b",service="orders"} 0',
  ]);
  values = new Map([['b', 1]]);
  assert.deepEqual(await waiting(metrics), ['waiting{group="b",service="orders"} 1']);
});

for (const { what, read } of [
  { what: 'fails', read: () => Promise.reject<Map<string, number>>(new Error('away')) },
  { what: 'never ends', read: () => new Promise<Map<string, number>>(() => undefined) },
]) {
  test(`a gauge whose reading ${what} has no values, and the other metrics are still told`, async () => {
    const metrics = createMetrics('orders');
    const count = metrics.counter('things_total', 'Things.');
    count();
    metrics.gauge('waiting', 'What waits.', { label: 'group', read });
    assert.deepEqual(await waiting(metrics), []);
    assert.match(await metrics.text(), /^things_total\{service="orders"\} 1$/m);
  });
}
