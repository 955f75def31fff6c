// An HTTP request as it goes on to the gateway: as it came where it carries its own text and any text is served, else
// made anew around the document that the client means, so that the gateway reads what was looked at here and no more.
// `extensions.fresh` is for reads of the BFF itself: from outside it would only keep equal queries from being shared.
import type { FastifyRequest } from 'fastify';
import { idempotencyKeyHeader } from '@simplebank/chassis';
import { hashOf, type ClientDocuments } from './client-documents.ts';
import type { ForwardedRequest } from './gateway-client.ts';
import { acceptedMedia, OperationRefused } from './operation-request.ts';

type Parameters = Readonly<Record<string, unknown>>;

/** A body that has none of this carries nothing that is kept back here; a name may be spelt with escapes. */
const worthReading = /"(?:documentId|persistedQuery|fresh)"|\\u/;

/** Throws OperationRefused. */
export function forwardedRequest(documents: ClientDocuments, request: FastifyRequest): ForwardedRequest {
  const accept = acceptedMedia(request.headers);
  return {
    ...(request.method === 'POST' ? bodyOf(documents, request) : searchOf(documents, request)),
    accept,
    idempotencyKey: request.headers[idempotencyKeyHeader],
  };
}

function bodyOf(documents: ClientDocuments, { body }: FastifyRequest): ForwardedRequest {
  const asItCame = { body: typeof body === 'string' ? body : '' };
  // The way of nearly all requests in development: nothing to look at.
  if (!documents.onlyTrusted && !worthReading.test(asItCame.body)) return asItCame;
  const given = parsed(asItCame.body);
  // What is no request at all is the gateway's to refuse, unless nothing unknown may pass.
  if (given === undefined) return documents.onlyTrusted ? notUnderstood() : asItCame;
  const { operationName, variables, extensions } = given;
  if (!documents.onlyTrusted && hashOf(given) === undefined) {
    return asksForFresh(extensions)
      ? { body: JSON.stringify({ ...given, extensions: withoutFresh(extensions) }) }
      : asItCame;
  }
  const query = documents.textOf(given);
  return { body: JSON.stringify({ query, operationName, variables, extensions: withoutHash(extensions) }) };
}

function searchOf(documents: ClientDocuments, { url }: FastifyRequest): ForwardedRequest {
  const question = url.indexOf('?');
  const search = question === -1 ? '' : url.slice(question);
  const parameters = new URLSearchParams(search);
  const extensions = parsed(parameters.get('extensions') ?? '{}');
  const [query, documentId] = [parameters.get('query'), parameters.get('documentId')];
  if (!documents.onlyTrusted && hashOf({ documentId, extensions }) === undefined) {
    if (!asksForFresh(extensions)) return { search };
    parameters.set('extensions', JSON.stringify(withoutFresh(extensions)));
    return { search: `?${parameters}` };
  }
  const text = documents.textOf({ query, documentId, extensions });
  const kept = new URLSearchParams(text === undefined ? {} : { query: text });
  for (const name of ['operationName', 'variables']) {
    const value = parameters.get(name);
    if (value !== null) kept.set(name, value);
  }
  return { search: `?${kept}` };
}

/** The gateway has the text now. */
function withoutHash(extensions: unknown): Parameters | undefined {
  if (typeof extensions !== 'object' || extensions === null) return undefined;
  const { persistedQuery: _persistedQuery, ...rest } = extensions as Parameters;
  return withoutFresh(rest);
}

function asksForFresh(extensions: unknown): extensions is Parameters {
  return typeof extensions === 'object' && extensions !== null && Object.hasOwn(extensions, 'fresh');
}

function withoutFresh({ fresh: _fresh, ...rest }: Parameters): Parameters {
  return rest;
}

function parsed(text: string): Parameters | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Parameters)
      : undefined;
  } catch {
    return undefined;
  }
}

function notUnderstood(): never {
  throw new OperationRefused({
    status: 400,
    code: 'BAD_REQUEST',
    message:
      'The body is one JSON object with a document that was registered before; batches are not served.',
  });
}
