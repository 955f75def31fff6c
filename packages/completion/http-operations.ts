// Queries and mutations over HTTP as a BFF serves them: looked at (operation-request.ts), then asked of the gateway in
// the way they came, by POST or GET.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from '@simplebank/chassis';
import type { ForwardedRequest, GatewayClient } from './gateway-client.ts';
import { acceptedMedia, checkRequest, graphqlMedia, OperationRefused } from './operation-request.ts';

export interface HttpOperationsOptions {
  readonly gateway: GatewayClient;
  readonly log: Logger;
}

export function serveOperations(scope: FastifyInstance, options: HttpOperationsOptions): void {
  scope.removeAllContentTypeParsers();
  // Whatever it claims to be, `checkRequest` judges it.
  scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
  scope.all('/graphql', async (request, reply) => {
    try {
      return await answer(options, request, reply);
    } catch (error) {
      if (error instanceof OperationRefused) return refuse(error, request, reply);
      throw error;
    }
  });
}

async function answer(
  { gateway, log }: HttpOperationsOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const startedAt = performance.now();
  checkRequest(request.method, request.headers);
  const { status, contentType, text } = await gateway.forward(asItCame(request));
  // The first line of everything that the client's request sets off, under the same correlation id.
  log.info({ status, ms: Math.round((performance.now() - startedAt) * 10) / 10 }, 'request');
  if (status === 405) void reply.header('allow', 'POST');
  return reply.code(status).type(contentType).header('cache-control', 'private, no-store').send(text);
}

function asItCame({ method, url, headers, body }: FastifyRequest): ForwardedRequest {
  const accept = acceptedMedia(headers);
  if (method === 'POST') return { body: typeof body === 'string' ? body : '', accept };
  const question = url.indexOf('?');
  return { search: question === -1 ? '' : url.slice(question), accept };
}

/** Errors have the shape of GraphQL's, so that a client reads one kind. */
export function refuse(
  { status, code, message, headers }: OperationRefused,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const media = request.headers.accept?.includes(graphqlMedia) === true ? graphqlMedia : 'application/json';
  return reply
    .code(status)
    .headers({ 'cache-control': 'private, no-store', ...headers })
    .type(`${media}; charset=utf-8`)
    .send(JSON.stringify({ errors: [{ message, extensions: { code } }] }));
}
