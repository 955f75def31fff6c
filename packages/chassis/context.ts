// What travels with a piece of work through a process: the id that follows an order through all logs, the
// trace, the deadline and the caller. Kept in an AsyncLocalStorage, so that no function passes it along.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import type { OpenSpan } from './span.ts';
import { childTraceparent, readTraceparent } from './traceparent.ts';

/** Who is asking, as the access token says. */
export interface Caller {
  readonly customerId: string;
  readonly accountIds: ReadonlySet<string>;
  /** What the token may be used for, such as `orders:write`; decided by at the gateway. */
  readonly scopes: ReadonlySet<string>;
  /** The sign-in that the token was signed for; undefined where nothing outlives the token itself. */
  readonly sessionId?: string;
  /** When the token runs out, in milliseconds since 1970. */
  readonly expiresAtMs: number;
}

export interface WorkContext {
  readonly correlationId: string;
  /** W3C Trace Context, version 00: the span that this work belongs to, and the parent of what it sets off. */
  readonly traceparent: string;
  /** Nothing came before: the ids are for the logs, and a span that is begun here begins a trace. */
  readonly isRoot?: true;
  /** The span itself, while it is recorded in this process. */
  readonly span?: OpenSpan;
  /** On the clock of `performance.now()`; undefined means no deadline. */
  readonly deadlineAt?: number;
  readonly orderId?: string;
  readonly caller?: Caller;
  /** What it must not be answered older than: a consistency token, as it came. */
  readonly consistency?: string;
  /** What has been written for it, for its answer. */
  readonly written?: Map<string, bigint>;
  /** What makes this request the same as one that came before; only mutations look at it. */
  readonly idempotencyKey?: string;
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

/**
 * The context of work that nobody asked for over HTTP: an event, a saga's step, a timer. It belongs to the span that
 * set it off, until it is run in one of its own.
 */
export function backgroundContext(given: {
  correlationId?: string | undefined;
  traceparent?: string | null | undefined;
  orderId?: string | undefined;
}): WorkContext {
  const traceparent = given.traceparent ?? undefined;
  const trace =
    traceparent === undefined || readTraceparent(traceparent) === undefined
      ? ({ traceparent: childTraceparent(undefined), isRoot: true } as const)
      : { traceparent };
  return {
    correlationId: given.correlationId ?? newCorrelationId(),
    ...trace,
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

/**
 * What to write beside something that belongs to another trace's story, such as an order's event: the current span
 * when it is of that story's trace, else where the story began.
 */
export function traceparentWithin(story: string): string {
  const current = storage.getStore()?.traceparent;
  const isSame = readTraceparent(current)?.traceId === readTraceparent(story)?.traceId;
  return current !== undefined && isSame ? current : story;
}

/** The headers that carry the current context to the next hop. */
export function contextHeaders(): Record<string, string> {
  const context = storage.getStore();
  if (context === undefined) return {};
  const remaining = remainingMs();
  return {
    'x-correlation-id': context.correlationId,
    traceparent: context.traceparent,
    ...(remaining === undefined ? {} : { 'x-deadline-ms': String(remaining) }),
    ...(context.orderId === undefined ? {} : { 'x-order-id': context.orderId }),
  };
}
