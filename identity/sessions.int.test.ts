// What begins and ends a session, as services see it: the claim `sid` of access tokens, and one event on the bus.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeJwt } from 'jose';
import * as openid from 'openid-client';
import { sessionEventSchemas, sessionsStream } from '@simplebank/contracts';
import type { EventEnvelope } from '@simplebank/events';
import { until } from '@simplebank/testkit';
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

const sessionOf = ({ access_token: token }: { access_token: string }) => String(decodeJwt(token)['sid']);
const refresh = (config: openid.Configuration, { refresh_token: token = '' }: openid.TokenEndpointResponse) =>
  openid.refreshTokenGrant(config, token);
const onMobile = (identity: Identity, browser = identity.browser()) =>
  signInBy(identity.mobile, browser, { redirectUri: mobileRedirectUri });

/** What the bus is told of sessions. */
async function followEnds(identity: Identity) {
  const events: EventEnvelope[] = [];
  await identity.bus.follow({
    streams: [sessionsStream],
    from: 'start',
    onEvent: (event) => void events.push(event),
  });
  return events;
}

test('every access token of a sign-in names its session, which a refresh keeps and another device has not', async () => {
  await using identity = await openIdentity();
  const first = await onMobile(identity);
  const refreshed = await refresh(identity.mobile, first);
  const other = await onMobile(identity);
  assert.equal((await identity.callerOf(first.access_token))?.sessionId, sessionOf(first));
  assert.equal(sessionOf(refreshed), sessionOf(first));
  assert.notEqual(sessionOf(other), sessionOf(first));
});

const ends: Readonly<Record<string, (identity: Identity) => Promise<Tokens>>> = {
  async 'a revoked refresh token'(identity) {
    const tokens = await onMobile(identity);
    await openid.tokenRevocation(identity.mobile, tokens.refresh_token ?? '');
    return tokens;
  },
  async 'a refresh token that is used again after its successor'(identity) {
    const tokens = await onMobile(identity);
    await refresh(identity.mobile, await refresh(identity.mobile, tokens));
    assert.equal(await refusal(refresh(identity.mobile, tokens)), 'invalid_grant');
    return tokens;
  },
  async 'many successors of one refresh token at once'(identity) {
    const tokens = await onMobile(identity);
    const successors = await Promise.all([1, 2, 3, 4].map(() => refresh(identity.mobile, tokens)));
    await Promise.allSettled(successors.map((each) => refresh(identity.mobile, each)));
    return tokens;
  },
  async 'a code that is used twice'(identity) {
    const browser = identity.browser();
    const { page, redeem } = await beginSignIn(identity.web, browser);
    const back = await browser.submit(page, { username: 'ada', password: 'demo' });
    const tokens = await redeem(back);
    assert.equal(await refusal(redeem(back)), 'invalid_grant');
    return tokens;
  },
  async logout(identity) {
    const browser = identity.browser();
    const tokens = await signInBy(identity.web, browser);
    const asked = await browser.open(
      openid.buildEndSessionUrl(identity.web, {
        id_token_hint: tokens.id_token ?? '',
        post_logout_redirect_uri: loggedOutUri,
      }),
    );
    await browser.submit(asked, { logout: 'yes' });
    return tokens;
  },
};

for (const [what, endWith] of Object.entries(ends)) {
  test(`${what} ends the session, which is told once, and no other session`, async () => {
    await using identity = await openIdentity();
    const events = await followEnds(identity);
    const other = await onMobile(identity);
    const ended = await endWith(identity);
    await until('the end is told', () => events.length > 0);
    // Told after it, so that a second event of the first would have come before.
    await openid.tokenRevocation(identity.mobile, other.refresh_token ?? '');
    await until('the next end is told', () => events.at(-1)?.aggregateId === sessionOf(other));
    assert.deepEqual(
      events.map(({ type, aggregateId, sequence }) => [type, aggregateId, sequence]),
      [ended, other].map((tokens) => ['SessionEnded', sessionOf(tokens), 1]),
    );
    assert.deepEqual(sessionEventSchemas.SessionEnded.parse(events[0]?.data), { customerId: 'cus-ada' });
  });
}

test('a sign-in after the end of a session begins another one, also in the same browser', async () => {
  await using identity = await openIdentity();
  const browser = identity.browser();
  const first = await onMobile(identity, browser);
  await openid.tokenRevocation(identity.mobile, first.refresh_token ?? '');
  const again = await onMobile(identity, browser);
  assert.notEqual(sessionOf(again), sessionOf(first));
  assert.equal(sessionOf(await refresh(identity.mobile, again)), sessionOf(again));
});

test('a request that was under way when its session ended gets no token', async () => {
  await using identity = await openIdentity();
  const tokens = await onMobile(identity);
  // As if the end had been committed after the grant was read.
  await identity.database.db.query({ name: 'test.end', text: 'update session set ended_at = now()' });
  assert.equal(await refusal(refresh(identity.mobile, tokens)), 'invalid_grant');
});

test('a sign-in that lasts since before sessions were recorded goes on', async () => {
  await using identity = await openIdentity();
  const tokens = await onMobile(identity);
  await identity.database.db.query({ name: 'test.forget', text: 'delete from session' });
  const next = await refresh(identity.mobile, tokens);
  assert.equal(sessionOf(next), sessionOf(tokens));
});
