// The W3C Trace Context header `traceparent`, version 00: 00-<trace id>-<parent span id>-<flags>.
import { randomBytes } from 'node:crypto';

// Section 3.2.2: ids of nothing but zeros are invalid.
const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;

export interface Traceparent {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

export function readTraceparent(text: string | undefined): Traceparent | undefined {
  const match = text === undefined ? null : pattern.exec(text);
  if (match === null) return undefined;
  const [, traceId = '', spanId = '', flags = ''] = match;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** The same trace, a new span id; a new trace when there was none. */
export function childTraceparent(parent: string | undefined): string {
  const match = parent === undefined ? null : pattern.exec(parent);
  const traceId = match?.[1] ?? randomBytes(16).toString('hex');
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${match?.[3] ?? '01'}`;
}
