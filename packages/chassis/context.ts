// What travels with a piece of work through a process: the id that follows an order through all logs, the
// trace, the deadline and the caller. Kept in an AsyncLocalStorage, so that no function passes it along.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes, randomUUID } from 'node:crypto';
import type { Caller } from './access-token.ts';

export interface WorkContext {
  readonly correlationId: string;
  /** W3C Trace Context, version 00. */
  readonly traceparent: string;
  /** On the clock of `performance.now()`; undefined means no deadline. */
  readonly deadlineAt?: number;
  readonly orderId?: string;
  readonly caller?: Caller;
  /** The caller's own Authorization header, passed on to the next hop as it came. */
  readonly authorization?: string;
}

const storage = new AsyncLocalStorage<WorkContext>();

export function currentContext(): WorkContext | undefined {
  return storage.getStore();
}

export function runInContext<T>(context: WorkContext, work: () => T): T {
  return storage.run(context, work);
}

/** The context of work that nobody asked for over HTTP: an event, a saga's step, a timer. */
export function backgroundContext(given: {
  correlationId?: string | undefined;
  traceparent?: string | null | undefined;
  orderId?: string | undefined;
}): WorkContext {
  return {
    correlationId: given.correlationId ?? newCorrelationId(),
    traceparent: childTraceparent(given.traceparent ?? undefined),
    ...(given.orderId === undefined ? {} : { orderId: given.orderId }),
  };
}

/** Milliseconds until the deadline, never negative; undefined without one. */
export function remainingMs(): number | undefined {
  const deadlineAt = storage.getStore()?.deadlineAt;
  return deadlineAt === undefined ? undefined : Math.max(0, Math.floor(deadlineAt - performance.now()));
}

const correlationIdPattern = /^[A-Za-z0-9._-]{8,64}$/;

/** A client may bring its own id; anything that does not look like one is replaced, never logged. */
export function correlationIdFrom(header: unknown): string {
  return typeof header === 'string' && correlationIdPattern.test(header) ? header : newCorrelationId();
}

export function newCorrelationId(): string {
  return randomUUID();
}

const traceparentPattern = /^00-([0-9a-f]{32})-[0-9a-f]{16}-([0-9a-f]{2})$/;

/** The next hop's traceparent: same trace, a new span id; a new trace when there was none. */
export function childTraceparent(parent: string | undefined): string {
  const match = parent === undefined ? null : traceparentPattern.exec(parent);
  const traceId = match?.[1] ?? randomBytes(16).toString('hex');
  return `00-${traceId}-${randomBytes(8).toString('hex')}-${match?.[2] ?? '01'}`;
}

/** The headers that carry the current context to the next hop. */
export function contextHeaders(): Record<string, string> {
  const context = storage.getStore();
  if (context === undefined) return {};
  const remaining = remainingMs();
  return {
    'x-correlation-id': context.correlationId,
    traceparent: childTraceparent(context.traceparent),
    ...(remaining === undefined ? {} : { 'x-deadline-ms': String(remaining) }),
    ...(context.orderId === undefined ? {} : { 'x-order-id': context.orderId }),
  };
}
