// Spans by the OpenTelemetry SDK, exported over OTLP/HTTP. Each service has a provider of its own, also where many
// run in one process. Nothing of the SDK is global here, and it is loaded only where traces are exported.
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import {
  ROOT_CONTEXT,
  SpanKind as ApiKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Link,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './log.ts';
import type { OpenSpan, SpanKind, SpanRecorder } from './span.ts';
import { readTraceparent } from './traceparent.ts';

/** Spans that wait for the collector, about 2 MB; beyond it new ones are dropped rather than memory filled. */
const mostWaitingSpans = 4_096;
const spansInABatch = 512;
/** How old a finished span gets before it is sent: soon enough to look at, seldom enough to cost little. */
const batchDelayMs = 1_000;
/** For one batch, with the exporter's own retry of what was refused. */
const exportTimeoutMs = 2_000;
/** What a service's stop waits for the last batch; a collector that does not answer must not hold it up. */
const lastFlushMs = 1_000;
/** Names of operations and paths come from clients too. */
const longestAttribute = 200;

const kinds: Readonly<Record<SpanKind, ApiKind>> = {
  internal: ApiKind.INTERNAL,
  server: ApiKind.SERVER,
  client: ApiKind.CLIENT,
  producer: ApiKind.PRODUCER,
  consumer: ApiKind.CONSUMER,
};

export interface RecorderOptions {
  readonly service: string;
  /** Where the collector takes traces, such as http://127.0.0.1:4318/v1/traces. */
  readonly url: string;
  /** Of the traces that begin here, the share that is recorded; those that came from elsewhere keep their flag. */
  readonly ratio: number;
  readonly log: Logger;
}

export function createSpanRecorder({ service, url, ratio, log }: RecorderOptions): SpanRecorder {
  const exporter = new OTLPTraceExporter({ url, timeoutMillis: exportTimeoutMs });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': service,
      'service.namespace': 'simplebank',
      'service.instance.id': randomUUID(),
    }),
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanLimits: { attributeValueLengthLimit: longestAttribute },
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: tellingOnce(exporter, new URL(url).host, log),
        maxQueueSize: mostWaitingSpans,
        maxExportBatchSize: spansInABatch,
        scheduledDelayMillis: batchDelayMs,
        // Above the exporter's own limit, which ends an export first.
        exportTimeoutMillis: 2 * exportTimeoutMs,
      }),
    ],
  });
  const tracer = provider.getTracer('@simplebank/chassis');

  return {
    begin(parent, name, { kind, attributes = {}, links = [], startedAt }) {
      const parentContext = spanContextOf(parent);
      const within =
        parentContext === undefined ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, parentContext);
      const options = {
        kind: kinds[kind],
        attributes,
        links: links.flatMap(linkOf),
        ...(startedAt === undefined ? {} : { startTime: startedAt }),
      };
      return openSpan(tracer.startSpan(name, options, within));
    },
    async stop() {
      const flushed = provider.shutdown().catch(() => undefined);
      const tooLong = new AbortController();
      const given = pause(lastFlushMs, undefined, { signal: tooLong.signal }).catch(() => undefined);
      await Promise.race([flushed, given]);
      tooLong.abort();
    },
  };
}

/** A collector that is away is said once, and once more when it is back. */
function tellingOnce(exporter: OTLPTraceExporter, collector: string, log: Logger) {
  let away = false;
  return {
    export(...[spans, done]: Parameters<OTLPTraceExporter['export']>): void {
      exporter.export(spans, (result) => {
        if (result.error !== undefined && !away)
          log.warn({ collector, err: result.error }, 'traces cannot be exported');
        if (result.error === undefined && away) log.info({ collector }, 'traces are exported again');
        away = result.error !== undefined;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function openSpan(span: Span): OpenSpan {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const sampled = (traceFlags & TraceFlags.SAMPLED) !== 0;
  return {
    traceparent: `00-${traceId}-${spanId}-${sampled ? '01' : '00'}`,
    set: (attributes) => void span.setAttributes(attributes),
    fail(errorType) {
      span.setAttribute('error.type', errorType);
      span.setStatus({ code: SpanStatusCode.ERROR });
    },
    end: () => span.end(),
  };
}

function spanContextOf(traceparent: string | undefined): SpanContext | undefined {
  const read = readTraceparent(traceparent);
  if (read === undefined) return undefined;
  const traceFlags = read.sampled ? TraceFlags.SAMPLED : TraceFlags.NONE;
  return { traceId: read.traceId, spanId: read.spanId, traceFlags, isRemote: true };
}

function linkOf(traceparent: string): Link[] {
  const context = spanContextOf(traceparent);
  return context === undefined ? [] : [{ context }];
}
