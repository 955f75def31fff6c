// What a BFF looks at before a request goes to the gateway: method, cross-site request forgery and media types, by the
// GraphQL-over-HTTP specification. The rest of the specification (parameters, status codes) the gateway keeps.
import type { IncomingHttpHeaders } from 'node:http';

/** A GET must carry one: a page of another site can send none of them without a preflight, which nobody answers. */
const preflightHeaders: readonly string[] = [
  'x-apollo-operation-name',
  'apollo-require-preflight',
  'graphql-require-preflight',
];

export const graphqlMedia = 'application/graphql-response+json';

/** The request is refused before anything is done for it. */
export class OperationRefused extends Error {
  override readonly name = 'OperationRefused';
  readonly status: number;
  readonly code: string;
  /** Names and values of headers that the status asks for. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(refusal: {
    readonly status: number;
    readonly code: string;
    readonly message: string;
    readonly headers?: Readonly<Record<string, string>>;
  }) {
    super(refusal.message);
    this.status = refusal.status;
    this.code = refusal.code;
    this.headers = refusal.headers ?? {};
  }
}

/** Throws OperationRefused for another method, for what any page could have sent, and for a body that is not JSON. */
export function checkRequest(method: string, headers: IncomingHttpHeaders): void {
  if (method === 'POST') checkBodyType(headers);
  else if (method === 'GET') checkForgery(headers);
  else throw methodRefused('Only GET and POST are served here.', 'GET, POST');
}

function methodRefused(message: string, allow: string): OperationRefused {
  return new OperationRefused({ status: 405, code: 'BAD_REQUEST', message, headers: { allow } });
}

/** The media types to ask the gateway for: answers in parts are not passed on. */
export function acceptedMedia({ accept }: IncomingHttpHeaders): string | undefined {
  const ranges = accept?.split(',').filter((range) => !range.trim().toLowerCase().startsWith('multipart/'));
  return ranges === undefined || ranges.length === 0 ? undefined : ranges.join(',');
}

function checkBodyType(headers: IncomingHttpHeaders): void {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const charset = parameters.map((text) => text.trim()).find((text) => text.startsWith('charset='));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset);
  const encoding = headers['content-encoding'] ?? 'identity';
  if (type.trim() === 'application/json' && isUtf8 && encoding === 'identity') return;
  throw new OperationRefused({
    status: 415,
    code: 'BAD_REQUEST',
    message: 'A POST must carry application/json in UTF-8, not compressed.',
    headers: { accept: 'application/json' },
  });
}

function checkForgery(headers: IncomingHttpHeaders): void {
  const type = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type === 'application/json') return;
  if (preflightHeaders.some((name) => (headers[name] ?? '') !== '')) return;
  throw new OperationRefused({
    status: 400,
    code: 'CSRF_REFUSED',
    message: `A browser could have sent this from any page: give a content-type of application/json or one of the headers ${preflightHeaders.join(', ')}.`,
  });
}
