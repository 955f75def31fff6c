// OpenTelemetry's SDK with a processor that keeps what has ended, for tests. The SDK is the chassis' own dependency,
// which this package must not need outside of tests.
import { createRequire } from 'node:module';
import type { Attributes, SpanStatusCode, Tracer, TracerProvider } from '@opentelemetry/api';

export interface RecordedSpan {
  readonly name: string;
  readonly kind: number;
  readonly attributes: Attributes;
  readonly status: { readonly code: SpanStatusCode };
  readonly startTime: readonly [seconds: number, nanoseconds: number];
  readonly endTime: readonly [seconds: number, nanoseconds: number];
  readonly parentSpanContext?: { readonly spanId: string; readonly traceId: string };
  spanContext(): { readonly spanId: string; readonly traceId: string };
}

interface Sdk {
  readonly TracerProvider: new (options: object) => TracerProvider;
  readonly AlwaysOffSampler: new () => object;
}

export class SpanRecorder {
  readonly spans: RecordedSpan[] = [];
  readonly provider: TracerProvider;
  readonly tracer: Tracer;

  constructor({ samples = true }: { samples?: boolean } = {}) {
    const sdk = createRequire(import.meta.resolve('@simplebank/chassis'))('@opentelemetry/sdk-trace') as Sdk;
    const processor = {
      onStart() {},
      onEnd: (span: RecordedSpan) => void this.spans.push(span),
      forceFlush: async () => {},
      shutdown: async () => {},
    };
    this.provider = new sdk.TracerProvider({
      spanProcessors: [processor],
      ...(samples ? {} : { sampler: new sdk.AlwaysOffSampler() }),
    });
    this.tracer = this.provider.getTracer('test');
  }

  named(name: string): RecordedSpan {
    const span = this.spans.find((known) => known.name === name);
    if (span === undefined)
      throw new Error(`no span ${name} among ${this.spans.map((known) => known.name).join()}`);
    return span;
  }
}
