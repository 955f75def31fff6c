// The front without a server: what is refused, with which status and code, and what reaches the engine.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { test } from 'node:test';
import type { GatewayRequest, RequestHandler } from '../gateway-request.ts';
import type { FrontFailure, HttpFrontOptions } from './front-options.ts';
import { graphqlJsHandler } from './graphql-js-handler.fixture.ts';
import { createHttpFront } from './http-front.ts';
import type { HttpRequest } from './http-message.ts';
import { HttpRefused } from './http-refused.ts';
import { readManifest } from './trusted-documents.ts';

interface Seen {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
  readonly code: unknown;
}

/** A front that answers requests made of their differing parts. */
function frontWith(options: HttpFrontOptions = {}, handler: RequestHandler = graphqlJsHandler()) {
  const front = createHttpFront(handler, options);
  return async (request: Partial<HttpRequest>): Promise<Seen> => {
    const { status, headers, body } = await front.answerHttp({
      method: 'POST',
      url: '/graphql',
      body: '',
      signal: undefined,
      ...request,
      headers: { 'content-type': 'application/json', ...request.headers },
    });
    const pairs = headers.flatMap((name, index) =>
      index % 2 === 0 ? [[name, headers[index + 1] ?? ''] as const] : [],
    );
    const text = String(body);
    return { status, headers: new Map(pairs), text, code: codeOf(text) };
  };
}

function codeOf(text: string): unknown {
  if (!text.startsWith('{')) return undefined;
  return (JSON.parse(text) as { errors?: { extensions?: { code?: unknown } }[] }).errors?.[0]?.extensions
    ?.code;
}

const greeting = JSON.stringify({ query: '{ greeting }' });
const get = (search: string, headers: HttpRequest['headers'] = { 'apollo-require-preflight': '1' }) => ({
  method: 'GET',
  url: `/graphql?${search}`,
  headers: { ...headers, 'content-type': headers['content-type'] },
});

test('answers a POST', async () => {
  const { status, headers, text } = await frontWith()({ body: greeting });
  assert.equal(status, 200);
  assert.equal(text, '{"data":{"greeting":"Hello you"}}');
  assert.equal(headers.get('content-type'), 'application/json; charset=utf-8');
});

const refusals: [
  what: string,
  request: Partial<HttpRequest>,
  status: number,
  code: string,
  header?: string,
][] = [
  ['a PUT', { method: 'PUT' }, 405, 'BAD_REQUEST', 'allow'],
  ['an Accept that nothing meets', { headers: { accept: 'text/html' } }, 406, 'BAD_REQUEST'],
  ['a form', { headers: { 'content-type': 'application/x-www-form-urlencoded' } }, 415, 'BAD_REQUEST'],
  ['a POST without content-type', { headers: { 'content-type': undefined } }, 415, 'BAD_REQUEST'],
  ['another charset', { headers: { 'content-type': 'application/json; charset=utf-7' } }, 415, 'BAD_REQUEST'],
  ['a compressed body', { headers: { 'content-encoding': 'gzip' } }, 415, 'BAD_REQUEST'],
  ['half a JSON', { body: '{"query":' }, 400, 'BAD_REQUEST'],
  ['no body', { body: '' }, 400, 'BAD_REQUEST'],
  ['null', { body: 'null' }, 400, 'BAD_REQUEST'],
  ['no query', { body: '{}' }, 400, 'BAD_REQUEST'],
  ['an empty query', { body: '{"query":""}' }, 400, 'BAD_REQUEST'],
  ['a query that is no string', { body: '{"query":1}' }, 400, 'BAD_REQUEST'],
  ['variables that are no object', { body: '{"query":"{a}","variables":[]}' }, 400, 'BAD_REQUEST'],
  ['an operation name that is no string', { body: '{"query":"{a}","operationName":1}' }, 400, 'BAD_REQUEST'],
  ['a batch', { body: `[${greeting}]` }, 400, 'BAD_REQUEST'],
  ['a parameter given twice', get('query=%7Ba%7D&query=%7Bb%7D'), 400, 'BAD_REQUEST'],
  ['variables of a GET that are no JSON', get('query=%7Ba%7D&variables=x'), 400, 'BAD_REQUEST'],
  ['a GET that a page could send', get('query=%7Bgreeting%7D', {}), 400, 'CSRF_REFUSED'],
  ['a GET as a form', get('query=%7Ba%7D', { 'content-type': 'text/plain' }), 400, 'CSRF_REFUSED'],
  [
    'a mutation by GET',
    get('query=mutation%7Bremember(text%3A%22x%22)%7D'),
    405,
    'OPERATION_NOT_SUPPORTED',
    'allow',
  ],
];

for (const [what, request, status, code, header] of refusals) {
  test(`refuses ${what} with ${status} ${code}`, async () => {
    const seen = await frontWith()(request);
    assert.deepEqual([seen.status, seen.code], [status, code], seen.text);
    if (header !== undefined) assert.ok(seen.headers.has(header));
    assert.ok(seen.headers.has('x-correlation-id'));
  });
}

test('answers a GET with variables and operation name, uncached', async () => {
  const search = new URLSearchParams({
    query: 'query A { __typename } query B($n: String) { greeting(name: $n) }',
    operationName: 'B',
    variables: '{"n":"Ada & Bob"}',
  });
  const seen = await frontWith()(get(search.toString()));
  assert.equal(seen.text, '{"data":{"greeting":"Hello Ada & Bob"}}');
  assert.equal(seen.headers.get('cache-control'), 'no-store');
});

test('by the 2026 edition errors say what they are, and data with errors is 294', async () => {
  const ask = frontWith({ statusCodes: '2026' });
  const invalid = await ask({ body: '{"query":"{ nothing }"}', headers: { accept: 'application/json' } });
  assert.equal(invalid.status, 422);
  assert.match(invalid.headers.get('content-type') ?? '', /^application\/graphql-response\+json/);
  const partial = await ask({
    body: '{"query":"{ broken greeting }"}',
    headers: { accept: 'application/graphql-response+json' },
  });
  assert.equal(partial.status, 294);
});

test('a bug shows its correlation id and nothing else, and is reported', async () => {
  const failures: FrontFailure[] = [];
  const ask = frontWith(
    { report: (failure) => void failures.push(failure) },
    { handle: () => Promise.reject(new Error('the secret')) },
  );
  const seen = await ask({ body: greeting, headers: { 'x-correlation-id': 'bug-1' } });
  assert.equal(seen.status, 500);
  assert.deepEqual(JSON.parse(seen.text), {
    errors: [
      {
        message: 'Something went wrong here; quote the correlation id when you ask us.',
        extensions: { code: 'INTERNAL_ERROR', correlationId: 'bug-1' },
      },
    ],
  });
  assert.deepEqual(
    failures.map(({ error, correlationId }) => [String(error), correlationId]),
    [['Error: the secret', 'bug-1']],
  );
});

test('what the request brings along reaches the engine', async () => {
  const handler = graphqlJsHandler();
  const before = performance.now();
  const caller = { isAuthenticated: true, scopes: new Set(['read']), policies: new Set<string>() };
  const ask = frontWith(
    { forwardHeaders: ['Authorization', 'x-tenant'], callerOf: async () => caller },
    handler,
  );
  await ask({
    body: greeting,
    headers: {
      authorization: 'Bearer t',
      cookie: 'session=1',
      'x-tenant': 'blue',
      'x-deadline-ms': '700',
      'x-correlation-id': 'id_1-2',
      traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
      tracestate: 'a=b',
      'apollographql-client-name': 'web',
      'apollographql-client-version': '7',
    },
  });
  const request = handler.requests[0] as GatewayRequest;
  assert.deepEqual(request.context.headers, [
    ['authorization', 'Bearer t'],
    ['x-tenant', 'blue'],
  ]);
  assert.deepEqual(request.context.tracingHeaders, [
    ['x-correlation-id', 'id_1-2'],
    ['traceparent', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'],
    ['tracestate', 'a=b'],
  ]);
  assert.ok(
    request.context.deadlineAt - before >= 700 && request.context.deadlineAt - performance.now() <= 700,
  );
  assert.deepEqual(request.client, { name: 'web', version: '7' });
  assert.equal(request.caller, caller);
  assert.equal(request.allowMutation, true);
  assert.equal(request.acceptsIncremental, false);
});

test('a caller whose token is refused gets that answer', async () => {
  const callerOf = () => {
    throw new HttpRefused(401, 'UNAUTHENTICATED', 'Sign in.');
  };
  const seen = await frontWith({ callerOf })({ body: greeting });
  assert.deepEqual([seen.status, seen.code], [401, 'UNAUTHENTICATED']);
});

test('a batch within the limit is answered entry by entry', async () => {
  const ask = frontWith({ mostInBatch: 3 });
  const seen = await ask({ body: `[${greeting},{"query":1},{"query":"{ nothing }"}]` });
  assert.equal(seen.status, 200);
  const answers = JSON.parse(seen.text) as { data?: unknown; errors?: { extensions: { code: string } }[] }[];
  assert.deepEqual(answers[0], { data: { greeting: 'Hello you' } });
  assert.deepEqual(
    answers.map(({ errors }) => errors?.[0]?.extensions.code),
    [undefined, 'BAD_REQUEST', 'GRAPHQL_VALIDATION_FAILED'],
  );
  assert.equal((await ask({ body: `[${[1, 2, 3, 4].map(() => greeting).join(',')}]` })).status, 400);
  assert.equal((await ask({ body: '[]' })).status, 400);
});

const sha256Hash = hash('sha256', '{ greeting }');
const persisted = { persistedQuery: { version: 1, sha256Hash } };

test('a persisted query is asked for once, then known by its hash', async () => {
  const ask = frontWith();
  const byHash = { body: JSON.stringify({ extensions: persisted }) };
  const unknown = await ask(byHash);
  assert.deepEqual([unknown.status, unknown.code], [200, 'PERSISTED_QUERY_NOT_FOUND']);
  assert.match(unknown.text, /"message":"PersistedQueryNotFound"/);
  assert.equal(
    (await ask({ body: JSON.stringify({ query: '{ greeting }', extensions: persisted }) })).status,
    200,
  );
  assert.equal((await ask(byHash)).text, '{"data":{"greeting":"Hello you"}}');
  const search = new URLSearchParams({ extensions: JSON.stringify(persisted) });
  assert.equal((await ask(get(search.toString()))).text, '{"data":{"greeting":"Hello you"}}');
});

test('a persisted query must match its hash, and is not kept when the engine refuses it', async () => {
  const ask = frontWith();
  const other = await ask({ body: JSON.stringify({ query: '{ broken }', extensions: persisted }) });
  assert.deepEqual([other.status, other.code], [400, 'BAD_REQUEST']);
  const wrong = { persistedQuery: { version: 1, sha256Hash: hash('sha256', '{ nothing }') } };
  await ask({ body: JSON.stringify({ query: '{ nothing }', extensions: wrong }) });
  assert.equal(
    (await ask({ body: JSON.stringify({ extensions: wrong }) })).code,
    'PERSISTED_QUERY_NOT_FOUND',
  );
});

test('persisted queries that are off say so', async () => {
  const ask = frontWith({ persistedQueries: false });
  for (const query of [undefined, '{ greeting }']) {
    const seen = await ask({ body: JSON.stringify({ query, extensions: persisted }) });
    assert.equal(seen.code, 'PERSISTED_QUERY_NOT_SUPPORTED');
  }
});

test('the store of persisted queries forgets what was used longest ago', async () => {
  const ask = frontWith({ persistedQueries: { mostDocuments: 1 } });
  await ask({ body: JSON.stringify({ query: '{ greeting }', extensions: persisted }) });
  const newer = { persistedQuery: { version: 1, sha256Hash: hash('sha256', '{ __typename }') } };
  await ask({ body: JSON.stringify({ query: '{ __typename }', extensions: newer }) });
  assert.equal(
    (await ask({ body: JSON.stringify({ extensions: persisted }) })).code,
    'PERSISTED_QUERY_NOT_FOUND',
  );
  assert.equal((await ask({ body: JSON.stringify({ extensions: newer }) })).status, 200);
});

test('trusted documents are known by id in every way that clients name it', async () => {
  const trustedDocuments = readManifest(
    JSON.stringify({ [sha256Hash]: '{ greeting }', short: '{ greeting }' }),
  );
  const ask = frontWith({ trustedDocuments, onlyTrusted: true });
  for (const parameters of [
    { documentId: 'short' },
    { id: 'short' },
    { documentId: `sha256:${sha256Hash}` },
    { extensions: persisted },
    { query: '{ greeting }' },
    { query: '{ greeting }', extensions: persisted },
  ]) {
    assert.equal((await ask({ body: JSON.stringify(parameters) })).status, 200, JSON.stringify(parameters));
  }
});

test('only trusted documents: any other is refused, also by an unknown id or hash', async () => {
  const ask = frontWith({ trustedDocuments: readManifest('{"a":"{ greeting }"}'), onlyTrusted: true });
  for (const parameters of [
    { query: '{ __typename }' },
    { documentId: 'b' },
    { documentId: '__proto__' },
    { extensions: persisted },
  ]) {
    const seen = await ask({ body: JSON.stringify(parameters) });
    assert.deepEqual([seen.status, seen.code], [403, 'TRUSTED_DOCUMENTS_ONLY'], JSON.stringify(parameters));
  }
  assert.throws(() => frontWith({ onlyTrusted: true }), /onlyTrusted/);
});

test('pages of listed origins may read answers, and no others', async () => {
  const ask = frontWith({ cors: { origins: ['https://app.example.com'], credentials: true } });
  const read = async (origin: string) => (await ask({ body: greeting, headers: { origin } })).headers;
  const allowed = await read('https://app.example.com');
  assert.equal(allowed.get('access-control-allow-origin'), 'https://app.example.com');
  assert.equal(allowed.get('access-control-allow-credentials'), 'true');
  assert.equal(allowed.get('access-control-expose-headers'), 'x-correlation-id');
  assert.equal(allowed.get('vary'), 'origin');
  for (const origin of ['https://app.example.com.evil.example', 'http://app.example.com', 'null']) {
    const headers = await read(origin);
    assert.equal(headers.has('access-control-allow-origin'), false, origin);
    assert.equal(headers.get('vary'), 'origin');
  }
  assert.throws(() => frontWith({ cors: { origins: '*', credentials: true } }), /credentials/);
});

test('a preflight is answered without the engine', async () => {
  const handler = graphqlJsHandler();
  const ask = frontWith({ cors: { origins: '*', maxAgeSeconds: 60 } }, handler);
  const headers = { origin: 'https://x.example', 'access-control-request-method': 'POST' };
  const seen = await ask({ method: 'OPTIONS', headers });
  assert.equal(seen.status, 204);
  assert.equal(seen.headers.get('access-control-allow-origin'), '*');
  assert.equal(seen.headers.get('access-control-max-age'), '60');
  assert.match(seen.headers.get('access-control-allow-headers') ?? '', /content-type, authorization/);
  assert.equal(handler.requests.length, 0);
  assert.equal((await frontWith()({ method: 'OPTIONS', headers })).status, 405);
});
