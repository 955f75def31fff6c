// Customers' tokens against a real JWKS server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import { answerJson, testIdentity, testPeer, type TokenContent } from '@simplebank/testkit';
import { createAccessTokens, publishedKeys } from './access-token.ts';
import { PublicError, ServiceUnavailable } from './rejection.ts';
import { createReplicaCalls } from './replica-calls.ts';

const ada: TokenContent = { customerId: 'cus-ada', accountIds: ['acc-1001', 'acc-1002'] };

function tokensOf({ issuer, address }: { issuer: string; address?: string }) {
  const replicasOf = () => (address === undefined ? [] : [address]);
  return createAccessTokens({
    issuer,
    keys: publishedKeys(createReplicaCalls({ replicasOf, connectionsPerReplica: 1 })),
  });
}

function isUnauthenticated(error: unknown): boolean {
  return error instanceof PublicError && error.extensions['code'] === 'UNAUTHENTICATED';
}

test('a valid token names the customer, the accounts it may act on, and its scopes', async () => {
  await using identity = await testIdentity();
  const token = identity.tokenFor({ ...ada, scopes: ['orders:read', 'orders:write'] });
  const { exp = 0 } = decodeJwt(token);
  assert.deepEqual(await tokensOf(identity).verify(`Bearer ${token}`), {
    customerId: 'cus-ada',
    accountIds: new Set(['acc-1001', 'acc-1002']),
    scopes: new Set(['orders:read', 'orders:write']),
    expiresAtMs: exp * 1000,
  });
});

test('a token without scopes has none', async () => {
  await using identity = await testIdentity();
  for (const claims of [{ scope: undefined }, { scope: '' }, { scope: '  ' }]) {
    const caller = await tokensOf(identity).verify(`Bearer ${identity.tokenFor({ ...ada, claims })}`);
    assert.deepEqual(caller?.scopes, new Set());
  }
});

test('nobody asks when there is no header', async () => {
  await using identity = await testIdentity();
  const tokens = tokensOf(identity);
  assert.equal(await tokens.verify(undefined), undefined);
  assert.equal(await tokens.verify(''), undefined);
  assert.equal(identity.fetches(), 0);
});

test('refuses a token that another key signed under the same key id', async () => {
  await using identity = await testIdentity();
  await using forger = await testIdentity();
  await assert.rejects(tokensOf(identity).verify(`Bearer ${forger.tokenFor(ada)}`), isUnauthenticated);
});

test('refuses a token whose accounts were changed after it was signed', async () => {
  await using identity = await testIdentity();
  const [header, payload = '', signature] = identity.tokenFor(ada).split('.');
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  const changed = Buffer.from(JSON.stringify({ ...claims, accounts: ['acc-1003'] })).toString('base64url');
  await assert.rejects(
    tokensOf(identity).verify(`Bearer ${header}.${changed}.${signature}`),
    isUnauthenticated,
  );
});

const wrong: Record<string, TokenContent> = {
  'that has expired': { ...ada, expiresInSeconds: -1 },
  'of another issuer': { ...ada, claims: { iss: 'https://elsewhere.example' } },
  'for another audience': { ...ada, claims: { aud: 'another-bank' } },
  'with algorithm none': { ...ada, header: { alg: 'none' } },
  'with algorithm HS256': { ...ada, header: { alg: 'HS256' } },
  'of an unknown key id': { ...ada, header: { kid: 'unknown' } },
  'that names no customer': { ...ada, claims: { sub: undefined } },
  'whose accounts are no list': { ...ada, claims: { accounts: 'acc-1001' } },
  'whose scope is no text': { ...ada, claims: { scope: ['orders:read'] } },
  'that never expires': { ...ada, claims: { exp: undefined } },
  'with an extension that must be understood': { ...ada, header: { crit: ['x'], x: 1 } },
};
for (const [what, content] of Object.entries(wrong)) {
  test(`refuses a token ${what}`, async () => {
    await using identity = await testIdentity();
    await assert.rejects(
      tokensOf(identity).verify(`Bearer ${identity.tokenFor(content)}`),
      isUnauthenticated,
    );
  });
}

for (const header of [
  'Bearer',
  'Bearer ',
  'Bearer a.b',
  'Bearer a.b.c',
  'Basic YWRhOmRlbW8=',
  'Bearer a.b.c d',
]) {
  test(`refuses the header ${JSON.stringify(header)}`, async () => {
    await using identity = await testIdentity();
    await assert.rejects(tokensOf(identity).verify(header), isUnauthenticated);
  });
}

test('a verified token is remembered until it expires, and no longer', async (t) => {
  await using identity = await testIdentity();
  const tokens = tokensOf(identity);
  // Tokens are read to the second.
  t.mock.timers.enable({ apis: ['Date'], now: Math.floor(Date.now() / 1000) * 1000 });
  const header = `Bearer ${identity.tokenFor({ ...ada, expiresInSeconds: 300 })}`;
  const first = await tokens.verify(header);
  t.mock.timers.tick(299_000);
  assert.equal(await tokens.verify(header), first);
  t.mock.timers.tick(2_000);
  await assert.rejects(tokens.verify(header), isUnauthenticated);
  await assert.rejects(tokens.verify(header), isUnauthenticated);
});

test('many tokens at once fetch the keys once', async () => {
  await using identity = await testIdentity();
  const tokens = tokensOf(identity);
  await Promise.all(Array.from({ length: 20 }, () => tokens.verify(`Bearer ${identity.tokenFor(ada)}`)));
  assert.equal(identity.fetches(), 1);
});

test('keys that cannot be fetched are a fault of ours, not of the token, and are fetched again later', async () => {
  await using identity = await testIdentity();
  let isBroken = true;
  await using front = await testPeer(async (_request, response) => {
    if (isBroken) response.writeHead(500).end();
    else answerJson(response, await (await fetch(`${identity.address}/.well-known/jwks.json`)).json());
  });
  const tokens = tokensOf({ issuer: identity.issuer, address: front.address });
  const header = `Bearer ${identity.tokenFor(ada)}`;
  await assert.rejects(tokens.verify(header), ServiceUnavailable);
  isBroken = false;
  assert.equal((await tokens.verify(header))?.customerId, 'cus-ada');
});

test('keys are a fault also when nobody listens at their address, and when the address is not known yet', async () => {
  await using identity = await testIdentity();
  await identity.stop();
  const header = `Bearer ${identity.tokenFor(ada)}`;
  await assert.rejects(tokensOf(identity).verify(header), ServiceUnavailable);
  await assert.rejects(tokensOf({ issuer: identity.issuer }).verify(header), ServiceUnavailable);
});
