// Traces: work runs in spans, each of which names its parent by the context's `traceparent`, so that what travels in
// headers, events and rows is the tree. Without a collector in the environment (OTEL_EXPORTER_OTLP_ENDPOINT) nothing
// of OpenTelemetry is loaded, no span is made, and the ids are random ones for the logs.
import { z } from 'zod';
import { readConfig, type Environment } from './config.ts';
import { backgroundContext, currentContext, runInContext, type WorkContext } from './context.ts';
import type { Logger } from './log.ts';
import type { OpenSpan, SpanAttributes, SpanOptions, SpanRecorder } from './span.ts';

export interface Tracing {
  /**
   * Runs the work in a span below the current one, and in a context whose traceparent is that span's. A failure of
   * the work is one of the span; the work may look at the span to add what it finds out.
   */
  inSpan<T>(name: string, options: SpanOptions, work: (span: OpenSpan) => Promise<T>): Promise<T>;
  /** For work whose end is another callback's; undefined without a collector. `parent` is a traceparent. */
  begin(parent: string | undefined, name: string, options: SpanOptions): OpenSpan | undefined;
  /** Spans are recorded from then on; never rejects. */
  readonly ready: Promise<void>;
  /** Exports what is left, within a bounded time. */
  stop(): Promise<void>;
}

/** OpenTelemetry's own names (its specification's "SDK configuration" and "OTLP exporter"). */
const settings = z.object({
  OTEL_EXPORTER_OTLP_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(1),
});

export interface TracingOptions {
  readonly service: string;
  readonly environment: Environment;
  readonly log: Logger;
}

/** Stands in for a span where none is recorded. */
const unrecorded: OpenSpan = { traceparent: '', set() {}, fail() {}, end() {} };

export const noTracing: Tracing = {
  inSpan: (_name, _options, work) => work(unrecorded),
  begin: () => undefined,
  ready: Promise.resolve(),
  stop: async () => undefined,
};

export function openTracing({ service, environment, log }: TracingOptions): Tracing {
  const read = readConfig(service, environment, settings);
  const url = tracesUrl(read.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT, read.OTEL_EXPORTER_OTLP_ENDPOINT);
  if (url === undefined) return noTracing;
  let recorder: SpanRecorder | undefined;
  const loading = import('./span-recorder.ts').then(
    ({ createSpanRecorder }) => {
      recorder = createSpanRecorder({ service, url, ratio: read.OTEL_TRACES_SAMPLER_ARG, log });
    },
    (err: unknown) => log.warn({ err }, 'traces cannot be recorded'),
  );

  return {
    inSpan: (name, options, work) =>
      recorder === undefined ? work(unrecorded) : runInSpan(recorder, name, options, work),
    begin: (parent, name, options) => recorder?.begin(parent, name, options),
    ready: loading,
    async stop() {
      await loading;
      await recorder?.stop();
    },
  };
}

/** The general endpoint is the base of all signals' paths, the one for traces is taken as it is. */
function tracesUrl(own: string | undefined, general: string | undefined): string | undefined {
  if (own !== undefined) return own;
  return general === undefined ? undefined : `${general.replace(/\/$/, '')}/v1/traces`;
}

async function runInSpan<T>(
  recorder: SpanRecorder,
  name: string,
  options: SpanOptions,
  work: (span: OpenSpan) => Promise<T>,
): Promise<T> {
  const { isRoot, ...context } = currentContext() ?? backgroundContext({});
  const attributes = { ...contextAttributes(context), ...options.attributes };
  const parent = isRoot === true ? undefined : context.traceparent;
  const span = recorder.begin(parent, name, { ...options, attributes });
  try {
    return await runInContext({ ...context, traceparent: span.traceparent, span }, () => work(span));
  } catch (fault) {
    span.fail(errorTypeOf(fault));
    throw fault;
  } finally {
    span.end();
  }
}

/** By these a trace and the log lines of the same work find each other. */
export function contextAttributes({
  correlationId,
  orderId,
}: Pick<WorkContext, 'correlationId' | 'orderId'>): SpanAttributes {
  const ids = { 'simplebank.correlation_id': correlationId };
  return orderId === undefined ? ids : { ...ids, 'simplebank.order_id': orderId };
}

/** Marks the span that the current work runs in as failed, though the work goes on. */
export function failSpan(errorType: string): void {
  currentContext()?.span?.fail(errorType);
}

/** A code or a class, never the message: it may hold what a customer wrote. */
function errorTypeOf(fault: unknown): string {
  if (!(fault instanceof Error)) return typeof fault;
  return 'code' in fault && typeof fault.code === 'string' ? fault.code : fault.name;
}
