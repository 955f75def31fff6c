// Metrics as whoever scrapes them reads them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FetchEvent, TransportSnapshot } from '../transport/fetch-event.ts';
import { joinWatches, type OperationEvent } from './engine-watch.ts';
import { createGatewayMetrics, type GatewayMetrics } from './gateway-metrics.ts';

const operation: OperationEvent = {
  kind: 'query',
  name: 'Books',
  client: { name: 'web', version: '1' },
  durationMs: 3,
  outcome: 'ok',
  isShared: false,
  context: { headers: [], tracingHeaders: [], deadlineAt: 0, signal: undefined },
};

const fetched: FetchEvent = {
  subgraph: 'shelf',
  url: 'http://shelf.test/',
  status: 200,
  durationMs: 2,
  outcome: 'answered',
  bytes: 100,
  retries: 0,
  isDeduplicated: false,
};

/** Values by the whole name of the series. */
async function scrape(metrics: GatewayMetrics): Promise<ReadonlyMap<string, number>> {
  const lines = (await metrics.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map(
      (line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))] as const,
    ),
  );
}

test('counts operations by name, kind, client and outcome, and keeps how long they took', async () => {
  const metrics = createGatewayMetrics();
  metrics.watch.operation?.(operation);
  metrics.watch.operation?.({ ...operation, outcome: 'partial', isShared: true });
  metrics.watch.operation?.({ ...operation, kind: 'mutation', name: '', client: undefined });
  const values = await scrape(metrics);
  const web = 'operation="Books",kind="query",client="web"';
  assert.equal(values.get(`gateway_operations_total{${web},outcome="ok"}`), 1);
  assert.equal(values.get(`gateway_operations_total{${web},outcome="partial"}`), 1);
  assert.equal(
    values.get('gateway_operations_total{operation="anonymous",kind="mutation",client="",outcome="ok"}'),
    1,
  );
  assert.equal(values.get('gateway_operation_seconds_bucket{le="0.0025",operation="Books",kind="query"}'), 0);
  assert.equal(values.get('gateway_operation_seconds_bucket{le="0.005",operation="Books",kind="query"}'), 2);
  assert.equal(values.get('gateway_operations_shared_total'), 1);
});

test('a client that invents names makes "other" grow and no new series', async () => {
  const metrics = createGatewayMetrics();
  for (let index = 0; index < 2_000; index++) {
    metrics.watch.operation?.({
      ...operation,
      name: `Invented${index}`,
      client: { name: `c${index}`, version: '' },
    });
  }
  const values = await scrape(metrics);
  const series = [...values.keys()].filter((name) => name.startsWith('gateway_operations_total'));
  assert.ok(series.length < 1_100, String(series.length));
  const others = 'operation="other",kind="query",client="other",outcome="ok"';
  assert.equal(values.get(`gateway_operations_total{${others}}`), 1_800);
});

test('a refused document takes no place among the names', async () => {
  const metrics = createGatewayMetrics();
  for (let index = 0; index < 500; index++) {
    metrics.watch.operation?.({
      ...operation,
      name: `Refused${index}`,
      outcome: 'refused',
      client: undefined,
    });
  }
  metrics.watch.operation?.(operation);
  const values = await scrape(metrics);
  assert.equal(
    values.get('gateway_operations_total{operation="Books",kind="query",client="web",outcome="ok"}'),
    1,
  );
});

test('counts fetches by subgraph and outcome; a shared answer came over the wire once', async () => {
  const metrics = createGatewayMetrics();
  metrics.onFetch({ ...fetched, retries: 2 });
  metrics.onFetch({ ...fetched, retries: 2, isDeduplicated: true });
  metrics.onFetch({ ...fetched, outcome: 'unavailable', bytes: 0, status: undefined });
  const values = await scrape(metrics);
  const of = (name: string, labels = '') => values.get(`gateway_subgraph_${name}{subgraph="shelf"${labels}}`);
  assert.equal(of('requests_total', ',outcome="answered"'), 2);
  assert.equal(of('requests_total', ',outcome="unavailable"'), 1);
  assert.equal(of('bytes_total'), 100);
  assert.equal(of('retries_total'), 2);
  assert.equal(of('deduplicated_total'), 1);
  assert.equal(of('request_seconds_count'), 3);
});

test('reads connections and circuit breakers at each scrape, and forgets replicas that are gone', async () => {
  const metrics = createGatewayMetrics();
  const counts = { outstanding: 1, connections: 3, idle: 2, queued: 0 };
  let replicas: TransportSnapshot['subgraphs'][number]['replicas'] = [
    { url: 'http://a/', ...counts, breaker: 'closed' },
    { url: 'http://b/', ...counts, breaker: 'open' },
  ];
  metrics.readTransport({
    snapshot: () => ({
      fetches: 0,
      deduplicated: 0,
      retries: 0,
      subgraphs: [{ name: 'shelf', inFlight: 0, retryBudget: 1, replicas }],
    }),
  });
  const breaker = (url: string) => `gateway_subgraph_breaker{subgraph="shelf",replica="${url}"}`;
  const before = await scrape(metrics);
  assert.deepEqual([before.get(breaker('http://a/')), before.get(breaker('http://b/'))], [0, 2]);
  assert.equal(before.get('gateway_subgraph_connections{subgraph="shelf",replica="http://a/"}'), 3);
  replicas = replicas.slice(0, 1);
  assert.ok(!(await scrape(metrics)).has(breaker('http://b/')));
});

test('counts plans, reuses, reloads and bugs, refused reloads from the start on', async () => {
  const metrics = createGatewayMetrics();
  const { watch } = metrics;
  assert.equal((await scrape(metrics)).get('gateway_reloads_total{outcome="refused"}'), 0);
  watch.planned?.({ planner: 'native', durationMs: 3, outcome: 'planned', executor: 'compiled' });
  watch.reused?.();
  watch.reused?.();
  watch.reloaded?.({ outcome: 'refused', durationMs: 5, warmed: 0 });
  watch.failed?.(new Error('a bug'), { correlationId: undefined });
  const values = await scrape(metrics);
  assert.equal(values.get('gateway_plans_total{planner="native",executor="compiled",outcome="planned"}'), 1);
  assert.equal(values.get('gateway_plan_cache_hits_total'), 2);
  assert.equal(values.get('gateway_reloads_total{outcome="refused"}'), 1);
  assert.equal(values.get('gateway_failures_total'), 1);
});

test("the process' own figures are there when they are asked for, also for two gateways in one process", async () => {
  for (const metrics of [createGatewayMetrics({ process: true }), createGatewayMetrics({ process: true })]) {
    assert.ok((await scrape(metrics)).has('process_resident_memory_bytes'));
  }
  assert.ok(!(await scrape(createGatewayMetrics())).has('process_resident_memory_bytes'));
});

test('all watches that are joined hear of everything', () => {
  const heard: string[] = [];
  const watch = (name: string) => ({
    operation: () => heard.push(name),
    reused: () => heard.push(`${name} reused`),
  });
  const joined = joinWatches(watch('a'), {}, watch('b'));
  joined.operation?.(operation);
  joined.reused?.();
  assert.deepEqual(heard, ['a', 'b', 'a reused', 'b reused']);
});
