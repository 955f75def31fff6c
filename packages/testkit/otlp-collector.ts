// A collector of traces for tests: takes OTLP over HTTP with JSON bodies, as the exporter sends it, and keeps what
// arrives. https://opentelemetry.io/docs/specs/otlp/#otlphttp
import { testPeer } from './test-peer.ts';

export interface CollectedSpan {
  readonly traceId: string;
  readonly spanId: string;
  /** Undefined for the first span of a trace. */
  readonly parentSpanId: string | undefined;
  readonly name: string;
  readonly kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  /** The resource's `service.name`. */
  readonly service: string;
  /** The resource's `service.instance.id`. */
  readonly instance: string;
  readonly attributes: Readonly<Record<string, string | number | boolean>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly failed: boolean;
  readonly startedAtMs: number;
  readonly durationMs: number;
}

export interface OtlpCollector extends AsyncDisposable {
  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  /** All that have arrived, in the order of their beginning. */
  spans(): readonly CollectedSpan[];
  /** The bodies as they came. */
  bodies(): readonly string[];
}

/** What of the protocol's ExportTraceServiceRequest is read. */
interface ExportRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly KeyValue[] };
    readonly scopeSpans: readonly { readonly spans: readonly WireSpan[] }[];
  }[];
}

interface WireSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly KeyValue[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number };
}

interface KeyValue {
  readonly key: string;
  readonly value: { readonly [type: string]: string | number | boolean };
}

/** By the protocol's enum SpanKind. */
const kinds = ['internal', 'internal', 'server', 'client', 'producer', 'consumer'] as const;
/** By the protocol's enum StatusCode. */
const statusError = 2;

export async function otlpCollector(): Promise<OtlpCollector> {
  const spans: CollectedSpan[] = [];
  const peer = await testPeer(({ url, headers, body }, response) => {
    const taken = url === '/v1/traces' && headers['content-type'] === 'application/json';
    if (taken) spans.push(...spansOf(JSON.parse(body) as ExportRequest));
    response.writeHead(taken ? 200 : 415, { 'content-type': 'application/json' }).end('{}');
  });
  return {
    url: peer.address,
    spans: () => spans.toSorted((one, other) => one.startedAtMs - other.startedAtMs),
    bodies: () => peer.requests.map(({ body }) => body),
    [Symbol.asyncDispose]: () => peer[Symbol.asyncDispose](),
  };
}

function spansOf({ resourceSpans }: ExportRequest): CollectedSpan[] {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const about = record(resource.attributes);
    const [service, instance] = [String(about['service.name']), String(about['service.instance.id'])];
    return scopeSpans.flatMap((scope) =>
      scope.spans.map((span) => ({ ...collected(span), service, instance })),
    );
  });
}

function collected(span: WireSpan): Omit<CollectedSpan, 'service' | 'instance'> {
  const { traceId, spanId, parentSpanId, name, links = [] } = span;
  const startedAtMs = Number(span.startTimeUnixNano) / 1e6;
  return {
    traceId,
    spanId,
    parentSpanId: parentSpanId === '' ? undefined : parentSpanId,
    name,
    kind: kinds[span.kind] ?? 'internal',
    attributes: record(span.attributes ?? []),
    links: links.map((link) => ({ traceId: link.traceId, spanId: link.spanId })),
    failed: span.status?.code === statusError,
    startedAtMs,
    durationMs: Number(span.endTimeUnixNano) / 1e6 - startedAtMs,
  };
}

/** A value is an object of one member, named by its type. */
function record(pairs: readonly KeyValue[]): Record<string, string | number | boolean> {
  return Object.fromEntries(pairs.map(({ key, value }) => [key, Object.values(value)[0] ?? '']));
}
