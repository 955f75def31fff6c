// Signing in by the OpenID provider and out again: what the browser gets to see, and what it is refused.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { cookieIn, forgery, origin, query, webBff } from './web-bff.fixture.ts';

const anyJwt = /eyJ[\w-]+\.[\w-]+\./;

test('asks the provider with state, nonce and PKCE, and keeps them to itself', async () => {
  await using bff = await webBff();
  const { answer, asked } = await bff.beginSignIn();
  assert.equal(`${asked.origin}${asked.pathname}`, 'http://provider.test.example/openid/authorize');
  const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(asked.searchParams);
  assert(state !== undefined && nonce !== undefined && challenge !== undefined);
  assert.deepEqual(rest, {
    client_id: 'bff-web',
    response_type: 'code',
    redirect_uri: `${origin}/session/callback`,
    scope: 'openid accounts:read orders:read orders:write',
    max_age: '1800',
    code_challenge_method: 'S256',
  });
  assert.deepEqual(answer.headers.getSetCookie().map(attributesOf), [
    ['__Host-sign-in', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=600'],
  ]);
  assert.equal(answer.headers.get('cache-control'), 'no-store');
  const [row] = await bff.db.query<{ text: string }>({
    name: 'test',
    text: `select web_sign_in::text as text from web_sign_in`,
  });
  for (const kept of [state, nonce]) assert(!row?.text.includes(Buffer.from(kept).toString('hex')));
});

test('sends the browser where the provider is for browsers, when that is said', async () => {
  await using bff = await webBff({ environment: { IDENTITY_BROWSER_ORIGIN: 'https://login.test.example' } });
  const { asked } = await bff.beginSignIn();
  assert.equal(`${asked.origin}${asked.pathname}`, 'https://login.test.example/openid/authorize');
});

test('gives the browser a cookie and no token, and asks the gateway with the token', async () => {
  await using bff = await webBff();
  const { cookie, callback } = await bff.beginSignIn('?returnTo=/orders?sort=new');
  const back = await bff.ask(callback, { cookie });
  assert.equal(back.status, 303, back.text);
  assert.equal(back.headers.get('location'), `${origin}/orders?sort=new`);
  assert.deepEqual(back.headers.getSetCookie().map(attributesOf), [
    ['__Host-sign-in', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Lax', 'Max-Age=0'],
    ['__Host-session', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict'],
  ]);
  const session = cookieIn(back.headers, '__Host-session');
  const who = await bff.ask('/session', { cookie: session, headers: forgery });
  const { customerId, idleEndsAt, endsAt } = JSON.parse(who.text) as Record<string, string>;
  assert.deepEqual([who.status, customerId], [200, 'cus-ada']);
  assertSoon(idleEndsAt, 1_800);
  assertSoon(endsAt, 12 * 3_600);
  assert.match(await bff.tokenAt(session), /^Bearer eyJ/);
  for (const { text, headers } of [back, who]) {
    assert.doesNotMatch(text + JSON.stringify([...headers]), anyJwt);
  }
});

test('the database has neither an id nor a token to read', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  const token = await bff.tokenAt(session);
  const [row] = await bff.db.query<{ tokens: Buffer; id_hash: Buffer }>({
    name: 'test',
    text: 'select * from web_session',
  });
  assert(row !== undefined);
  const id = session.split('=')[1] ?? '';
  assert(!Buffer.concat([row.id_hash, row.tokens]).includes(Buffer.from(id, 'base64url')));
  for (const secret of [id, token.slice('Bearer '.length, 60), bff.provider.refreshToken() ?? ''])
    assert(!row.tokens.includes(secret));
});

test('returns to a path of its own and nowhere else', async () => {
  await using bff = await webBff();
  for (const [asked, path] of [
    ['/orders/ord-1#fills', '/orders/ord-1#fills'],
    ['//evil.example/', '/'],
    ['/\\evil.example/', '/'],
    ['https://evil.example/', '/'],
    ['orders', '/'],
    ['javascript:alert(1)', '/'],
    [`/${'x'.repeat(500)}`, '/'],
  ] as const) {
    const { cookie, callback } = await bff.beginSignIn(`?${new URLSearchParams({ returnTo: asked })}`);
    const { headers } = await bff.ask(callback, { cookie });
    assert.equal(headers.get('location'), `${origin}${path}`, asked);
  }
});

test('an answer of the provider counts once, and only in the browser that asked', async () => {
  await using bff = await webBff();
  const { cookie, callback } = await bff.beginSignIn();
  const victim = await bff.beginSignIn();
  for (const [what, path, sent] of [
    ['without the cookie', callback, undefined],
    ['with no id in the cookie', callback, '__Host-sign-in='],
    ["with another browser's cookie", callback, victim.cookie],
    ['with another state', callback.replace(/state=.*/, 'state=other'), (await bff.beginSignIn()).cookie],
    ['without a code', '/session/callback', (await bff.beginSignIn()).cookie],
    ['with a refusal', '/session/callback?error=access_denied', (await bff.beginSignIn()).cookie],
  ] as const) {
    const { status, headers, text } = await bff.ask(path, sent === undefined ? {} : { cookie: sent });
    assert.equal(status, 400, what);
    assert.match(text, /Try again/);
    assert(!headers.getSetCookie().some((line) => line.startsWith('__Host-session')), what);
  }
  assert.equal((await bff.ask(callback, { cookie })).status, 303);
  assert.equal((await bff.ask(callback, { cookie })).status, 400, 'a second time');
});

test('an ID token for another question, client or issuer signs nobody in', async () => {
  await using bff = await webBff();
  for (const claims of [{ nonce: 'other' }, { aud: 'bff-mobile' }, { iss: 'https://evil.example' }]) {
    bff.provider.script.idTokenClaims = claims;
    const { cookie, callback } = await bff.beginSignIn();
    assert.equal((await bff.ask(callback, { cookie })).status, 400, JSON.stringify(claims));
  }
});

test('a password that was given before the idle limit, or nobody knows when, signs nobody in', async () => {
  await using bff = await webBff();
  const nowSeconds = Math.floor(Date.now() / 1_000);
  for (const [given, status] of [
    [nowSeconds - 1_700, 303],
    [nowSeconds - 1_900, 400],
    [undefined, 400],
  ] as const) {
    bff.provider.script.idTokenClaims = { auth_time: given };
    const { cookie, callback } = await bff.beginSignIn();
    assert.equal((await bff.ask(callback, { cookie })).status, status, String(given));
  }
});

test('each sign-in has a new id, and ends the session that the browser had', async () => {
  await using bff = await webBff();
  const first = await bff.signIn();
  const { cookie, callback } = await bff.beginSignIn();
  const { headers } = await bff.ask(callback, { cookie: `${cookie}; ${first}` });
  const second = cookieIn(headers, '__Host-session');
  assert.notEqual(second, first);
  assert.equal(await bff.tokenAt(first), 'UNAUTHENTICATED');
  assert.match(await bff.tokenAt(second), /^Bearer/);
});

test('without the provider nobody signs in, and is told to come again', async () => {
  await using bff = await webBff();
  bff.provider.script.isGone = true;
  const { status, code } = await bff.ask('/session/login');
  assert.deepEqual([status, code], [503, 'SERVICE_UNAVAILABLE']);
  bff.provider.script.isGone = false;
  assert.equal((await bff.ask('/session/login')).status, 303);
});

test('signing out ends the session at every replica and the sign-in at the provider', async () => {
  await using bff = await webBff({ replicas: 2 });
  const session = await bff.signIn();
  assert.match(await bff.tokenAt(session, 1), /^Bearer/);
  const refresh = bff.provider.refreshToken();
  const out = await bff.ask('/session/logout', { method: 'POST', cookie: session, headers: forgery });
  const { logoutUrl } = JSON.parse(out.text) as { logoutUrl: string };
  assert.equal(out.status, 200);
  assert.deepEqual(out.headers.getSetCookie().map(attributesOf), [
    ['__Host-session', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Max-Age=0'],
  ]);
  assert.equal(
    logoutUrl,
    `http://provider.test.example/openid/logout?${new URLSearchParams({ client_id: 'bff-web', post_logout_redirect_uri: `${origin}/` })}`,
  );
  assert.deepEqual(bff.provider.seen.revoked, [refresh]);
  for (const replica of [0, 1]) {
    const replayed = await bff.ask('/graphql', { ...query, cookie: session, replica });
    assert.deepEqual([replayed.status, replayed.code], [401, 'UNAUTHENTICATED']);
    const who = await bff.ask('/session', { cookie: session, headers: forgery, replica });
    assert.deepEqual([who.status, who.code], [401, 'UNAUTHENTICATED']);
  }
  const again = await bff.ask('/session/logout', { method: 'POST', cookie: session, headers: forgery });
  assert.equal(again.status, 200, 'signing out twice is no error');
});

test('a session that was revoked elsewhere is none for /session either, and its cookie goes', async () => {
  await using bff = await webBff();
  bff.provider.script.accessTokenClaims = { sid: 'session-lost' };
  const session = await bff.signIn();
  const who = () => bff.ask('/session', { cookie: session, headers: forgery });
  assert.deepEqual([(await who()).status, (await who()).headers.getSetCookie()], [200, []]);
  await bff.sessionEnds('session-lost');
  await until('the end is known', async () => (await bff.tokenAt(session)) === 'SESSION_ENDED');
  const { status, code, headers } = await who();
  assert.deepEqual([status, code], [401, 'SESSION_ENDED']);
  assert.deepEqual(headers.getSetCookie().map(attributesOf), [
    ['__Host-session', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict', 'Max-Age=0'],
  ]);
});

test('signing out works while the provider is gone', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  bff.provider.script.isGone = true;
  await bff.ask('/session/logout', { method: 'POST', cookie: session, headers: forgery });
  assert.equal(await bff.tokenAt(session), 'UNAUTHENTICATED');
});

test('the page tells who is signed in by a script of its own file', async () => {
  await using bff = await webBff();
  const page = await bff.ask('/');
  assert.deepEqual([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8']);
  const linked = [...page.text.matchAll(/(?:src|href)="(\/page\/[^"]+)"/g)].map(([, path = '']) => path);
  assert.equal(linked.length, 3);
  for (const path of linked) assert.equal((await bff.ask(path)).status, 200, path);
});

function attributesOf(setCookie: string): string[] {
  const [pair = '', ...attributes] = setCookie.split('; ');
  return [pair.split('=')[0] ?? '', ...attributes];
}

function assertSoon(at: string | undefined, seconds: number): void {
  const off = Math.abs(Date.parse(at ?? '') - Date.now() - seconds * 1_000);
  assert(off < 10_000, `${at} is not in ${seconds} s`);
}
