// The attacks that public lists name (graphql-cop's checks, the OWASP GraphQL cheat sheet), each against the gateway and
// both BFFs: refused with the code that stands here before any subgraph is asked, and nothing is told that helps.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { frontNames, openClientFronts, type ClientFronts } from './client-fronts.fixture.ts';

let fronts: ClientFronts;
before(async () => void (fronts = await openClientFronts()));
after(() => fronts[Symbol.asyncDispose]());

interface Attack {
  readonly name: string;
  readonly request: RequestInit & { readonly search?: string };
  readonly status: number;
  readonly code: string;
  /** The message names the limit. */
  readonly says?: RegExp;
}

/** The key is for the mutations at the mobile BFF. */
const json = { 'content-type': 'application/json', 'idempotency-key': 'attack' };

function post(body: unknown, headers: Readonly<Record<string, string>> = json): RequestInit {
  return { method: 'POST', headers, body: typeof body === 'string' ? body : JSON.stringify(body) };
}

function times(count: number, text: (index: number) => string): string {
  return Array.from({ length: count }, (_, index) => text(index)).join(' ');
}

const nested = (depth: number) =>
  `{ me ${'{ accounts { customer '.repeat(depth)} { id } ${'} }'.repeat(depth)} }`;
const circle = `{ __schema { types { fields { type { fields { type { fields { type { name } } } } } } } } }`;
const cancel = 'mutation { cancelOrder(input: { orderId: "ord-1" }) { __typename } }';
const batchOf = (count: number) =>
  Array.from({ length: count }, () => ({ query: '{ instruments { symbol } }' }));

const attacks: readonly Attack[] = [
  {
    name: 'alias overloading (graphql-cop)',
    request: post({ query: `{ ${times(201, (index) => `alias${index}: instruments { symbol }`)} }` }),
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    says: /201 aliases.* 200 are allowed/,
  },
  {
    name: 'array-based query batching (graphql-cop)',
    request: post(batchOf(10)),
    status: 400,
    code: 'BAD_REQUEST',
    says: /Batches are not served/,
  },
  {
    name: 'circular introspection (graphql-cop)',
    request: post({ query: circle }),
    status: 200,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'directive overloading (graphql-cop)',
    request: post({ query: `{ __typename ${'@skip(if: false) '.repeat(11)} }` }),
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    says: /11 directives at one field.* 10 are allowed/,
  },
  {
    name: 'field duplication (graphql-cop)',
    request: post({ query: `{ instruments { ${'symbol '.repeat(15_001)} } }` }),
    status: 200,
    code: 'GRAPHQL_PARSE_FAILED',
    says: /more that 2000 tokens/,
  },
  {
    name: 'field suggestions (graphql-cop)',
    request: post({ query: '{ instrument { symbo } instrumentz }' }),
    status: 200,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'mutation by GET (graphql-cop)',
    request: { headers: json, search: new URLSearchParams({ query: cancel }).toString() },
    status: 405,
    code: 'OPERATION_NOT_SUPPORTED',
  },
  {
    name: 'query by GET without a header against forgery (graphql-cop)',
    request: { search: new URLSearchParams({ query: '{ instruments { symbol } }' }).toString() },
    status: 400,
    code: 'CSRF_REFUSED',
  },
  {
    name: 'a playground for browsers, GraphiQL (graphql-cop)',
    request: { headers: { accept: 'text/html' } },
    status: 400,
    code: 'CSRF_REFUSED',
  },
  {
    name: 'introspection (graphql-cop)',
    request: post({ query: '{ __schema { queryType { name } } }' }),
    status: 200,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'POST of a form (graphql-cop)',
    request: post(new URLSearchParams({ query: '{ instruments { symbol } }' }).toString(), {
      'content-type': 'application/x-www-form-urlencoded',
    }),
    status: 415,
    code: 'BAD_REQUEST',
  },
  {
    name: 'trace mode (graphql-cop)',
    request: post({ query: '{ nothingSuch }' }, { ...json, 'apollo-tracing': '1', 'x-apollo-tracing': '1' }),
    status: 200,
    code: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    name: 'an unhandled error that shows its stack (graphql-cop)',
    request: post('{"query": ["{ __typename }"], "variables": "x"}'),
    status: 400,
    code: 'BAD_REQUEST',
  },
  {
    name: 'a body larger than any document (OWASP)',
    request: post({ query: `{ instruments { symbol } } #${'x'.repeat(256 * 1024)}` }),
    status: 413,
    code: 'BODY_TOO_LARGE',
    says: /larger than 262144 bytes/,
  },
  {
    name: 'a depth attack (OWASP)',
    request: post({ query: nested(20) }),
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    says: /levels of fields.* 40 are allowed/,
  },
  {
    name: 'an alias attack on one mutation, as on a password (OWASP)',
    request: post({
      query: `mutation { ${times(61, (index) => `try${index}: cancelOrder(id: "ord-${index}") { __typename }`)} }`,
    }),
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    says: /61 root fields.* 60 are allowed/,
  },
  {
    name: 'a batching attack of two (OWASP)',
    request: post(batchOf(2)),
    status: 400,
    code: 'BAD_REQUEST',
    says: /Batches are not served/,
  },
  {
    name: 'a directive overload over many fields (OWASP)',
    request: post({
      query: `{ ${times(41, (index) => `__typename ${'@include(if: true) '.repeat(5)}#${index}\n`)} }`,
    }),
    status: 200,
    code: 'QUERY_TOO_COMPLEX',
    says: /205 directives.* 200 are allowed/,
  },
];

async function attack(url: string, { search = '', ...request }: Attack['request']) {
  const response = await fetch(`${url}/graphql?${search}`, request);
  const text = await response.text();
  const {
    data,
    errors = [],
    extensions,
  } = JSON.parse(text) as {
    data?: unknown;
    errors?: { message: string; extensions: { code: string } }[];
    extensions?: unknown;
  };
  return {
    status: response.status,
    type: response.headers.get('content-type'),
    text,
    data,
    errors,
    extensions,
  };
}

for (const front of frontNames) {
  for (const { name, request, status, code, says } of attacks) {
    test(`${front} refuses ${name}`, async () => {
      const before = fronts.marketRequests();
      const answer = await attack(fronts.urls[front], request);
      assert.deepEqual([answer.status, answer.errors[0]?.extensions.code], [status, code], answer.text);
      if (says !== undefined) assert.match(answer.errors[0]?.message ?? '', says);
      assert.equal(answer.data ?? null, null);
      assert.equal(answer.extensions, undefined);
      assert.match(answer.type ?? '', /^application\/(json|(graphql-response|problem)\+json)/);
      assert.doesNotMatch(answer.text, /[Dd]id you mean|stack|\.ts:|node_modules|tracing/);
      assert.equal(fronts.marketRequests(), before, 'no subgraph is asked');
    });
  }

  test(`${front} answers what is no attack`, async () => {
    const headers = { ...json, authorization: `Bearer ${fronts.token}` };
    const answer = await attack(fronts.urls[front], post({ query: '{ instruments { symbol } }' }, headers));
    assert.deepEqual([answer.status, answer.data], [200, { instruments: [] }], answer.text);
  });
}
