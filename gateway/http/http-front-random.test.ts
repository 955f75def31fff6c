// Whatever is sent, the front answers: it never rejects, and every refusal is JSON with a code.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { graphqlJsHandler } from './graphql-js-handler.fixture.ts';
import { createHttpFront } from './http-front.ts';
import { readManifest } from './trusted-documents.ts';

const runs = 2_000;

const query = fc.oneof(
  fc.constantFrom('{ greeting }', '{ broken }', '{ nothing }', '{', ''),
  fc.json(),
  fc.string(),
);

const parameters = fc.record(
  {
    query: fc.oneof(query, fc.jsonValue()),
    operationName: fc.oneof(fc.string(), fc.jsonValue()),
    variables: fc.jsonValue(),
    extensions: fc.oneof(
      fc.jsonValue(),
      fc.record({
        persistedQuery: fc.oneof(
          fc.jsonValue(),
          fc.record({ version: fc.constant(1), sha256Hash: fc.string() }),
        ),
      }),
    ),
    documentId: fc.oneof(fc.string(), fc.constantFrom('a', 'constructor', '__proto__', 'sha256:a')),
    id: fc.jsonValue(),
  },
  { requiredKeys: [] },
);

const headers = fc.record(
  {
    'content-type': fc.oneof(fc.constant('application/json'), fc.string()),
    accept: fc.oneof(
      fc.constantFrom('application/graphql-response+json', '*/*', 'multipart/mixed;deferSpec=20220824'),
      fc.string(),
    ),
    'accept-encoding': fc.oneof(fc.constantFrom('br', 'gzip;q=0'), fc.string()),
    'x-correlation-id': fc.string(),
    'x-deadline-ms': fc.oneof(fc.nat().map(String), fc.string()),
    traceparent: fc.string(),
    origin: fc.constantFrom('https://a.example', 'null', ''),
    'apollo-require-preflight': fc.constant('1'),
    'access-control-request-method': fc.constant('POST'),
  },
  { requiredKeys: [] },
);

const request = fc.record({
  method: fc.constantFrom('POST', 'POST', 'POST', 'GET', 'GET', 'OPTIONS', 'DELETE'),
  url: fc.oneof(
    parameters.map((given) => {
      const search = Object.entries(given).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      return `/graphql?${new URLSearchParams(search).toString()}`;
    }),
    fc.string().map((text) => `/graphql?${text}`),
  ),
  headers,
  body: fc.oneof(
    parameters.map((given) => JSON.stringify(given)),
    fc.array(parameters).map((batch) => JSON.stringify(batch)),
    fc.string(),
  ),
  signal: fc.constant(undefined),
});

for (const options of [
  {},
  { statusCodes: '2026', mostInBatch: 2, cors: { origins: ['https://a.example'] } },
  {
    trustedDocuments: readManifest('{"a":"{ greeting }"}'),
    onlyTrusted: true,
    compression: { thresholdBytes: 1 },
  },
] as const) {
  test(`answers whatever comes, with ${JSON.stringify(options)}`, async () => {
    const bugs: unknown[] = [];
    const front = createHttpFront(graphqlJsHandler(), {
      ...options,
      report: ({ error }) => void bugs.push(error),
    });
    const statuses = new Set<number>();
    await fc.assert(
      fc.asyncProperty(request, async (given) => {
        const answer = await front.answerHttp(given);
        statuses.add(answer.status);
        assert.equal(answer.headers.length % 2, 0);
        for (const header of answer.headers) assert.doesNotMatch(header, /[\r\n]/);
        if (answer.status < 400) return;
        const { errors } = JSON.parse(String(answer.body)) as { errors: { extensions: { code: string } }[] };
        for (const { extensions } of errors) assert.match(extensions.code, /^[A-Z_]+$/);
      }),
      { numRuns: runs },
    );
    assert.deepEqual(bugs, []);
    assert.ok(statuses.has(200) && statuses.size > 4, `only ${[...statuses].join(', ')} came up`);
  });
}
