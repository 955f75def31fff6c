// The HTTP front that every service shares: health, metrics, context from headers, limits, and errors
// that never show a stack trace.
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import type { AccessTokens } from './access-token.ts';
import { consistencyHeader, consistencyIn, consistencyText } from './consistency.ts';
import { correlationIdFrom, runInContext, type WorkContext } from './context.ts';
import { idempotencyKeyHeader, idempotencyKeyIn, idempotencyKeyRule } from './idempotency-key.ts';
import type { Logger } from './log.ts';
import type { Metrics } from './metrics.ts';
import { problemMedia, problemOf } from './problem.ts';
import { PublicError, publicFault, type Rejection } from './rejection.ts';
import { beginRequestSpan, traceparentOf } from './request-span.ts';
import { childTraceparent } from './traceparent.ts';
import { noTracing, type Tracing } from './tracing.ts';

/** Larger than any document a client needs; what is larger is refused before it is read. */
export const bodyLimitBytes = 256 * 1024;
/** A request that has not arrived whole by then is dropped, against clients that send a byte a second. */
const requestTimeoutMs = 10_000;
const keepAliveTimeoutMs = 30_000;
/** The deadline of a request that brings none (or nothing that is one), unless the service has its own. */
const usualDeadlineMs = 5_000;
/** The longest that a request may ask for. */
const longestDeadlineMs = 30_000;

const millisecondsPattern = /^\d{1,9}$/;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** The route looks at no customer's token: it takes another kind, or none. */
    anonymous?: boolean;
    /** The route makes no span: machines ask it all the time. */
    untraced?: boolean;
  }
}

const watched = { config: { anonymous: true, untraced: true } };

/**
 * The Authorization that a request stands for, as where the server keeps the tokens and a browser has a cookie; undefined
 * without one. What it throws is answered, a PublicError as it is.
 */
export type AuthorizationOf = (request: FastifyRequest) => Promise<string | undefined>;

export interface HttpServerOptions {
  readonly log: Logger;
  readonly metrics: Metrics;
  /** Verifies customers' tokens; without it requests have no caller. */
  readonly accessTokens?: AccessTokens;
  /** Where a customer's token is found; by default in the request's own header. */
  readonly authorizationOf?: AuthorizationOf | undefined;
  /** Of a request that brings none. */
  readonly deadlineMs?: number | undefined;
  /** Makes a span of each request; by default none. */
  readonly tracing?: Tracing;
  readonly isReady: () => boolean;
}

export function createHttpServer({
  log,
  metrics,
  accessTokens,
  authorizationOf = async ({ headers }) => headers.authorization,
  deadlineMs = usualDeadlineMs,
  tracing = noTracing,
  isReady,
}: HttpServerOptions): FastifyInstance {
  const app = fastify({
    bodyLimit: bodyLimitBytes,
    requestTimeout: requestTimeoutMs,
    keepAliveTimeout: keepAliveTimeoutMs,
    trustProxy: false,
    logger: false,
    // A request that reaches a server on its way out is answered as any other; its connection ends with the answer.
    return503OnClosing: false,
    // A path that cannot be decoded, which never reaches the error handler below.
    frameworkErrors: (_error, _request, reply: FastifyReply) =>
      void refuse(reply, 400, { code: 'BAD_REQUEST', message: 'The request is not understood.' }),
  });
  const contexts = new WeakMap<FastifyRequest, WorkContext>();

  app.get('/healthz', watched, async () => ({ status: 'alive' }));
  app.get('/readyz', watched, async (_request, reply) => {
    if (isReady()) return { status: 'ready' };
    return reply.code(503).send({ status: 'not ready' });
  });
  app.get('/metrics', watched, async (_request, reply) =>
    reply.type('text/plain; version=0.0.4').send(await metrics.text()),
  );

  app.addHook('onReady', () => tracing.ready);
  app.addHook('onRequest', async (request, reply) => {
    const context = beginRequestSpan(tracing, contextOf(request, deadlineMs), request, reply);
    contexts.set(request, context);
    void reply.header('x-correlation-id', context.correlationId);
    checkIdempotencyKey(request, context);
    if (accessTokens === undefined || request.routeOptions.config.anonymous === true) return;
    // What is looked up for it is the request's own work: by its deadline, and with its id in the logs.
    await runInContext(context, async () => {
      const authorization = await authorizationOf(request);
      const caller = await accessTokens.verify(authorization);
      if (caller !== undefined && authorization !== undefined)
        contexts.set(request, { ...context, caller, authorization });
    });
  });
  // The body has been read by now; a context entered before would be lost on the way.
  app.addHook('preHandler', (request, _reply, done) => {
    const context = contexts.get(request);
    if (context === undefined) done();
    else runInContext(context, done);
  });
  // Node closes the idle connections at shutdown, but would keep those that a request is still running on until
  // they time out.
  let closing = false;
  app.addHook('preClose', (done) => {
    closing = true;
    done();
  });
  app.addHook('onSend', async (request, reply) => {
    const written = contexts.get(request)?.written;
    if (written !== undefined && written.size > 0)
      void reply.header(consistencyHeader, consistencyText(written));
    if (closing) void reply.header('connection', 'close');
  });
  app.addHook('onResponse', async (request, reply) => {
    metrics.requestSeconds(request.routeOptions.url ?? 'unknown', reply.statusCode, reply.elapsedTime / 1000);
  });
  app.setNotFoundHandler(async (request, reply) =>
    refuse(
      reply,
      404,
      { code: 'BAD_REQUEST', message: 'There is nothing at this address.' },
      contexts.get(request)?.correlationId,
    ),
  );
  app.setErrorHandler(async (error, request, reply) => {
    const { status, rejection } = answerTo(error);
    const correlationId = contexts.get(request)?.correlationId;
    if (status >= 500) {
      log.error({ err: error, correlationId, route: request.routeOptions.url }, 'request failed');
    }
    return refuse(reply, status, rejection, correlationId);
  });
  return app;
}

function refuse(reply: FastifyReply, status: number, rejection: Rejection, correlationId?: string) {
  return reply
    .code(status)
    .type(problemMedia)
    .send(JSON.stringify(problemOf(status, rejection, correlationId)));
}

function answerTo(error: unknown): { status: number; rejection: Rejection } {
  if (error instanceof PublicError) {
    const code = String(error.extensions['code']);
    return { status: statusOfCode[code] ?? 400, rejection: { code, message: error.message } };
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
  if (status === 413) {
    return {
      status,
      rejection: { code: 'BODY_TOO_LARGE', message: `The request is larger than ${bodyLimitBytes} bytes.` },
    };
  }
  if (status >= 400 && status < 500) {
    return { status, rejection: { code: 'BAD_REQUEST', message: 'The request is not understood.' } };
  }
  const rejection = publicFault(error);
  return { status: rejection.code === 'INTERNAL_ERROR' ? 500 : 503, rejection };
}

/** Of the codes of services themselves; all others are of what was asked: 400. */
const statusOfCode: Readonly<Record<string, number>> = {
  UNAUTHENTICATED: 401,
  SESSION_ENDED: 401,
  SIGN_IN_FAILED: 401,
  FORBIDDEN: 403,
  ORIGIN_REFUSED: 403,
  SESSION_NOT_FOUND: 404,
  SIGN_IN_THROTTLED: 429,
};

/** A key that is left out without a word would let a client believe that its mutation is safe to repeat. */
function checkIdempotencyKey({ headers }: FastifyRequest, { idempotencyKey }: WorkContext): void {
  if (headers[idempotencyKeyHeader] === undefined || idempotencyKey !== undefined) return;
  const message = `The idempotency key is not valid: ${idempotencyKeyRule}.`;
  throw new PublicError({ code: 'IDEMPOTENCY_KEY_INVALID', message });
}

function contextOf(request: FastifyRequest, deadlineMs: number): WorkContext {
  const { headers } = request;
  const orderId = headers['x-order-id'];
  const consistency = headers[consistencyHeader];
  const idempotencyKey = idempotencyKeyIn(headers[idempotencyKeyHeader]);
  const asked = headers['x-deadline-ms'];
  const budget =
    typeof asked === 'string' && millisecondsPattern.test(asked)
      ? Math.min(Number(asked), longestDeadlineMs)
      : deadlineMs;
  return {
    correlationId: correlationIdFrom(headers['x-correlation-id']),
    traceparent: childTraceparent(traceparentOf(request.headers)),
    deadlineAt: performance.now() + budget,
    ...(typeof orderId === 'string' && /^[\w-]{1,64}$/.test(orderId) ? { orderId } : {}),
    written: new Map(),
    ...(typeof consistency === 'string' && consistencyIn(consistency) !== undefined ? { consistency } : {}),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
  };
}
