// What lasts after a sign-in, and what ends it: refresh tokens, sessions, logout, revocation, restarts, new keys.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { test } from 'node:test';
import { decodeProtectedHeader } from 'jose';
import * as openid from 'openid-client';
import {
  adasPassword,
  beginSignIn,
  loggedOutUri,
  mobileRedirectUri,
  openIdentity,
  refusal,
  signInBy,
  webRedirectUri,
} from './openid.fixture.ts';
import { addSigningKey, openSigningKeys } from './signing-keys.ts';

type Identity = Awaited<ReturnType<typeof openIdentity>>;

const refresh = (config: openid.Configuration, token: string | undefined) =>
  openid.refreshTokenGrant(config, token ?? '');

test('a refresh that fails because the accounts are not known can be tried again with the same token', async () => {
  await using identity = await openIdentity();
  const { refresh_token: token = '' } = await signInBy(identity.mobile, identity.browser(), {
    redirectUri: mobileRedirectUri,
  });
  identity.failCustomers(1_000);
  const response = await fetch(`${identity.url()}/openid/token`, {
    method: 'POST',
    body: new URLSearchParams({ grant_type: 'refresh_token', refresh_token: token, client_id: 'bff-mobile' }),
  });
  assert.deepEqual([response.status, response.headers.get('retry-after')], [503, '1']);
  assert.equal(((await response.json()) as { error: string }).error, 'temporarily_unavailable');
  identity.failCustomers(0);
  const first = await refresh(identity.mobile, token);
  assert.equal((await identity.callerOf(first.access_token))?.customerId, 'cus-ada');
  const second = await refresh(identity.mobile, first.refresh_token);
  assert.deepEqual(
    [...((await identity.callerOf(second.access_token))?.accountIds ?? [])],
    ['acc-1001', 'acc-1002'],
  );
});

test('a restart keeps a sign-in under way, sessions and refresh tokens', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const before = await signInBy(identity.web, browser);
  await identity.restart();
  const after = await refresh(identity.web, before.refresh_token);
  assert.equal((await identity.callerOf(after.access_token))?.customerId, 'cus-ada');
  // Still signed in: no form, but straight back to the client.
  const { page, redeem } = await beginSignIn(identity.web, browser);
  assert.equal(page.left?.href.startsWith(webRedirectUri), true);
  assert.equal((await redeem(page)).claims()?.sub, 'cus-ada');
  const other = identity.browser();
  const begun = await beginSignIn(identity.web, other);
  await identity.restart();
  const tokens = await begun.redeem(await other.submit(begun.page, { username: 'ada', password: 'demo' }));
  assert.equal(tokens.claims()?.sub, 'cus-ada');
});

/** As if so much time had passed for all that the provider remembers. */
async function passes({ database }: Identity, hours: number): Promise<void> {
  const earlier = (name: string) =>
    `case when payload ? '${name}' then jsonb_build_object('${name}', (payload ->> '${name}')::int - $1::int) else '{}' end`;
  const text = `update openid_record set expires_at = expires_at - make_interval(secs => $1::int),
    payload = payload || ${earlier('exp')} || ${earlier('loginTs')}`;
  await database.db.query({ name: 'test.passes', text }, [Math.round(hours * 3_600)]);
}

test("the web client's tokens outlive the longest session of the web BFF, and not the browser's at identity", async () => {
  await using identity = await openIdentity();
  const first = await signInBy(identity.web, identity.browser());
  await passes(identity, 12.5);
  const second = await refresh(identity.web, first.refresh_token);
  await passes(identity, 1);
  assert.equal(await refusal(refresh(identity.web, second.refresh_token)), 'invalid_grant');
});

test('a client that asks for a password of the last half hour gets no older one, and is told when it was given', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const maxAge = 1_800;
  await signInBy(identity.web, browser, { maxAge });
  await passes(identity, 0.4);
  const straight = await beginSignIn(identity.web, browser, { maxAge });
  const { auth_time: signedInAt = 0 } = (await straight.redeem(straight.page)).claims() ?? {};
  assert(Math.abs(Date.now() / 1_000 - 1_440 - signedInAt) < 60, String(signedInAt));
  await passes(identity, 0.2);
  const again = await beginSignIn(identity.web, browser, { maxAge });
  assert.match(again.page.html, /name="password"/);
  const tokens = await again.redeem(await browser.submit(again.page, adasPassword));
  assert.equal(tokens.claims()?.sub, 'cus-ada');
});

test('another customer signs in at a browser that is asked for the password again, and the first one is signed out of it', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const first = await signInBy(identity.web, browser);
  await passes(identity, 1);
  const again = await beginSignIn(identity.web, browser, { maxAge: 1_800 });
  const tokens = await again.redeem(await browser.submit(again.page, { ...adasPassword, username: 'grace' }));
  assert.equal(tokens.claims()?.sub, 'cus-grace');
  assert.equal(await refusal(refresh(identity.web, first.refresh_token)), 'invalid_grant');
  const ended = 'select customer_id as id from session where ended_at is not null';
  assert.deepEqual(await identity.database.db.query({ name: 'test.ended', text: ended }), [
    { id: 'cus-ada' },
  ]);
  const straight = await beginSignIn(identity.web, browser);
  assert.equal((await straight.redeem(straight.page)).claims()?.sub, 'cus-grace');
});

test("logout ends the browser's session and the web client's tokens", async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const tokens = await signInBy(identity.web, browser);
  const logout = openid.buildEndSessionUrl(identity.web, {
    id_token_hint: tokens.id_token ?? '',
    post_logout_redirect_uri: loggedOutUri,
    state: 'back',
  });
  const asked = await browser.open(logout);
  assert.doesNotMatch(asked.html, /<script/);
  const { left } = await browser.submit(asked, { logout: 'yes' });
  assert.equal(left?.href, `${loggedOutUri}?state=back`);
  assert.equal(await refusal(refresh(identity.web, tokens.refresh_token)), 'invalid_grant');
  const { page } = await beginSignIn(identity.web, browser);
  assert.match(page.html, /name="password"/);
});

test('a revoked refresh token ends its grant', async () => {
  await using identity = await openIdentity();
  const tokens = await signInBy(identity.mobile, identity.browser(), { redirectUri: mobileRedirectUri });
  await openid.tokenRevocation(identity.mobile, tokens.refresh_token ?? '');
  assert.equal(await refusal(refresh(identity.mobile, tokens.refresh_token)), 'invalid_grant');
});

test('the database holds no id that a browser or client could show', async () => {
  await using identity = await openIdentity();
  const { refresh_token: token = '' } = await signInBy(identity.web, identity.browser());
  const rows = await identity.database.db.query<{ found: string }>({
    name: 'test.dump',
    text: 'select openid_record::text as found from openid_record',
  });
  assert(rows.length > 0);
  for (const { found } of rows) assert(!found.includes(token), found);
});

test('after a key was added old tokens still verify, and new ones carry the new key', async () => {
  await using identity = await openIdentity();
  const old = await signInBy(identity.web, identity.browser());
  await addSigningKey(identity.folder, new Date(0));
  await identity.restart();
  const fresh = await refresh(identity.web, old.refresh_token);
  const [oldKey, newKey] = [old, fresh].map(({ access_token: token }) => decodeProtectedHeader(token).kid);
  assert.notEqual(newKey, oldKey);
  const published = await (await fetch(`${identity.url()}/.well-known/jwks.json`)).json();
  assert.deepEqual(
    (published as { keys: { kid: string; d?: string }[] }).keys.map(({ kid, d }) => [kid, d]),
    [oldKey, newKey].map((kid) => [kid, undefined]),
  );
  for (const { access_token: token } of [old, fresh])
    assert.equal((await identity.callerOf(token))?.customerId, 'cus-ada');
});

test('a key is published before it signs, and is seen without a restart', async () => {
  await using identity = await openIdentity();
  let nowMs = Date.parse('2026-11-28T12:00:00Z');
  const keys = await openSigningKeys(identity.folder, { now: () => nowMs });
  const first = (await keys.current()).signing.id;
  await Promise.all([1, 2].map(() => addSigningKey(identity.folder, new Date(nowMs + 300_000))));
  assert.equal((await readdir(identity.folder)).length, 3);
  nowMs += 31_000;
  const seen = await keys.current();
  assert.deepEqual([seen.published.length, seen.signing.id], [3, first]);
  nowMs += 300_000;
  assert.equal((await keys.current()).signing.id, seen.published[2]?.id);
});
