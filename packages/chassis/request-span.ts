// The server span of an HTTP request, from its headers to its last byte, named and described as OpenTelemetry's
// semantic conventions for HTTP have it.
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { WorkContext } from './context.ts';
import { contextAttributes, type Tracing } from './tracing.ts';

/** The parent's span, as the client sent it. */
export function traceparentOf(headers: IncomingHttpHeaders): string | undefined {
  const given = headers['traceparent'];
  return typeof given === 'string' ? given : undefined;
}

/** The context that the request is served in: within its span when one is recorded, else as it is. */
export function beginRequestSpan(
  tracing: Tracing,
  context: WorkContext,
  request: FastifyRequest,
  reply: FastifyReply,
): WorkContext {
  const { config, url: route } = request.routeOptions;
  if (config.untraced === true) return context;
  const { method } = request;
  const span = tracing.begin(
    traceparentOf(request.headers),
    route === undefined ? method : `${method} ${route}`,
    {
      kind: 'server',
      attributes: {
        ...contextAttributes(context),
        'http.request.method': method,
        'url.scheme': request.protocol,
        // A path that is none of ours may hold anything.
        ...(route === undefined ? {} : { 'http.route': route, 'url.path': pathOf(request.url) }),
      },
    },
  );
  if (span === undefined) return context;
  // Also when the client goes away before it is answered.
  reply.raw.once('close', () => {
    const { statusCode, writableFinished } = reply.raw;
    if (writableFinished) span.set({ 'http.response.status_code': statusCode });
    if (!writableFinished) span.fail('client_gone');
    else if (statusCode >= 500) span.fail(String(statusCode));
    span.end();
  });
  return { ...context, traceparent: span.traceparent, span };
}

/** Without the query, which may hold secrets. */
export function pathOf(url: string): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
