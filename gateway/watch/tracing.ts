// Traces by OpenTelemetry: a span for each request, below it one for parsing and planning where they were not cached,
// and one for each fetch. A decorator of the engine and of its fetcher, and nothing where no provider is registered.
import {
  context as activeContext,
  isSpanContextValid,
  ProxyTracerProvider,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type Span,
  type Tracer,
} from '@opentelemetry/api';
import type { GatewayAnswer, GatewayRequest, RequestHandler } from '../gateway-request.ts';
import type { SubgraphAnswer, SubgraphFetcher } from '../subgraph-fetch.ts';
import type { FetchEvent } from '../transport/fetch-event.ts';
import type { EngineWatch, OperationEvent } from './engine-watch.ts';
import { headersBelow, parentOf, TracedContext } from './traced-context.ts';
import { watchFetches } from './watch-fetches.ts';

export interface Tracing {
  /** For EngineOptions.watch: names the request's span, and adds those of parsing and planning. */
  readonly watch: EngineWatch;
  tracedHandler(handler: RequestHandler): RequestHandler;
  tracedFetcher(fetcher: SubgraphFetcher): SubgraphFetcher;
}

const instrumentation = '@simplebank/gateway';

/** Without a tracer of its own: that of the provider which is registered globally, also when it comes later. */
export function createTracing(tracer?: Tracer): Tracing {
  const used = tracer ?? trace.getTracer(instrumentation);
  const isOn = tracer === undefined ? isProviderRegistered : () => true;
  return {
    watch: {
      operation: describeOperation,
      parsed: ({ durationMs, context }) => spanBefore(used, context, 'parse', durationMs, {}),
      planned({ durationMs, context, planner, executor, outcome }) {
        const attributes = { 'gateway.planner': planner, 'gateway.executor': executor };
        spanBefore(used, context, 'plan', durationMs, attributes, outcome === 'failed');
      },
    },
    tracedHandler: (handler) => ({
      handle: (request) => (isOn() ? handleTraced(used, handler, request) : handler.handle(request)),
    }),
    tracedFetcher: (fetcher) => tracedFetcher(used, fetcher),
  };
}

/** The API answers a proxy until a provider is registered, and asking it for a span would cost each request. */
function isProviderRegistered(): boolean {
  const provider = trace.getTracerProvider();
  return (
    !(provider instanceof ProxyTracerProvider) || provider.getDelegateTracer(instrumentation) !== undefined
  );
}

async function handleTraced(
  tracer: Tracer,
  handler: RequestHandler,
  request: GatewayRequest,
): Promise<GatewayAnswer> {
  const { context } = request;
  const parent = parentOf(context.tracingHeaders);
  const span = tracer.startSpan('graphql', { kind: SpanKind.SERVER }, parent);
  const spanContext = span.spanContext();
  if (!span.isRecording()) {
    // Not sampled: that has to travel on too, or each subgraph would decide for itself.
    if (!isSpanContextValid(spanContext)) return handler.handle(request);
    const tracingHeaders = headersBelow(spanContext, context.tracingHeaders);
    return handler.handle({ ...request, context: { ...context, tracingHeaders } });
  }
  const active = trace.setSpan(parent, span);
  const traced = { ...request, context: new TracedContext(context, span, active) };
  const answer = await activeContext.with(active, () => handler.handle(traced));
  if (answer.kind === 'incremental') return { ...answer, payloads: endingSpan(answer.payloads, span) };
  if (answer.kind === 'refused') {
    const code = answer.errors[0]?.extensions?.['code'];
    if (typeof code === 'string') span.setAttribute('error.type', code);
    if (answer.status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
  return answer;
}

async function* endingSpan(payloads: AsyncIterable<string>, span: Span): AsyncIterable<string> {
  try {
    yield* payloads;
  } finally {
    span.end();
  }
}

/** Semantic conventions for GraphQL: the type names the span, the name is an attribute. Never a document or a variable. */
function describeOperation({ context, kind, name, client, outcome, isShared }: OperationEvent): void {
  if (!(context instanceof TracedContext)) return;
  const { span } = context;
  span.setAttributes({ 'gateway.outcome': outcome, 'gateway.shared': isShared });
  if (kind !== 'unknown') {
    span.updateName(`graphql ${kind}`);
    span.setAttribute('graphql.operation.type', kind);
  }
  if (name !== '') span.setAttribute('graphql.operation.name', name);
  if (client !== undefined) span.setAttribute('gateway.client', client.name);
  if (outcome === 'failed') span.setStatus({ code: SpanStatusCode.ERROR });
}

/** For work that is told when it is over. */
function spanBefore(
  tracer: Tracer,
  context: unknown,
  name: string,
  durationMs: number,
  attributes: Attributes,
  hasFailed = false,
): void {
  if (!(context instanceof TracedContext)) return;
  const endTime = Date.now();
  const span = tracer.startSpan(name, { startTime: endTime - durationMs, attributes }, context.active);
  if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(endTime);
}

function tracedFetcher(tracer: Tracer, fetcher: SubgraphFetcher): SubgraphFetcher {
  return watchFetches(fetcher, (request) => {
    const { context, subgraph, operationKind } = request;
    if (!(context instanceof TracedContext)) return undefined;
    const attributes = { 'gateway.subgraph': subgraph, 'graphql.operation.type': operationKind };
    const span = tracer.startSpan(`fetch ${subgraph}`, { kind: SpanKind.CLIENT, attributes }, context.active);
    const { headers, tracingHeaders, deadlineAt, signal } = context;
    const below = headersBelow(span.spanContext(), tracingHeaders);
    return {
      request: { ...request, context: { headers, tracingHeaders: below, deadlineAt, signal } },
      ended: (answer, event) => endFetch(span, answer, event),
    };
  });
}

function endFetch(span: Span, { data, errors }: SubgraphAnswer, event: FetchEvent | undefined): void {
  if (event !== undefined) {
    const { url, status, bytes, retries, isDeduplicated, outcome } = event;
    span.setAttributes({
      'http.response.body.size': bytes,
      'http.request.resend_count': retries,
      'gateway.deduplicated': isDeduplicated,
      'gateway.outcome': outcome,
    });
    if (url !== undefined) span.setAttribute('url.full', url);
    if (status !== undefined) span.setAttribute('http.response.status_code', status);
  }
  if (data === null) {
    const code = errors[0]?.extensions?.['code'];
    span.setAttribute('error.type', typeof code === 'string' ? code : 'GRAPHQL_ERROR');
    span.setStatus({ code: SpanStatusCode.ERROR });
  }
  span.end();
}
