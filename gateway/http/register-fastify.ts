// The front as a plugin of a fastify server, whose hooks (correlation id, tokens, metrics) run around it as around any
// other route.
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { HttpFront } from './http-front.ts';
import type { HttpRequest, KnownRequest } from './http-message.ts';

export interface FastifyRouteOptions {
  /** What the server around has decided about this request. */
  readonly knownOf?: (request: FastifyRequest) => KnownRequest;
}

/** The server's own body limit holds, and its error handler answers what goes beyond it. */
export async function registerFastify(
  app: FastifyInstance,
  front: HttpFront,
  { knownOf }: FastifyRouteOptions = {},
): Promise<void> {
  // A scope of its own: other routes keep their parsers.
  await app.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    // Whatever it claims to be, the front judges it.
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, body, done) => done(null, body));
    scope.all(front.path, async (request, reply) => {
      const client = new AbortController();
      reply.raw.on('close', () => {
        if (!reply.raw.writableFinished) client.abort();
      });
      const { method, url, headers, body } = request;
      const given: HttpRequest = {
        method,
        url,
        headers,
        body: typeof body === 'string' ? body : '',
        signal: client.signal,
        ...(knownOf === undefined ? {} : { known: knownOf(request) }),
      };
      return send(reply, await front.answerHttp(given));
    });
  });
}

function send(reply: FastifyReply, answer: Awaited<ReturnType<HttpFront['answerHttp']>>): FastifyReply {
  const { status, headers, body } = answer;
  void reply.code(status);
  for (let index = 0; index + 1 < headers.length; index += 2) {
    const name = headers[index] ?? '';
    const value = headers[index + 1] ?? '';
    const before = name === 'vary' ? reply.getHeader(name) : undefined;
    void reply.header(name, before === undefined ? value : `${String(before)}, ${value}`);
  }
  return reply.send(typeof body === 'string' || Buffer.isBuffer(body) ? body : Readable.from(body));
}
