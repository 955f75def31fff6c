// A page elsewhere can make a browser send requests with this site's cookies, as long as they are "simple" ones that
// need no CORS preflight. So a GET must carry something that a simple request cannot: a JSON content type or one of
// a few headers. A POST needs none of it, since nothing but application/json is read (read-parameters.ts).
import type { IncomingHttpHeaders } from 'node:http';
import { HttpRefused } from './http-refused.ts';

/** What Apollo's clients send, and the name that the specification's notes propose. */
export const preflightHeaders: readonly string[] = [
  'x-apollo-operation-name',
  'apollo-require-preflight',
  'graphql-require-preflight',
];

/** What a form or a script can send without a preflight (Fetch, "CORS-safelisted request-header"). */
const simpleTypes = new Set(['application/x-www-form-urlencoded', 'multipart/form-data', 'text/plain']);

export function refuseSimpleRequest(headers: IncomingHttpHeaders, required: readonly string[]): void {
  const contentType = headers['content-type'];
  if (contentType !== undefined && isPreflighted(contentType)) return;
  for (const name of required) {
    const value = headers[name];
    if (value !== undefined && value !== '') return;
  }
  throw new HttpRefused(
    400,
    'CSRF_REFUSED',
    `A browser could have sent this from any page: give a content-type of application/json or one of the headers ${required.join(', ')}.`,
  );
}

function isPreflighted(contentType: string): boolean {
  const type = contentType.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return /^[\w.+-]+\/[\w.+-]+$/.test(type) && !simpleTypes.has(type);
}
