// The authorization code flow from the client's request to verified tokens, by openid-client and a browser's requests.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import { scopes } from '@simplebank/contracts';
import {
  adasPassword,
  beginSignIn,
  issuer,
  mobileRedirectUri,
  openIdentity,
  refusal,
  signInBy,
  webRedirectUri,
} from './openid.fixture.ts';

test('the discovery document says what is offered and nothing more', async () => {
  await using identity = await openIdentity();
  const response = await fetch(`${identity.url()}/.well-known/openid-configuration`);
  const document = (await response.json()) as Record<string, unknown>;
  const shown = Object.fromEntries(
    Object.entries(document).map(([name, value]) => [
      name,
      typeof value === 'string' ? value.replace(identity.url(), '') : value,
    ]),
  );
  assert.equal(shown['issuer'], issuer);
  assert.equal(shown['authorization_endpoint'], '/openid/authorize');
  assert.equal(shown['token_endpoint'], '/openid/token');
  assert.equal(shown['revocation_endpoint'], '/openid/revoke');
  assert.equal(shown['end_session_endpoint'], '/openid/logout');
  assert.equal(shown['jwks_uri'], '/.well-known/jwks.json');
  assert.deepEqual(shown['code_challenge_methods_supported'], ['S256']);
  assert.deepEqual(shown['response_types_supported'], ['code']);
  assert.deepEqual(shown['grant_types_supported'], ['authorization_code', 'refresh_token']);
  assert.deepEqual(shown['id_token_signing_alg_values_supported'], ['ES256']);
  for (const absent of ['userinfo_endpoint', 'registration_endpoint', 'introspection_endpoint'])
    assert.equal(shown[absent], undefined, absent);
});

test('a customer signs in by the form, and every service takes the access token', async () => {
  await using identity = await openIdentity();
  const tokens = await signInBy(identity.web, identity.browser());
  assert.equal(tokens.expires_in, 300);
  assert(tokens.refresh_token !== undefined);
  const caller = await identity.callerOf(tokens.access_token);
  assert.equal(caller?.customerId, 'cus-ada');
  assert.deepEqual([...caller.accountIds], ['acc-1001', 'acc-1002']);
  assert.deepEqual([...caller.scopes].toSorted(), [...scopes].toSorted());
  assert.equal(decodeJwt(tokens.access_token).aud, 'simplebank');
  assert.equal(decodeProtectedHeader(tokens.access_token).alg, 'ES256');
  assert.equal(tokens.claims()?.sub, 'cus-ada');
  assert.equal(tokens.claims()?.aud, 'bff-web');
});

test('a token has no more scopes than its client asked for', async () => {
  await using identity = await openIdentity();
  const tokens = await signInBy(identity.web, identity.browser(), { scope: 'openid orders:read' });
  const caller = await identity.callerOf(tokens.access_token);
  assert.deepEqual([...(caller?.scopes ?? [])], ['orders:read']);
});

test('the mobile application signs in without a secret, by a scheme of its own or a loopback port', async () => {
  await using identity = await openIdentity();
  for (const redirectUri of [mobileRedirectUri, 'http://127.0.0.1:51234/callback']) {
    const tokens = await signInBy(identity.mobile, identity.browser(), { redirectUri });
    assert.equal((await identity.callerOf(tokens.access_token))?.customerId, 'cus-ada');
  }
});

test('a wrong password shows the form again, and the right one still signs in', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const { page, redeem } = await beginSignIn(identity.web, browser);
  const again = await browser.submit(page, { username: 'ada', password: 'guess' });
  assert.deepEqual([again.status, again.left], [401, undefined]);
  assert.match(again.html, /User name or password is wrong/);
  assert.equal(identity.customers.requests.length, 0);
  const tokens = await redeem(await browser.submit(again, adasPassword));
  assert.equal(tokens.claims()?.sub, 'cus-ada');
});

test('the form has no script, is framed by nobody, and redirects to its client only', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const { page } = await beginSignIn(identity.web, browser);
  assert.doesNotMatch(page.html, /<script|javascript:|\son\w+=/i);
  const policy = page.headers.get('content-security-policy') ?? '';
  assert.match(policy, /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self' /);
  assert.match(policy, / https:\/\/web\.test\.example; frame-ancestors 'none'; base-uri 'none'$/);
  assert.equal(page.headers.get('cache-control'), 'no-store');
  assert(browser.setCookies.length > 0);
  for (const cookie of browser.setCookies) assert.match(cookie, /; httponly/i);
});

test('a form that another browser was given is refused', async () => {
  await using identity = await openIdentity();
  const { page } = await beginSignIn(identity.web, identity.browser());
  const answer = await identity.browser().submit(page, adasPassword);
  assert.deepEqual([answer.status, answer.left], [400, undefined]);
  assert.match(answer.html, /has expired/);
});

for (const [what, parameters] of [
  ['no code challenge', {}],
  ['a plain code challenge', { code_challenge: 'x'.repeat(43), code_challenge_method: 'plain' }],
] as const) {
  test(`a request with ${what} is sent back as invalid`, async () => {
    await using identity = await openIdentity();
    const url = openid.buildAuthorizationUrl(identity.web, {
      redirect_uri: webRedirectUri,
      scope: 'openid',
      ...parameters,
    });
    const { left } = await identity.browser().open(url);
    assert.equal(left?.searchParams.get('error'), 'invalid_request');
  });
}

test('a redirect to an address that is not registered is answered with a page, never followed', async () => {
  await using identity = await openIdentity();
  const { page } = await beginSignIn(identity.web, identity.browser(), {
    redirectUri: 'https://evil.test.example/',
  });
  assert.deepEqual([page.status, page.left], [400, undefined]);
  assert.match(page.html, /invalid_redirect_uri/);
});

test('a code without its verifier, and a client with a wrong secret, are refused', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const { page } = await beginSignIn(identity.web, browser);
  const { left } = await browser.submit(page, adasPassword);
  const ask = async (secret: string, verifier: string) => {
    const response = await fetch(`${identity.url()}/openid/token`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(`bff-web:${secret}`).toString('base64')}` },
      body: new URLSearchParams({
        grant_type: 'authorization_code',
        code: left?.searchParams.get('code') ?? '',
        redirect_uri: webRedirectUri,
        code_verifier: verifier,
      }),
    });
    return [response.status, ((await response.json()) as { error?: string }).error];
  };
  assert.deepEqual(await ask('guess', 'x'.repeat(43)), [401, 'invalid_client']);
  const secret = encodeURIComponent('a secret of the web client of this test').replaceAll('%20', '+');
  assert.deepEqual(await ask(secret, 'x'.repeat(43)), [400, 'invalid_grant']);
});

test('a code that is used twice is refused, and what it gave is revoked', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const { page, redeem } = await beginSignIn(identity.web, browser);
  const back = await browser.submit(page, adasPassword);
  const tokens = await redeem(back);
  assert.equal(await refusal(redeem(back)), 'invalid_grant');
  const refreshing = openid.refreshTokenGrant(identity.web, tokens.refresh_token ?? '');
  assert.equal(await refusal(refreshing), 'invalid_grant');
});

for (const [behindProxy, secure] of [
  ['1', true],
  ['0', false],
] as const) {
  test(`what X-Forwarded-Proto says is ${secure ? 'believed behind' : 'not believed without'} a proxy`, async () => {
    await using identity = await openIdentity({ IDENTITY_BEHIND_PROXY: behindProxy });
    const headers = { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'identity.test.example' };
    const url = openid.buildAuthorizationUrl(identity.web, {
      redirect_uri: webRedirectUri,
      scope: 'openid',
      code_challenge: 'x'.repeat(43),
      code_challenge_method: 'S256',
    });
    const here = new URL(`${url.pathname}${url.search}`, identity.url());
    const cookies = (await fetch(here, { headers, redirect: 'manual' })).headers.getSetCookie();
    assert(cookies.length > 0);
    for (const cookie of cookies) assert.equal(/; secure/i.test(cookie), secure, cookie);
    const document = await fetch(`${identity.url()}/.well-known/openid-configuration`, { headers });
    const { token_endpoint: endpoint } = (await document.json()) as { token_endpoint: string };
    const origin = secure ? issuer : identity.url();
    assert.equal(endpoint, `${origin}/openid/token`);
  });
}

test('an answer of the provider carries the correlation id, and a body that is too large is refused', async () => {
  await using identity = await openIdentity();
  const response = await fetch(`${identity.url()}/openid/token`, {
    method: 'POST',
    headers: { 'x-correlation-id': 'test-correlation-0001' },
    body: new URLSearchParams({ code: 'x'.repeat(60_000) }),
  });
  assert.equal(response.status, 400);
  assert.equal(response.headers.get('x-correlation-id'), 'test-correlation-0001');
});
