// Spans as a collector gets them: one tree over two services, what they tell and what they never tell, and what a
// collector that is away does to a service, which is nothing.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { z } from 'zod';
import {
  otlpCollector,
  testHost,
  testPeer,
  until,
  type OtlpCollector,
  type TestHost,
} from '@simplebank/testkit';
import { currentContext } from './context.ts';
import { endpoint } from './endpoint.ts';
import { answers } from './internal-routes.ts';
import { noTracing, openTracing } from './tracing.ts';

const typeDefs = 'type Query { empty: String broken: String echo(text: String): String }';
const resolvers = {
  Query: {
    broken: () => {
      throw new Error('a secret detail');
    },
    echo: (_root: unknown, { text }: { text: string }) => text,
  },
};
const double = endpoint({
  service: 'back',
  path: '/internal/double',
  request: z.object({ value: z.number() }),
  response: z.object({ value: z.number() }),
});

const traceId = '0af7651916cd43dd8448eb211c80319c';
const clientSpan = 'b7ad6b7169203331';
const known = `00-${traceId}-${clientSpan}-01`;

interface TwoServices extends AsyncDisposable {
  readonly collector: OtlpCollector;
  readonly front: TestHost;
  readonly back: TestHost;
  ask(path: string, headers?: Record<string, string>): Promise<Response>;
  /** As the gateway asks a subgraph. */
  query(body: Record<string, unknown>): Promise<void>;
  /** Stops both services, which sends what has not been sent. */
  stopped(): Promise<OtlpCollector>;
}

/** `front` calls `back`, each in spans of its own service. */
async function twoServices(settings: Record<string, string> = {}): Promise<TwoServices> {
  await using stack = new AsyncDisposableStack();
  const collector = stack.use(await otlpCollector());
  const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, ...settings };
  const addresses: Record<string, string> = {};
  const back = testHost({ service: 'back', environment });
  const front = testHost({ service: 'front', environment, addresses });
  const served = await back.host.serveSubgraph({
    typeDefs,
    resolvers,
    loaders: () => ({}),
    internal: [
      answers(double, async ({ value }) => {
        if (value < 0) throw new Error('a secret detail');
        return back.host.tracing.inSpan('doubling', { kind: 'internal' }, async () => ({ value: 2 * value }));
      }),
    ],
  });
  addresses['back'] = served.url;
  const { url } = await front.host.serveHttp((app) => {
    app.get('/double', async () => front.host.client.call(double, { value: 21 }));
    app.get('/pass-on', async () => {
      const calls = front.host.openCalls(1);
      const { status } = await calls.send('back', '/graphql?query=a-secret', { longestMs: 5_000 });
      await calls.close();
      return { status };
    });
    app.get('/fail', async () => {
      throw new Error('a secret detail');
    });
  });
  const services = stack.use(new AsyncDisposableStack());
  services.use(back);
  services.use(front);
  const whole = stack.move();
  return {
    collector,
    front,
    back,
    ask: (path, headers = {}) => fetch(`${url}${path}`, { headers }),
    async query(body) {
      const headers = { 'content-type': 'application/json', cookie: 'session=a-secret-cookie' };
      await fetch(`${served.url}/graphql`, { method: 'POST', headers, body: JSON.stringify(body) });
    },
    async stopped() {
      await services.disposeAsync();
      return collector;
    },
    [Symbol.asyncDispose]: () => whole.disposeAsync(),
  };
}

test("a request's spans are one tree over both services, below the client's own span", async () => {
  await using services = await twoServices();
  const response = await services.ask('/double?secret=1', {
    traceparent: known,
    'x-correlation-id': 'correlation-1',
    'x-order-id': 'ord-1',
  });
  assert.deepEqual(await response.json(), { value: 42 });
  const spans = (await services.stopped()).spans();
  assert.ok(spans.every((span) => span.traceId === traceId));
  const nameOf = new Map([
    [clientSpan, 'the client'],
    ...spans.map(({ spanId, service, kind, name }) => [spanId, `${service} ${kind} ${name}`] as const),
  ]);
  assert.deepEqual(
    spans.map(({ spanId, parentSpanId = '' }) => [nameOf.get(spanId), nameOf.get(parentSpanId)]),
    [
      ['front server GET /double', 'the client'],
      ['front client POST /internal/double', 'front server GET /double'],
      ['back server POST /internal/double', 'front client POST /internal/double'],
      ['back internal doubling', 'back server POST /internal/double'],
    ],
  );
  assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
  assert.equal(new Set(spans.map(({ instance }) => instance)).size, 2, 'each service has its own resource');
  const [front] = spans;
  assert.deepEqual(front?.attributes, {
    'simplebank.correlation_id': 'correlation-1',
    'simplebank.order_id': 'ord-1',
    'http.request.method': 'GET',
    'url.scheme': 'http',
    'http.route': '/double',
    'url.path': '/double',
    'http.response.status_code': 200,
  });
  assert.ok(spans.every(({ failed }) => !failed));
  const line = services.back.logs.find(({ msg }) => msg === 'command');
  const backSpan = spans.find(({ service, kind }) => service === 'back' && kind === 'server');
  assert.deepEqual([line?.['trace_id'], line?.['span_id']], [traceId, backSpan?.spanId]);
});

test('what stands behind the question mark, as a document and its variables do, is in no span', async () => {
  await using services = await twoServices();
  await services.ask('/pass-on?query=a-secret');
  const spans = (await services.stopped()).spans();
  assert.deepEqual(spans.map(({ name }) => name).toSorted(), [
    'GET /graphql',
    'GET /graphql',
    'GET /pass-on',
  ]);
  assert.ok(!JSON.stringify(spans).includes('a-secret'));
});

test('a request without a traceparent begins a trace, also when what it brings is none', async () => {
  await using services = await twoServices();
  await services.ask('/double');
  await services.ask('/double', { traceparent: `00-${'0'.repeat(32)}-${clientSpan}-01` });
  const roots = (await services.stopped()).spans().filter(({ parentSpanId }) => parentSpanId === undefined);
  assert.deepEqual(
    roots.map(({ name }) => name),
    ['GET /double', 'GET /double'],
  );
  assert.notEqual(roots[0]?.traceId, roots[1]?.traceId);
});

test('whether a trace is recorded is decided where it begins and travels with it', async () => {
  await using services = await twoServices({ OTEL_TRACES_SAMPLER_ARG: '0' });
  await services.ask('/double');
  await services.ask('/double', { traceparent: known.replace(/01$/, '00') });
  await services.ask('/double', { traceparent: known });
  const spans = (await services.stopped()).spans();
  assert.ok(spans.length > 0);
  assert.ok(spans.every((span) => span.traceId === traceId));
  assert.equal(
    spans.filter(({ name }) => name === 'GET /double').length,
    1,
    'only the one that came recorded',
  );
});

test('a failure shows in its span by its kind, and its message stays in the log', async () => {
  await using services = await twoServices();
  await services.ask('/fail');
  await services.query({ query: 'query Broken { broken }', operationName: 'Broken' });
  await assert.rejects(
    services.front.host.tracing.inSpan('a try', { kind: 'internal' }, () =>
      Promise.reject(new TypeError('a secret detail')),
    ),
  );
  const collector = await services.stopped();
  const failed = collector.spans().filter((span) => span.failed);
  assert.deepEqual(
    failed.map(({ name, attributes }) => [name, attributes['error.type']]),
    [
      ['GET /fail', '500'],
      ['POST /graphql', 'INTERNAL_ERROR'],
      ['a try', 'TypeError'],
    ],
  );
  assert.ok(!collector.bodies().join().includes('a secret detail'));
});

test('a GraphQL request tells its operation, never its document, its variables or a header', async () => {
  await using services = await twoServices();
  await services.query({
    query: 'query Echo($text: String) { echo(text: $text) }',
    operationName: 'Echo',
    variables: { text: 'a-secret-variable' },
  });
  const collector = await services.stopped();
  const [span] = collector.spans();
  assert.equal(span?.attributes['graphql.operation.type'], 'query');
  assert.equal(span?.attributes['graphql.operation.name'], 'Echo');
  const told = collector.bodies().join();
  for (const secret of ['a-secret-variable', 'echo(text', 'a-secret-cookie'])
    assert.ok(!told.includes(secret), secret);
});

test('probes and addresses that are none leave no path, and what is long is cut', async () => {
  await using services = await twoServices();
  for (const path of ['/healthz', '/readyz', '/metrics', `/reset/a-secret-path`]) await services.ask(path);
  await services.query({ query: `query ${'N'.repeat(5_000)} { empty }` });
  const collector = await services.stopped();
  assert.deepEqual(
    collector.spans().map(({ name, service }) => [service, name]),
    [
      ['front', 'GET'],
      ['back', 'POST /graphql'],
    ],
  );
  const name = collector.spans()[1]?.attributes['graphql.operation.name'];
  assert.equal(String(name).length, 200);
  assert.ok(!collector.bodies().join().includes('a-secret-path'));
});

test('a collector that is away is told once, and neither requests nor the stop wait for it', async () => {
  const gone = await testPeer(() => undefined);
  await gone[Symbol.asyncDispose]();
  await using silent = await testPeer(() => undefined);
  for (const address of [gone.address, silent.address]) {
    const away = testHost({ service: 'away', environment: { OTEL_EXPORTER_OTLP_ENDPOINT: address } });
    const { url } = await away.host.serveHttp((app) => {
      app.get('/trace', async () => ({ traceparent: currentContext()?.traceparent }));
    });
    const told = () => away.logs.filter(({ msg }) => msg === 'traces cannot be exported').length;
    const startedAt = performance.now();
    assert.equal((await fetch(`${url}/trace`)).status, 200);
    assert.ok(performance.now() - startedAt < 1_000);
    if (address === gone.address) {
      await until('the fault is told', () => told() === 1);
      await fetch(`${url}/trace`);
    }
    const stoppingAt = performance.now();
    await away[Symbol.asyncDispose]();
    assert.ok(performance.now() - stoppingAt < 2_000);
    assert.ok(told() <= 1);
  }
});

test('without a collector no span is made, and the ids are those of the request', async () => {
  await using host = testHost({ service: 'plain' });
  assert.equal(host.host.tracing, noTracing);
  const { url } = await host.host.serveHttp((app) => {
    app.get('/trace', async () =>
      host.host.tracing.inSpan('a span', { kind: 'internal' }, async () => ({
        ...currentContext(),
        caller: null,
      })),
    );
  });
  const context = (await (await fetch(`${url}/trace`, { headers: { traceparent: known } })).json()) as object;
  assert.match('traceparent' in context ? String(context.traceparent) : '', new RegExp(`^00-${traceId}-`));
  assert.equal('span' in context, false);
});

test('the endpoint for traces is taken as it is, and a setting that is none is refused', async () => {
  const { host, ...rest } = testHost({ service: 'plain' });
  const { log } = host;
  const open = (environment: Record<string, string>) => openTracing({ service: 'plain', environment, log });
  await using collector = await otlpCollector();
  const tracing = open({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
  });
  await tracing.ready;
  tracing.begin(undefined, 'a span', { kind: 'internal', links: [known, 'nonsense'] })?.end();
  await tracing.stop();
  assert.deepEqual(
    collector.spans().map(({ name, links }) => [name, links]),
    [['a span', [{ traceId, spanId: clientSpan }]]],
  );
  assert.throws(() => open({ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }), /OTEL_EXPORTER_OTLP_ENDPOINT/);
  assert.throws(() => open({ OTEL_TRACES_SAMPLER_ARG: '2' }), /OTEL_TRACES_SAMPLER_ARG/);
  await rest[Symbol.asyncDispose]();
});
