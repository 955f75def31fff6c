// What a span is to those who make one: a named piece of work within a trace, told to a collector when it has ended.
// Types only, so that the context can carry a span without knowing how spans are exported.

/** `server` and `client` are the two ends of a call, `producer` and `consumer` those of a message. */
export type SpanKind = 'internal' | 'server' | 'client' | 'producer' | 'consumer';

/** Named by OpenTelemetry's semantic conventions. Never a secret, never anything about a person. */
export type SpanAttributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes?: SpanAttributes;
  /** Traceparents of what led to this without being its parent. */
  readonly links?: readonly string[];
  /** Milliseconds since 1970; without it the span begins now. */
  readonly startedAt?: number;
}

export interface OpenSpan {
  /** Names this span as the parent of whatever it sets off. */
  readonly traceparent: string;
  set(attributes: SpanAttributes): void;
  /** The work has failed, for a reason of this kind: a code or a class of errors, never a message. */
  fail(errorType: string): void;
  end(): void;
}

/** Keeps spans and exports them. */
export interface SpanRecorder {
  /** `parent` is a traceparent; without one, or with one that is none, the span begins a trace. */
  begin(parent: string | undefined, name: string, options: SpanOptions): OpenSpan;
  /** Exports what is left. Never throws, and takes no longer than a bounded time. */
  stop(): Promise<void>;
}
