// A request's context while it is traced: its span goes along to wherever the context goes, and its headers name that
// span as the parent of what a subgraph does (W3C Trace Context, version 00).
import {
  context,
  createTraceState,
  trace,
  type Context,
  type Span,
  type SpanContext,
} from '@opentelemetry/api';
import type { FetchContext, HeaderPair } from '../subgraph-fetch.ts';

export class TracedContext implements FetchContext {
  readonly headers: readonly HeaderPair[];
  readonly tracingHeaders: readonly HeaderPair[];
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
  readonly span: Span;
  /** OpenTelemetry's own, in which the span is the active one. */
  readonly active: Context;

  constructor(from: FetchContext, span: Span, active: Context) {
    this.headers = from.headers;
    this.tracingHeaders = headersBelow(span.spanContext(), from.tracingHeaders);
    this.deadlineAt = from.deadlineAt;
    this.signal = from.signal;
    this.span = span;
    this.active = active;
  }
}

export function headersBelow(span: SpanContext, headers: readonly HeaderPair[]): readonly HeaderPair[] {
  const others = headers.filter(([name]) => name !== 'traceparent' && name !== 'tracestate');
  const { traceId, spanId, traceFlags, traceState } = span;
  const traceparent = `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
  const state = traceState?.serialize() ?? '';
  const tracing: HeaderPair[] = [['traceparent', traceparent]];
  if (state !== '') tracing.push(['tracestate', state]);
  return [...others, ...tracing];
}

const traceparentPattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

/** The trace that the client is in, if any: that of the header, or else that which the server around us has made active. */
export function parentOf(headers: readonly HeaderPair[]): Context {
  const active = context.active();
  if (trace.getSpanContext(active) !== undefined) return active;
  const given = headers.find(([name]) => name === 'traceparent')?.[1];
  const match = given === undefined ? null : traceparentPattern.exec(given);
  if (match === null) return active;
  const [, traceId = '', spanId = '', flags = ''] = match;
  const state = headers.find(([name]) => name === 'tracestate')?.[1];
  return trace.setSpanContext(active, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(state === undefined ? {} : { traceState: createTraceState(state) }),
  });
}
