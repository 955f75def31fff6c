import { test } from 'node:test';
import assert from 'node:assert/strict';
import { parseMetrics } from './metrics-text.ts';

test('reads names, labels and values, and passes over comments', () => {
  const text = [
    '# HELP sql_statements_total SQL statements sent, by name.',
    '# TYPE sql_statements_total counter',
    'sql_statements_total{statement="place",service="orders"} 12',
    'process_cpu_seconds_total 1.5e2',
    '',
  ].join('\n');
  assert.deepEqual(parseMetrics(text), [
    { name: 'sql_statements_total', labels: { statement: 'place', service: 'orders' }, value: 12 },
    { name: 'process_cpu_seconds_total', labels: {}, value: 150 },
  ]);
});

test('a label may hold braces, commas and escaped quotes', () => {
  const [sample] = parseMetrics(String.raw`requests{route="/a,{b} \"c\"\\",status="200"} 3`);
  assert.deepEqual(sample, { name: 'requests', labels: { route: '/a,{b} "c"\\', status: '200' }, value: 3 });
});
