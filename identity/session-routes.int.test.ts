// What a customer sees of its sessions and what a revocation takes away, over real HTTP with real sign-ins.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { sessionsStream } from '@simplebank/contracts';
import { signIn, until } from '@simplebank/testkit';
import {
  beginSignIn,
  loggedOutUri,
  mobileRedirectUri,
  openIdentity,
  refusal,
  signInBy,
} from './openid.fixture.ts';

type Identity = Awaited<ReturnType<typeof openIdentity>>;
type Tokens = Awaited<ReturnType<typeof signInBy>>;

interface Listed {
  readonly id: string;
  readonly client: string;
  readonly device: string;
  readonly startedAt: string;
  readonly lastUsedAt: string;
  readonly current: boolean;
}

const sessionOf = ({ access_token: token }: { access_token: string }) => String(decodeJwt(token)['sid']);
const refresh = (config: openid.Configuration, { refresh_token: token = '' }: Tokens) =>
  openid.refreshTokenGrant(config, token);
const onDevice = (identity: Identity, deviceName: string, username = 'ada') =>
  signInBy(identity.mobile, identity.browser(), { redirectUri: mobileRedirectUri, deviceName, username });

async function ask(identity: Identity, method: 'GET' | 'DELETE', path: string, token?: string) {
  const response = await fetch(`${identity.url()}${path}`, {
    method,
    headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
  });
  const text = await response.text();
  const answer = (text === '' ? {} : JSON.parse(text)) as { code?: string; sessions?: Listed[] };
  return { status: response.status, headers: response.headers, sessions: [], ...answer };
}

const list = (identity: Identity, { access_token: token }: { access_token: string }) =>
  ask(identity, 'GET', '/sessions', token);
const revoke = (identity: Identity, { access_token: token }: Tokens, id: string) =>
  ask(identity, 'DELETE', `/sessions/${id}`, token);
const isRefused = async (config: openid.Configuration, tokens: Tokens) =>
  assert.equal(await refusal(refresh(config, tokens)), 'invalid_grant');

test('a customer sees its own sessions by the names of their devices, the one used last first', async () => {
  await using identity = await openIdentity();
  const telephone = await onDevice(identity, 'Ada’s telephone');
  const web = await signInBy(identity.web, identity.browser());
  await onDevice(identity, 'Barbara’s telephone', 'barbara');
  const before = await list(identity, telephone);
  assert.equal(before.headers.get('cache-control'), 'no-store');
  assert.deepEqual(
    before.sessions.map(({ id, client, device, current }) => [id, client, device, current]),
    [
      [sessionOf(web), 'bff-web', 'node', false],
      [sessionOf(telephone), 'bff-mobile', 'Ada’s telephone', true],
    ],
  );
  await refresh(identity.mobile, telephone);
  const after = await list(identity, web);
  assert.deepEqual(
    after.sessions.map(({ id, current }) => [id, current]),
    [
      [sessionOf(telephone), false],
      [sessionOf(web), true],
    ],
  );
  const [used, was] = [after.sessions[0], before.sessions[1]];
  assert.equal(used?.startedAt, was?.startedAt);
  assert(Date.parse(used?.lastUsedAt ?? '') > Date.parse(was?.lastUsedAt ?? ''));
});

test('a revoked session gets no token any more, its end is told, and the others go on', async () => {
  await using identity = await openIdentity();
  const [lost, kept] = [await onDevice(identity, 'lost'), await onDevice(identity, 'kept')];
  const told: string[] = [];
  await identity.bus.follow({
    streams: [sessionsStream],
    from: 'start',
    onEvent: ({ aggregateId }) => void told.push(aggregateId),
  });
  assert.equal((await revoke(identity, kept, sessionOf(lost))).status, 204);
  await until('its end is told', () => told.length > 0);
  assert.deepEqual(told, [sessionOf(lost)]);
  await isRefused(identity.mobile, lost);
  const asLost = await list(identity, lost);
  assert.deepEqual([asLost.status, asLost.code], [401, 'SESSION_ENDED']);
  assert.equal((await revoke(identity, lost, sessionOf(kept))).code, 'SESSION_ENDED');
  const { sessions } = await list(identity, kept);
  assert.deepEqual(
    sessions.map(({ device }) => device),
    ['kept'],
  );
  assert.equal(sessionOf(await refresh(identity.mobile, kept)), sessionOf(kept));
});

test('nobody revokes what is not theirs: another customer’s session, none, and one that has ended answer alike', async () => {
  await using identity = await openIdentity();
  const ada = await onDevice(identity, 'hers');
  const [barbara, barbarasOther] = [
    await onDevice(identity, 'one', 'barbara'),
    await onDevice(identity, 'other', 'barbara'),
  ];
  assert.equal((await revoke(identity, barbara, sessionOf(barbarasOther))).status, 204);
  for (const id of [sessionOf(ada), sessionOf(barbarasOther), 'made-up', '%27%20or%20true', 'x'.repeat(90)]) {
    const { status, code } = await revoke(identity, barbara, id);
    assert.deepEqual([status, code], [404, 'SESSION_NOT_FOUND'], id);
  }
  assert.equal((await list(identity, ada)).sessions.length, 1);
  assert.equal(sessionOf(await refresh(identity.mobile, ada)), sessionOf(ada));
});

test('a browser whose session was revoked is asked for the password again', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const web = await signInBy(identity.web, browser);
  const telephone = await onDevice(identity, 'telephone');
  const silent = await beginSignIn(identity.web, browser);
  assert(silent.page.left !== undefined, 'a browser that is signed in is let in');
  assert.equal((await revoke(identity, telephone, sessionOf(web))).status, 204);
  await isRefused(identity.web, web);
  assert.match((await beginSignIn(identity.web, browser)).page.html, /name="password"/);
});

test('the application of a telephone asks for the password each time, so its revocation is enough', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  await signInBy(identity.mobile, browser, { redirectUri: mobileRedirectUri });
  const { page } = await beginSignIn(identity.mobile, browser, { redirectUri: mobileRedirectUri });
  assert.match(page.html, /name="password"/);
});

test('what does not last is not listed: given up, logged out, expired, or of a browser that was closed too long', async () => {
  await using identity = await openIdentity();
  const telephone = await onDevice(identity, 'telephone');
  const givenUp = identity.browser();
  await signInBy(identity.web, givenUp);
  const shown = async () => (await list(identity, telephone)).sessions.map(({ client }) => client);
  assert.deepEqual(await shown(), ['bff-web', 'bff-mobile']);
  // In the same browser, where she is known already: asked for her password, she goes away.
  await beginSignIn(identity.mobile, givenUp, { redirectUri: mobileRedirectUri, deviceName: 'given up' });
  assert.deepEqual(await shown(), ['bff-web', 'bff-mobile']);
  const expire = (kind: string, client: string) =>
    identity.database.db.query(
      {
        name: `test.expire ${kind}`,
        text: `update openid_record set expires_at = now() where kind = $1
               and ($1 = 'Session' or payload ->> 'clientId' = $2)`,
      },
      [kind, client],
    );
  await expire('Session', 'bff-web');
  assert.deepEqual(await shown(), ['bff-mobile']);
  await expire('RefreshToken', 'bff-mobile');
  assert.deepEqual(await shown(), []);
});

test('after logout the session is not listed any more', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const tokens = await signInBy(identity.web, browser);
  const telephone = await onDevice(identity, 'telephone');
  const asked = await browser.open(
    openid.buildEndSessionUrl(identity.web, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: loggedOutUri,
    }),
  );
  await browser.submit(asked, { logout: 'yes' });
  const { sessions } = await list(identity, telephone);
  assert.deepEqual(
    sessions.map(({ device }) => device),
    ['telephone'],
  );
});

test('a token of the password route is of no session, and may list and revoke as any of its customer', async () => {
  await using identity = await openIdentity();
  const telephone = await onDevice(identity, 'telephone');
  const token = await signIn({ identityUrl: identity.url(), username: 'ada' });
  const { sessions } = await list(identity, { access_token: token });
  assert.deepEqual(
    sessions.map(({ device, current }) => [device, current]),
    [['telephone', false]],
  );
  const revoked = await ask(identity, 'DELETE', `/sessions/${sessionOf(telephone)}`, token);
  assert.equal(revoked.status, 204);
});

test('without a token, or with one that is not valid, nothing is shown or revoked', async () => {
  await using identity = await openIdentity();
  const { access_token: token } = await onDevice(identity, 'telephone');
  const forged = `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;
  for (const given of [undefined, forged, 'a.b.c'])
    for (const [method, path] of [
      ['GET', '/sessions'],
      ['DELETE', `/sessions/${sessionOf({ access_token: token })}`],
    ] as const) {
      const { status, code } = await ask(identity, method, path, given);
      assert.deepEqual([status, code], [401, 'UNAUTHENTICATED'], `${method} with ${given}`);
    }
  assert.equal((await list(identity, { access_token: token })).sessions.length, 1);
});

for (const deviceName of ['', 'x'.repeat(65), 'a\nb', 'a\u202Eb', 'a\u0000b']) {
  test(`the device name ${JSON.stringify(deviceName).slice(0, 20)} is refused, or taken for none`, async () => {
    await using identity = await openIdentity();
    const { page } = await beginSignIn(identity.mobile, identity.browser(), {
      redirectUri: mobileRedirectUri,
      deviceName,
    });
    // OpenID takes an empty parameter for one that was not sent.
    if (deviceName === '') assert.match(page.html, /name="password"/);
    else assert.equal(page.left?.searchParams.get('error'), 'invalid_request');
  });
}
