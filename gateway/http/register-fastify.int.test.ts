// The front inside the server that every service of the bank has.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { testHost } from '@simplebank/testkit';
import type { GatewayRequest } from '../gateway-request.ts';
import { graphqlJsHandler } from './graphql-js-handler.fixture.ts';
import { createHttpFront } from './http-front.ts';
import { registerFastify, type FastifyRouteOptions } from './register-fastify.ts';

async function serve(requests: GatewayRequest[] = [], options: FastifyRouteOptions = {}) {
  const bank = testHost({ service: 'gateway' });
  const handler = graphqlJsHandler();
  const recording = {
    handle: (request: GatewayRequest) => {
      requests.push(request);
      return handler.handle(request);
    },
  };
  const { url } = await bank.host.serveHttp((app) => {
    app.post('/other', async ({ body }) => body);
    void registerFastify(app, createHttpFront(recording), options);
  });
  return { url, [Symbol.asyncDispose]: () => bank[Symbol.asyncDispose]() };
}

const headers = { 'content-type': 'application/json' };

test('answers beside other routes, which keep their own parsers', async () => {
  await using bank = await serve();
  const answered = await fetch(`${bank.url}/graphql`, {
    method: 'POST',
    headers,
    body: '{"query":"{ greeting }"}',
  });
  assert.equal(answered.status, 200);
  assert.equal(answered.headers.get('content-type'), 'application/json; charset=utf-8');
  assert.deepEqual(await answered.json(), { data: { greeting: 'Hello you' } });
  const other = await fetch(`${bank.url}/other`, { method: 'POST', headers, body: '{"a":1}' });
  assert.deepEqual(await other.json(), { a: 1 });
  const query = encodeURIComponent('{ greeting }');
  const got = await fetch(`${bank.url}/graphql?query=${query}`, {
    headers: { 'apollo-require-preflight': '1' },
  });
  assert.deepEqual(await got.json(), { data: { greeting: 'Hello you' } });
  assert.equal(got.headers.get('vary'), 'accept');
});

test('the front judges what is no JSON, and the server what is too large', async () => {
  await using bank = await serve();
  const send = async (method: string, body: string | null, contentType: string) => {
    const response = await fetch(`${bank.url}/graphql`, {
      method,
      body,
      headers: { 'content-type': contentType },
    });
    const { errors } = (await response.json()) as { errors: { extensions: { code: string } }[] };
    return [response.status, errors[0]?.extensions.code];
  };
  assert.deepEqual(await send('POST', 'a=b', 'application/x-www-form-urlencoded'), [415, 'BAD_REQUEST']);
  assert.deepEqual(await send('POST', '{"query":', 'application/json'), [400, 'BAD_REQUEST']);
  assert.deepEqual(await send('POST', '', 'application/json'), [400, 'BAD_REQUEST']);
  assert.deepEqual(await send('PUT', '{}', 'application/json'), [405, 'BAD_REQUEST']);
  assert.deepEqual(await send('POST', 'x'.repeat(300 * 1024), 'application/json'), [413, 'BODY_TOO_LARGE']);
});

test('what the server around has decided is the answer’s and the engine’s', async () => {
  const requests: GatewayRequest[] = [];
  const caller = { isAuthenticated: true, scopes: new Set<string>(), policies: new Set<string>() };
  await using bank = await serve(requests, {
    knownOf: () => ({ correlationId: 'known-id', deadlineAt: 1e12, caller }),
  });
  const response = await fetch(`${bank.url}/graphql`, {
    method: 'POST',
    headers,
    body: '{"query":"{ greeting }"}',
  });
  await response.text();
  assert.equal(response.headers.get('x-correlation-id'), 'known-id');
  assert.equal(requests[0]?.context.deadlineAt, 1e12);
  assert.equal(requests[0]?.caller, caller);
});
