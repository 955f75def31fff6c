// Traces recorded by OpenTelemetry's own SDK around the real engine.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, trace, type Tracer } from '@opentelemetry/api';
import { createEngine } from '../engine.ts';
import type { GatewayRequest } from '../gateway-request.ts';
import { shop } from '../reference/shop.fixture.ts';
import type { HeaderPair, SubgraphAnswer, SubgraphRequest } from '../subgraph-fetch.ts';
import { SpanRecorder } from './span-recorder.fixture.ts';
import { createTracing } from './tracing.ts';

const parentTrace = '0af7651916cd43dd8448eb211c80319c';
const parentSpan = 'b7ad6b7169203331';
const traceparent = `00-${parentTrace}-${parentSpan}-01`;
const document = 'query Items { pair { title stars } }';

interface Given {
  readonly query?: string;
  readonly tracingHeaders?: readonly HeaderPair[];
  readonly acceptsIncremental?: boolean;
}

function request({
  query = document,
  tracingHeaders = [],
  acceptsIncremental = false,
}: Given): GatewayRequest {
  return {
    query,
    operationName: undefined,
    variables: undefined,
    context: {
      headers: [],
      tracingHeaders,
      deadlineAt: performance.now() + 10_000,
      signal: undefined,
    },
    caller: { isAuthenticated: false, scopes: new Set(), policies: new Set() },
    allowMutation: true,
    acceptsIncremental,
    client: { name: 'web', version: '1' },
  };
}

async function tracedShop(
  tracer: Tracer | undefined,
  fail?: (asked: SubgraphRequest) => SubgraphAnswer | undefined,
) {
  const federation = await shop();
  const asked: SubgraphRequest[] = [];
  const tracing = createTracing(tracer);
  const engine = await createEngine({
    supergraph: federation.supergraph.sdl,
    planner: 'apollo',
    watch: tracing.watch,
    fetcher: tracing.tracedFetcher({
      async fetch(toSend) {
        asked.push(toSend);
        const { subgraph } = toSend;
        toSend.onFetch?.({
          subgraph,
          url: `http://${subgraph}.test/`,
          status: 200,
          durationMs: 1,
          outcome: 'answered',
          bytes: 42,
          retries: 1,
          isDeduplicated: false,
        });
        return fail?.(toSend) ?? federation.ask(toSend);
      },
    }),
  });
  const handler = tracing.tracedHandler(engine);
  return {
    asked,
    handle: (given: Given = {}) => handler.handle(request(given)),
    async [Symbol.asyncDispose]() {
      await engine.close();
      await federation[Symbol.asyncDispose]();
    },
  };
}

const headerOf = ({ context }: SubgraphRequest, name: string) =>
  context.tracingHeaders.filter(([given]) => given === name).map(([, value]) => value);

test("a request's spans are one tree below the client's span, and each fetch names its own span to the subgraph", async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(recorder.tracer);
  await gateway.handle({
    tracingHeaders: [
      ['traceparent', traceparent],
      ['x-correlation-id', 'c1'],
    ],
  });
  const root = recorder.named('graphql query');
  assert.equal(root.kind, SpanKind.SERVER);
  assert.equal(root.parentSpanContext?.spanId, parentSpan);
  assert.deepEqual(
    recorder.spans.map(({ name }) => name),
    ['parse', 'plan', 'fetch catalog', 'fetch reviews', 'graphql query'],
  );
  for (const span of recorder.spans) {
    assert.equal(span.spanContext().traceId, parentTrace);
    if (span !== root) assert.equal(span.parentSpanContext?.spanId, root.spanContext().spanId);
  }
  for (const asked of gateway.asked) {
    const { spanId } = recorder.named(`fetch ${asked.subgraph}`).spanContext();
    assert.deepEqual(headerOf(asked, 'traceparent'), [`00-${parentTrace}-${spanId}-01`]);
    assert.deepEqual(headerOf(asked, 'x-correlation-id'), ['c1']);
  }
});

test('spans tell operation, client and outcome, of fetches what the transport knows, and never a document', async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(recorder.tracer);
  await gateway.handle();
  assert.deepEqual(recorder.named('graphql query').attributes, {
    'gateway.outcome': 'ok',
    'gateway.shared': false,
    'graphql.operation.type': 'query',
    'graphql.operation.name': 'Items',
    'gateway.client': 'web',
  });
  assert.deepEqual(recorder.named('fetch catalog').attributes, {
    'gateway.subgraph': 'catalog',
    'graphql.operation.type': 'query',
    'http.response.body.size': 42,
    'http.request.resend_count': 1,
    'gateway.deduplicated': false,
    'gateway.outcome': 'answered',
    'url.full': 'http://catalog.test/',
    'http.response.status_code': 200,
  });
  assert.deepEqual(recorder.named('plan').attributes, {
    'gateway.planner': 'apollo',
    'gateway.executor': 'compiled',
  });
  assert.doesNotMatch(JSON.stringify(recorder.spans.map(({ attributes }) => attributes)), /pair|title|stars/);
});

test('parsing and planning have spans only where they were not cached', async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(recorder.tracer);
  await gateway.handle();
  recorder.spans.length = 0;
  await gateway.handle();
  assert.deepEqual(
    recorder.spans.map(({ name }) => name),
    ['fetch catalog', 'fetch reviews', 'graphql query'],
  );
});

test('a fault of a subgraph is an error of its fetch, by its code; the request itself was partly answered', async () => {
  const recorder = new SpanRecorder();
  const down = (): SubgraphAnswer => ({
    data: null,
    errors: [{ message: 'Down.', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  });
  await using gateway = await tracedShop(recorder.tracer, ({ subgraph }) =>
    subgraph === 'reviews' ? down() : undefined,
  );
  await gateway.handle({ query: 'query Items { items { title reviews { text } } }' });
  const fetched = recorder.named('fetch reviews');
  assert.equal(fetched.status.code, SpanStatusCode.ERROR);
  assert.equal(fetched.attributes['error.type'], 'SERVICE_UNAVAILABLE');
  const root = recorder.named('graphql query');
  assert.equal(root.attributes['gateway.outcome'], 'partial');
  assert.equal(root.status.code, SpanStatusCode.UNSET);
});

test('a refused document is told by its code and is no error of the server', async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(recorder.tracer);
  await gateway.handle({ query: '{ film }' });
  const [span, ...others] = recorder.spans;
  assert.deepEqual(others, []);
  assert.equal(span?.attributes['error.type'], 'GRAPHQL_VALIDATION_FAILED');
  assert.equal(span.status.code, SpanStatusCode.UNSET);
});

test('the span of a deferred answer lasts until its last part', async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(recorder.tracer);
  const query = '{ pair { title ... @defer { stars } } }';
  const answer = await gateway.handle({ query, acceptsIncremental: true });
  assert.equal(answer.kind, 'incremental');
  assert.ok(!recorder.spans.some(({ name }) => name === 'graphql query'));
  let parts = 0;
  if (answer.kind === 'incremental') for await (const _ of answer.payloads) parts += 1;
  assert.ok(parts > 1);
  assert.equal(recorder.spans.at(-1)?.name, 'graphql query');
});

test('what is not sampled makes no spans, and tells subgraphs not to sample either', async () => {
  const recorder = new SpanRecorder({ samples: false });
  await using gateway = await tracedShop(recorder.tracer);
  await gateway.handle();
  assert.deepEqual(recorder.spans, []);
  for (const asked of gateway.asked)
    assert.match(headerOf(asked, 'traceparent').join(), /^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
});

test('without a provider the request passes as it came, and one that is registered later is used', async () => {
  const recorder = new SpanRecorder();
  await using gateway = await tracedShop(undefined);
  const tracingHeaders: readonly HeaderPair[] = [['traceparent', traceparent]];
  await gateway.handle({ tracingHeaders });
  for (const { context } of gateway.asked) assert.equal(context.tracingHeaders, tracingHeaders);
  assert.ok(trace.setGlobalTracerProvider(recorder.provider));
  try {
    await gateway.handle({ tracingHeaders });
    assert.equal(recorder.named('graphql query').parentSpanContext?.spanId, parentSpan);
  } finally {
    trace.disable();
  }
});
