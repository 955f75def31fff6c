// CORS: which pages of other origins may read answers. Origins are compared as whole strings; there are no patterns,
// because patterns are where holes come from.
import type { IncomingHttpHeaders } from 'node:http';
import type { HttpAnswer } from './http-message.ts';

export interface CorsOptions {
  /** For example `https://app.example.com`; '*' lets any page read, then never with credentials. */
  readonly origins: readonly string[] | '*';
  /** Lets the browser send cookies along; default false. */
  readonly credentials?: boolean;
  /** How long a browser may remember the answer to its preflight. */
  readonly maxAgeSeconds?: number;
  readonly allowedHeaders?: readonly string[];
  readonly exposedHeaders?: readonly string[];
}

/** Browsers cap it at two hours (Chromium) or a day (Firefox). */
const defaultMaxAgeSeconds = 7_200;

const defaultAllowedHeaders = [
  'content-type',
  'authorization',
  'x-correlation-id',
  'x-deadline-ms',
  'traceparent',
  'tracestate',
  'apollographql-client-name',
  'apollographql-client-version',
  'x-client-name',
  'x-client-version',
  'x-apollo-operation-name',
  'apollo-require-preflight',
  'graphql-require-preflight',
];

export interface Cors {
  isPreflight(method: string, headers: IncomingHttpHeaders): boolean;
  answerPreflight(headers: IncomingHttpHeaders): HttpAnswer;
  /** Adds to the headers of any other answer. */
  addTo(answerHeaders: string[], headers: IncomingHttpHeaders): void;
}

export function createCors(options: CorsOptions): Cors {
  const { origins, credentials = false } = options;
  if (origins === '*' && credentials) {
    throw new Error("cors: origins '*' with credentials would let any page act for the user");
  }
  const allowed = new Set(origins);
  const exposed = (options.exposedHeaders ?? ['x-correlation-id']).join(', ');
  const allowHeaders = (options.allowedHeaders ?? defaultAllowedHeaders).join(', ');
  const maxAge = String(options.maxAgeSeconds ?? defaultMaxAgeSeconds);

  /** The same address answers differently by origin, so caches must know. */
  const addOrigin = (to: string[], origin: string | undefined): boolean => {
    if (origins === '*') {
      to.push('access-control-allow-origin', '*');
      return true;
    }
    to.push('vary', 'origin');
    if (origin === undefined || !allowed.has(origin)) return false;
    to.push('access-control-allow-origin', origin);
    if (credentials) to.push('access-control-allow-credentials', 'true');
    return true;
  };

  return {
    isPreflight: (method, headers) =>
      method === 'OPTIONS' && headers['access-control-request-method'] !== undefined,
    answerPreflight(headers) {
      const to: string[] = [];
      if (addOrigin(to, headers.origin)) {
        to.push('access-control-allow-methods', 'GET, POST');
        to.push('access-control-allow-headers', allowHeaders, 'access-control-max-age', maxAge);
      }
      return { status: 204, headers: to, body: '' };
    },
    addTo(to, { origin }) {
      if (addOrigin(to, origin) && exposed !== '') to.push('access-control-expose-headers', exposed);
    },
  };
}
