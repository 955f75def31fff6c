// Queries and mutations over HTTP as a BFF serves them: looked at (operation-request.ts, forwarded-request.ts), then
// asked of the gateway in the way they came, by POST or GET.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import {
  currentContext,
  errorExtensions,
  GivenUp,
  problemMedia,
  problemOf,
  type Logger,
} from '@simplebank/chassis';
import { cachedAnswer } from './cached-answer.ts';
import type { ClientDocuments } from './client-documents.ts';
import { forwardedRequest } from './forwarded-request.ts';
import type { GatewayClient } from './gateway-client.ts';
import { limitRequest } from './limits/limit-request.ts';
import { costOf, type RateLimits } from './limits/rate-limits.ts';
import { checkRequest, graphqlMedia, OperationRefused } from './operation-request.ts';

/** Nobody reads it; in metrics it tells such requests from faults. */
const clientGone = 499;
const documentCodes: ReadonlySet<string> = new Set(['TRUSTED_DOCUMENTS_ONLY', 'PERSISTED_QUERY_NOT_FOUND']);

export interface HttpOperationsOptions {
  readonly documents: ClientDocuments;
  readonly limits: RateLimits;
  readonly gateway: GatewayClient;
  readonly log: Logger;
}

export function serveOperations(scope: FastifyInstance, options: HttpOperationsOptions): void {
  answerRefusals(scope);
  scope.removeAllContentTypeParsers();
  // Whatever it claims to be, `checkRequest` judges it.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  scope.all('/graphql', async (request, reply) => {
    try {
      return await answer(options, request, reply);
    } catch (error) {
      if (error instanceof GivenUp) return reply.code(clientGone).send();
      throw error;
    }
  });
}

async function answer(
  { documents, limits, gateway, log }: HttpOperationsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  checkRequest(request.method, request.headers);
  const forwarded = forwardedRequest(documents, request);
  // The cost is that of the document itself, also when only its hash was sent.
  limitRequest(limits, request, costOf(forwarded.body ?? forwarded.search ?? ''));
  const { status, contentType, text } = await gateway.forward({ ...forwarded, signal: goneSignal(reply) });
  // The first line of everything that the client's request sets off, under the same correlation id.
  log.info({ status, ms: Math.round((performance.now() - startedAt) * 10) / 10 }, 'request');
  if (status === 405) void reply.header('allow', 'POST');
  const { headers, isUnchanged } = cachedAnswer(request.method, request.headers, { status, text });
  void reply.headers(headers);
  return isUnchanged ? reply.code(304).send() : reply.code(status).type(contentType).send(text);
}

/** Aborted when the connection ends before the answer; afterwards too, when nobody listens any more. */
function goneSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once('close', () => controller.abort());
  return controller.signal;
}

/** For all routes of the scope: what is thrown as OperationRefused is answered as `refuse` has it. */
export function answerRefusals(scope: FastifyInstance): void {
  scope.setErrorHandler(async (error, request, reply) => {
    if (error instanceof OperationRefused) return refuse(error, request, reply);
    throw error;
  });
}

/** What is said of a document is a GraphQL answer; all else is a problem of RFC 9457, as every service has it. */
export function refuse(
  refused: OperationRefused,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const { status, code, message, headers } = refused;
  // Before the request has a context of its own, its id is in the answer's header already.
  const given = reply.getHeader('x-correlation-id');
  const correlationId = currentContext()?.correlationId ?? (given === undefined ? undefined : String(given));
  void reply.headers({ 'cache-control': 'private, no-store', ...headers });
  if (!documentCodes.has(code)) {
    const body = problemOf(status, { code, message }, correlationId);
    return reply.code(status).type(problemMedia).send(JSON.stringify(body));
  }
  const media = request.headers.accept?.includes(graphqlMedia) === true ? graphqlMedia : 'application/json';
  // As GraphQL over HTTP wants it of application/json; some clients read no other answer before they send the text.
  const isAskedForText = code === 'PERSISTED_QUERY_NOT_FOUND' && media === 'application/json';
  return reply
    .code(isAskedForText ? 200 : status)
    .type(`${media}; charset=utf-8`)
    .send(JSON.stringify({ errors: [{ message, extensions: errorExtensions(code, correlationId) }] }));
}
