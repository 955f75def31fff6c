// Bearer tokens against a provider's keys over HTTP: what is let in, what is refused, and what happens without the keys.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT, type CryptoKey } from 'jose';
import type { Caller } from '../gateway-request.ts';
import { HttpRefused } from '../http/http-refused.ts';
import { verifyTokens } from './verify-tokens.ts';

const issuer = 'https://issuer.test';
const audience = 'gateway';

async function openProvider() {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'one', alg: 'ES256' }] });
  const provider = { asked: 0, status: 200, body: jwks };
  const server = createServer((_request, response) => {
    provider.asked += 1;
    response.writeHead(provider.status, { 'content-type': 'application/json' }).end(provider.body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks`;
  const callerOf = verifyTokens({ jwksUrl, issuer, audience });
  async function sign(claims: Record<string, unknown> = {}, key: CryptoKey = privateKey, kid = 'one') {
    const { exp = '5 minutes', iss = issuer, aud = audience, ...payload } = claims;
    return new SignJWT(payload)
      .setProtectedHeader({ alg: 'ES256', kid })
      .setIssuer(String(iss))
      .setAudience(String(aud))
      .setExpirationTime(exp as string | number)
      .sign(key);
  }
  async function close() {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  }
  return {
    provider,
    sign,
    close,
    caller: async (token: string): Promise<Caller> => callerOf({ authorization: `Bearer ${token}` }),
    callerOf: async (authorization: string | undefined): Promise<Caller> =>
      callerOf(authorization === undefined ? {} : { authorization }),
    async [Symbol.asyncDispose]() {
      if (server.listening) await close();
    },
  };
}

async function refused(asking: Promise<Caller>): Promise<readonly [number, string]> {
  let fault: unknown;
  await assert.rejects(asking, (error) => {
    fault = error;
    return true;
  });
  assert.ok(fault instanceof HttpRefused, String(fault));
  return [fault.status, fault.code];
}

const unauthenticated = [401, 'UNAUTHENTICATED'] as const;
const unavailable = [503, 'SERVICE_UNAVAILABLE'] as const;

test('a valid token names its scopes and policies, whichever way the provider writes them', async () => {
  await using house = await openProvider();
  const { isAuthenticated, scopes, policies } = await house.caller(
    await house.sign({ scope: 'read:a read:b', scp: ['read:c'], policies: ['p'] }),
  );
  assert.equal(isAuthenticated, true);
  assert.deepEqual([...scopes], ['read:a', 'read:b', 'read:c']);
  assert.deepEqual([...policies], ['p']);
});

test('a request without a token is anonymous, and nobody is asked about it', async () => {
  await using house = await openProvider();
  assert.equal((await house.callerOf(undefined)).isAuthenticated, false);
  assert.equal(house.provider.asked, 0);
});

test('what is no valid token is refused', async () => {
  await using house = await openProvider();
  const stranger = await generateKeyPair('ES256');
  const now = Math.floor(Date.now() / 1_000);
  const tokens: Record<string, string> = {
    'an expired one': await house.sign({ exp: now - 60 }),
    'one that is not valid yet': await house.sign({ nbf: now + 60 }),
    "another issuer's": await house.sign({ iss: 'https://other.test' }),
    'one for another audience': await house.sign({ aud: 'other' }),
    "one signed by another's key under a known name": await house.sign({}, stranger.privateKey),
    'one of an unknown key': await house.sign({}, stranger.privateKey, 'two'),
    'one without a signature': new UnsecuredJWT({}).setIssuer(issuer).setAudience(audience).encode(),
    'one whose claims were changed': changed(await house.sign({ scope: 'read:a' })),
    'no token at all': 'not-a-token',
  };
  for (const [what, token] of Object.entries(tokens)) {
    assert.deepEqual(await refused(house.caller(token)), unauthenticated, what);
  }
  for (const scheme of ['Basic YTpi', 'Bearer', 'Bearer a b', '']) {
    assert.deepEqual(await refused(house.callerOf(scheme)), unauthenticated, scheme);
  }
});

/** Everything between the dots replaced: the signature is that of other claims. */
function changed(token: string): string {
  const [head, , signature] = token.split('.');
  const claims = { iss: issuer, aud: audience, exp: Math.floor(Date.now() / 1_000) + 60, scope: 'admin' };
  return [head, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

test('a provider that does not answer with keys is no verdict on the token: 503, and it works once it is back', async () => {
  await using house = await openProvider();
  const token = await house.sign();
  const { body } = house.provider;
  for (const [status, wrong] of [
    [500, body],
    [200, '<html>'],
    [200, '{"keys":1}'],
  ] as const) {
    Object.assign(house.provider, { status, body: wrong });
    assert.deepEqual(await refused(house.caller(token)), unavailable, `${status} ${wrong.slice(0, 10)}`);
  }
  Object.assign(house.provider, { status: 200, body });
  assert.equal((await house.caller(token)).isAuthenticated, true);
});

test('a provider that is down is no verdict either, and tokens that were verified before stay good', async () => {
  await using house = await openProvider();
  const token = await house.sign({ scope: 'read:a' });
  const before = await house.caller(token);
  await house.close();
  assert.equal(await house.caller(token), before);
  const other = verifyTokens({ jwksUrl: 'http://127.0.0.1:1/jwks', issuer, audience });
  assert.deepEqual(await refused((async () => other({ authorization: `Bearer ${token}` }))()), unavailable);
});

test('the keys are asked for once, however many tokens come and whatever keys they name', async () => {
  await using house = await openProvider();
  const stranger = await generateKeyPair('ES256');
  const known = await Promise.all(
    Array.from({ length: 5 }, (_, index) => house.sign({ sub: String(index) })),
  );
  await Promise.all(known.map(house.caller));
  for (let index = 0; index < 5; index++) {
    assert.deepEqual(
      await refused(house.caller(await house.sign({}, stranger.privateKey, `k${index}`))),
      unauthenticated,
    );
  }
  assert.equal(house.provider.asked, 1);
});

test('a verified token is not verified again, and no longer taken once it has expired', async (t) => {
  await using house = await openProvider();
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const token = await house.sign({ exp: Math.floor(Date.now() / 1_000) + 100 });
  const first = await house.caller(token);
  assert.equal(await house.caller(token), first);
  t.mock.timers.tick(110_000);
  assert.deepEqual(await refused(house.caller(token)), unauthenticated);
});

test('a long-lived token is looked at again after five minutes, in case its key was withdrawn', async (t) => {
  await using house = await openProvider();
  t.mock.timers.enable({ apis: ['Date'], now: Date.now() });
  const token = await house.sign({ exp: Math.floor(Date.now() / 1_000) + 100_000 });
  const first = await house.caller(token);
  t.mock.timers.tick(301_000);
  const second = await house.caller(token);
  assert.notEqual(second, first);
  assert.equal(second.isAuthenticated, true);
});
