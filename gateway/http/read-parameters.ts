// The parameters of a GraphQL-over-HTTP request, out of a POST's JSON or a GET's query string (sections 4.1 to 4.4 of
// the specification). Null counts as absent; unknown members are ignored, as the specification says.
import { HttpRefused, malformed, notUnderstood } from './http-refused.ts';

export interface RequestParameters {
  readonly query: string | undefined;
  readonly operationName: string | undefined;
  readonly variables: Readonly<Record<string, unknown>> | undefined;
  readonly extensions: Readonly<Record<string, unknown>> | undefined;
  /** A trusted document's id, by whichever of its names. */
  readonly documentId: string | undefined;
}

/** JSON in UTF-8 and nothing else: other types a browser would send without asking, other charsets hide things. */
export function checkContentType(contentType: string | undefined, contentEncoding: string | undefined): void {
  if (contentType !== 'application/json' && !isJson(contentType)) {
    throw new HttpRefused(415, 'BAD_REQUEST', 'A POST must carry application/json in UTF-8.', {
      headers: ['accept', 'application/json'],
    });
  }
  if (contentEncoding !== undefined && contentEncoding !== 'identity') {
    throw new HttpRefused(415, 'BAD_REQUEST', 'A compressed request is not understood.', {
      headers: ['accept-encoding', 'identity'],
    });
  }
}

function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (type.trim() !== 'application/json') return false;
  const charset = parameters.map((parameter) => parameter.trim()).find((text) => text.startsWith('charset='));
  return charset === undefined || /^charset="?utf-?8"?$/.test(charset);
}

/** One operation, or the entries of a batch. */
export function readBody(body: string): RequestParameters | unknown[] {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw notUnderstood('The request is not JSON.');
  }
  return Array.isArray(value) ? value : readParameters(value);
}

export function readParameters(value: unknown): RequestParameters {
  if (!isObject(value)) throw malformed('The request must be a JSON object.');
  return {
    // Some clients send an empty text beside a hash.
    query: textOf(value['query'], 'query') || undefined,
    operationName: textOf(value['operationName'], 'operationName') || undefined,
    variables: objectOf(value['variables'], 'variables'),
    extensions: objectOf(value['extensions'], 'extensions'),
    documentId: documentIdOf(value),
  };
}

/** `search` is the URL's part behind the question mark. */
export function readSearch(search: string): RequestParameters {
  const given = new URLSearchParams(search);
  const names = [...given.keys()];
  if (new Set(names).size !== names.length) throw malformed('A parameter is given more than once.');
  return readParameters({
    query: given.get('query'),
    operationName: given.get('operationName'),
    variables: jsonOf(given, 'variables'),
    extensions: jsonOf(given, 'extensions'),
    documentId: given.get('documentId') ?? given.get('id'),
  });
}

function documentIdOf(value: Readonly<Record<string, unknown>>): string | undefined {
  const id = value['documentId'] ?? value['id'];
  // Other members named `id` are not ours to judge.
  return typeof id === 'string' ? id : undefined;
}

function jsonOf(given: URLSearchParams, name: string): unknown {
  const text = given.get(name);
  if (text === null || text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw malformed(`${name} is not JSON.`);
  }
}

function textOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string') throw malformed(`${name} must be a string.`);
  return value;
}

function objectOf(value: unknown, name: string): Readonly<Record<string, unknown>> | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) throw malformed(`${name} must be an object.`);
  return value;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
