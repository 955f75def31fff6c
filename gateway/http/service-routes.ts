// What a server answers beside GraphQL: whether it lives, whether it is ready for traffic, its metrics.
import type { HttpAnswer } from './http-message.ts';
import { errorsText } from './http-refused.ts';

export interface ServiceRouteOptions {
  /** Default: as soon as it listens. */
  readonly isReady?: () => boolean;
  /** Text in Prometheus' format; without it there is no /metrics. */
  readonly metrics?: () => string | Promise<string>;
}

const json = 'application/json; charset=utf-8';

/** `draining`: the server is about to end, so that balancers should look elsewhere. */
export async function answerServiceRoute(
  path: string,
  method: string,
  { isReady, metrics }: ServiceRouteOptions,
  draining: boolean,
): Promise<HttpAnswer> {
  const text = await textOf(path, metrics);
  if (text === undefined) {
    return jsonAnswer(404, errorsText('BAD_REQUEST', 'There is nothing at this address.'));
  }
  if (method !== 'GET' && method !== 'HEAD') {
    const refused = jsonAnswer(405, errorsText('BAD_REQUEST', 'Only GET is served here.'));
    refused.headers.push('allow', 'GET, HEAD');
    return refused;
  }
  if (path === '/readyz' && (draining || isReady?.() === false)) {
    return jsonAnswer(503, '{"status":"not ready"}');
  }
  if (path !== '/metrics') return jsonAnswer(200, text);
  return { status: 200, headers: ['content-type', 'text/plain; version=0.0.4; charset=utf-8'], body: text };
}

async function textOf(path: string, metrics: ServiceRouteOptions['metrics']): Promise<string | undefined> {
  if (path === '/healthz') return '{"status":"alive"}';
  if (path === '/readyz') return '{"status":"ready"}';
  return path === '/metrics' ? metrics?.() : undefined;
}

function jsonAnswer(status: number, body: string): HttpAnswer {
  return { status, headers: ['content-type', json, 'cache-control', 'no-store'], body };
}
