// Signing in over real HTTP; the service that knows the customers is scripted, since it is another service.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createRemoteJWKSet, decodeJwt, jwtVerify } from 'jose';
import { scopes } from '@simplebank/contracts';
import { answerJson, testHost, testIdentity, testPeer, type PeerAnswer } from '@simplebank/testkit';
import { start } from './main.ts';

const issuer = 'https://identity.test.example';
const grants: PeerAnswer = (_request, response) =>
  answerJson(response, { grants: { customerId: 'cus-ada', accountIds: ['acc-1001', 'acc-1002'] } });

async function open(
  customers: PeerAnswer = grants,
  environment: Record<string, string> = { SEED_DEMO: '1' },
) {
  const folder = await mkdtemp(join(tmpdir(), 'identity-test-'));
  const peer = await testPeer(customers);
  const identity = testHost({
    service: 'identity',
    issuer,
    addresses: { customers: peer.address },
    environment: { IDENTITY_DATA_DIR: folder, ...environment },
  });
  const { url } = await start(identity.host);
  return {
    url,
    customers: peer,
    async signIn(body: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(`${url}/token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });
      const answer = (await response.json()) as {
        access_token?: string;
        token_type?: string;
        expires_in?: number;
        scope?: string;
        errors?: { extensions: { code: string } }[];
      };
      return {
        status: response.status,
        headers: response.headers,
        code: answer.errors?.[0]?.extensions.code,
        ...answer,
      };
    },
    async [Symbol.asyncDispose]() {
      await identity[Symbol.asyncDispose]();
      await peer[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test('the right password gets a token of five minutes that names customer and accounts, and is not cached', async () => {
  await using identity = await open();
  const answer = await identity.signIn({ username: 'ada', password: 'demo' });
  assert.equal(answer.status, 200);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  assert.deepEqual([answer.token_type, answer.expires_in], ['Bearer', 300]);
  const keys = createRemoteJWKSet(new URL(`${identity.url}/.well-known/jwks.json`));
  const { payload, protectedHeader } = await jwtVerify(answer.access_token ?? '', keys, {
    issuer,
    audience: 'simplebank',
    algorithms: ['ES256'],
  });
  assert.equal(protectedHeader.alg, 'ES256');
  assert.equal(payload.sub, 'cus-ada');
  assert.deepEqual(payload['accounts'], ['acc-1001', 'acc-1002']);
  assert.deepEqual([payload['scope'], answer.scope], [scopes.join(' '), scopes.join(' ')]);
  assert.equal((payload.exp ?? 0) - (payload.iat ?? 0), 300);
  assert.equal(identity.customers.requests[0]?.body, '{"username":"ada"}');
});

test('a token has no more scopes than its client asks for', async () => {
  await using identity = await open();
  for (const [asked, granted] of [
    ['orders:read', 'orders:read'],
    ['orders:read accounts:read orders:read', 'orders:read accounts:read'],
  ]) {
    const answer = await identity.signIn({ username: 'ada', password: 'demo', scope: asked });
    assert.deepEqual([answer.status, answer.scope], [200, granted]);
    assert.equal(decodeJwt(answer.access_token ?? '')['scope'], granted);
  }
});

for (const scope of [
  '',
  ' ',
  'orders',
  'orders:read  orders:write',
  '__proto__',
  ['orders:read'],
  'x'.repeat(201),
]) {
  test(`the scope ${JSON.stringify(scope).slice(0, 40)} is refused with BAD_REQUEST`, async () => {
    await using identity = await open();
    const answer = await identity.signIn({ username: 'ada', password: 'demo', scope });
    assert.deepEqual([answer.status, answer.code], [400, 'BAD_REQUEST']);
  });
}

test("the scopes that are granted, the schema's, and those of tests' tokens are the same", async () => {
  const supergraph = readFileSync(new URL('../schema/supergraph.graphql', import.meta.url), 'utf8');
  const required = [...supergraph.matchAll(/@requiresScopes\(scopes: (\[\[.*?\]\])\)/g)].flatMap(
    ([, lists = '']) => (JSON.parse(lists) as string[][]).flat(),
  );
  assert.deepEqual([...new Set(required)].toSorted(), scopes.toSorted());
  await using tests = await testIdentity();
  const { scope } = decodeJwt(tests.tokenFor({ customerId: 'cus-ada', accountIds: [] }));
  assert.deepEqual(String(scope).split(' ').toSorted(), scopes.toSorted());
});

for (const [what, body] of [
  ['a wrong password', { username: 'ada', password: 'guess' }],
  ['an unknown user', { username: 'mallory', password: 'demo' }],
  ['a name of the language', { username: '__proto__', password: 'demo' }],
] as const) {
  test(`${what} is refused with SIGN_IN_FAILED, and customers are not asked`, async () => {
    await using identity = await open();
    const answer = await identity.signIn(body);
    assert.deepEqual([answer.status, answer.code, answer.access_token], [401, 'SIGN_IN_FAILED', undefined]);
    assert.equal(identity.customers.requests.length, 0);
  });
}

test('a user whom customers does not know is refused as well', async () => {
  await using identity = await open((_request, response) => answerJson(response, { grants: null }));
  assert.equal((await identity.signIn({ username: 'ada', password: 'demo' })).code, 'SIGN_IN_FAILED');
});

test('without the demo nobody signs in by its password', async () => {
  await using identity = await open(grants, {});
  assert.equal((await identity.signIn({ username: 'ada', password: 'demo' })).code, 'SIGN_IN_FAILED');
});

for (const body of [
  {},
  { username: 'ada' },
  { username: 'ada', password: 7 },
  { username: '', password: 'x' },
  { username: 'a'.repeat(201), password: 'x' },
  'null',
  '{"half":',
]) {
  test(`the body ${JSON.stringify(body).slice(0, 40)} is refused with BAD_REQUEST`, async () => {
    await using identity = await open();
    const answer = await identity.signIn(body);
    assert.deepEqual([answer.status, answer.code], [400, 'BAD_REQUEST']);
  });
}

test('signing in works also when the client still sends a token that is no longer valid', async () => {
  await using identity = await open();
  const answer = await identity.signIn(
    { username: 'ada', password: 'demo' },
    { authorization: 'Bearer a.b.c' },
  );
  assert.equal(answer.status, 200);
});

test('while customers does not answer the fault is ours, not the password', async () => {
  await using identity = await open((_request, response) => void response.destroy());
  const answer = await identity.signIn({ username: 'ada', password: 'demo' });
  assert.deepEqual([answer.status, answer.code], [503, 'SERVICE_UNAVAILABLE']);
});
