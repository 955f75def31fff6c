// What keeps pages of other sites out: the origins whose pages may ask, a header that no page can send without a preflight,
// and what every answer tells the browser to hold to. A cookie comes along with whatever a browser sends, so it counts only
// for requests that these rules let through (draft-ietf-oauth-browser-based-apps, section 6.1.3.3).
import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { PublicError } from '@simplebank/chassis';
import { streamMethods } from '@simplebank/completion';

const forgeryHeader = 'x-csrf';

/** API answers are no pages: nothing of them runs, is framed, or is shown by another site. */
const securityHeaders: Readonly<Record<string, string>> = {
  'content-security-policy': `default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`,
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'permissions-policy': 'camera=(), geolocation=(), microphone=(), payment=()',
  'referrer-policy': 'no-referrer',
  // Two years; browsers listen to it over TLS only.
  'strict-transport-security': 'max-age=63072000; includeSubDomains',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/** As long as any browser keeps it. */
const preflightSeconds = 7_200;
const allowedHeaders = [
  'authorization',
  'content-type',
  'idempotency-key',
  'last-event-id',
  'x-consistency',
  'x-correlation-id',
  'x-deadline-ms',
  'x-graphql-event-stream-token',
  forgeryHeader,
].join(', ');
const shownHeaders = 'etag, retry-after, x-consistency, x-correlation-id';

export interface BrowserRules {
  /** Throws PublicError ORIGIN_REFUSED for what a page of an origin that is not listed sent, also by an upgrade. */
  checkOrigin(headers: IncomingHttpHeaders): void;
  /** Throws PublicError CSRF_REFUSED without the header that a form or a link cannot send. */
  checkForgery(headers: IncomingHttpHeaders): void;
  /** For all of its routes. */
  hooks(app: FastifyInstance): void;
}

/** `origin` is the BFF's own; pages of `others` may ask too, with the session. */
export function createBrowserRules(origin: string, others: readonly string[]): BrowserRules {
  const known: ReadonlySet<string> = new Set([origin, ...others]);
  const allowed: ReadonlySet<string> = new Set(others);

  /** On the bare answer, so that none goes out without it, not even a stream's or an error's. */
  function prepare({ headers }: IncomingMessage, response: ServerResponse): void {
    for (const [name, value] of Object.entries(securityHeaders)) response.setHeader(name, value);
    if (headers.origin === undefined || !allowed.has(headers.origin)) return;
    response.setHeader('access-control-allow-origin', headers.origin);
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-expose-headers', shownHeaders);
    response.setHeader('vary', 'origin');
  }

  return {
    checkOrigin({ origin: from, 'sec-fetch-site': site }) {
      const isKnown = from === undefined ? site !== 'cross-site' && site !== 'same-site' : known.has(from);
      if (!isKnown)
        throw new PublicError({ code: 'ORIGIN_REFUSED', message: 'Pages of this origin may not ask here.' });
    },
    checkForgery(headers) {
      if ((headers[forgeryHeader] ?? '') === '')
        throw new PublicError({
          code: 'CSRF_REFUSED',
          message: `A browser could have sent this from any page: give the header ${forgeryHeader}: 1.`,
        });
    },
    hooks(app) {
      app.server.prependListener('request', prepare);
      app.addHook('onRequest', async ({ method, headers }, reply) => {
        const isPreflight = method === 'OPTIONS' && headers['access-control-request-method'] !== undefined;
        if (!isPreflight || !allowed.has(headers.origin ?? '')) return;
        void reply.headers({
          // No route has more of them than streams have.
          'access-control-allow-methods': streamMethods.join(', '),
          'access-control-allow-headers': allowedHeaders,
          'access-control-max-age': String(preflightSeconds),
        });
        return reply.code(204).send();
      });
      app.addHook('onSend', async ({ headers }, reply) => {
        const vary = reply.getHeader('vary');
        if (allowed.has(headers.origin ?? '') && vary !== undefined)
          void reply.header('vary', `${vary}, origin`);
      });
    },
  };
}
