// Every request that is no request the BFF can answer, with the code that says why.
import type { WireRequest } from './http.fixture.ts';

export interface BadRequest {
  readonly what: string;
  readonly code: string;
  readonly request: WireRequest;
  /** Instead of /graphql. */
  readonly path?: string;
}

const me = '{ me { id } }';
const ordersPage = '{ account(id: "acc-1001") { orders(first: $n) { nodes { id } } } }';
const liveOrder = 'subscription { orderUpdated(orderId: "x") { sequence } }';
const hash = { version: 1, sha256Hash: 'a'.repeat(64) };
const as = (contentType: string) => ({ 'content-type': contentType });

function withCode(code: string, bodies: Readonly<Record<string, unknown>>): BadRequest[] {
  return Object.entries(bodies).map(([what, body]) => ({ what, code, request: { body } }));
}

export const badRequests: readonly BadRequest[] = [
  ...withCode('GRAPHQL_PARSE_FAILED', {
    'a document that does not parse': { query: '{ me { id }' },
    'a document of comments': { query: '# nothing' },
    'a document of too many tokens': { query: `{ me { ${'id '.repeat(20_000)} } }` },
    'a document of too many levels': { query: '{ me '.repeat(30_000) },
  }),
  ...withCode('GRAPHQL_VALIDATION_FAILED', {
    'a field that does not exist': { query: '{ me { password } }' },
    'a variable in a place of another type': { query: `query Q($n: String) ${ordersPage}` },
  }),
  ...withCode('BAD_USER_INPUT', {
    'a variable of a wrong type': { query: `query Q($n: Int!) ${ordersPage}`, variables: { n: 'two' } },
    'a variable that is missing': { query: `query Q($n: Int!) ${ordersPage}` },
  }),
  ...withCode('OPERATION_NOT_SUPPORTED', {
    'an operation name that is not in the document': { query: `query A ${me}`, operationName: 'B' },
    'two operations and no name': { query: `query A ${me} query B ${me}` },
    'a subscription by POST': { query: liveOrder },
  }),
  ...withCode('PERSISTED_QUERY_NOT_FOUND', {
    'a persisted query that nobody sent before': { extensions: { persistedQuery: hash } },
  }),
  ...withCode('BODY_TOO_LARGE', { 'a body over the limit': { query: `#${'x'.repeat(300 * 1024)}\n${me}` } }),
  ...withCode('BAD_REQUEST', {
    'an empty document': { query: '' },
    'no JSON': 'query=me',
    'half a JSON': '{"query":"{ me',
    'an empty body': '',
    'a JSON that is no object': '"{ me { id } }"',
    'null as the body': 'null',
    'no query': {},
    'a query that is no text': { query: { me: true } },
    'variables that are no object': { query: me, variables: 'none' },
    'a batch': [{ query: me }, { query: me }],
  }),
  {
    what: 'another content type',
    code: 'BAD_REQUEST',
    request: { body: me, headers: as('application/graphql') },
  },
  {
    what: 'a form, which any web page could send',
    code: 'BAD_REQUEST',
    request: { body: 'query=%7Bme%7Bid%7D%7D', headers: as('application/x-www-form-urlencoded') },
  },
  {
    what: 'a GET',
    code: 'CSRF_REFUSED',
    request: { method: 'GET' },
    path: `/graphql?query=${encodeURIComponent(me)}`,
  },
  { what: 'another path', code: 'BAD_REQUEST', request: { body: { query: me } }, path: '/graphiql' },
];
