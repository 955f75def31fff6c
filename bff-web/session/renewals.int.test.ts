// A session's access token is renewed in time, by one process at a time, and ends with the sign-in at the provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { longestRefreshMs } from './openid-sign-in.ts';
import { query, webBff, type WebBff } from './web-bff.fixture.ts';

/** As if so much time had passed for all sessions. */
async function passes(bff: WebBff, seconds: number): Promise<void> {
  const text = `update web_session set token_expires_at = token_expires_at - make_interval(secs => $1),
    renewing_until = renewing_until - make_interval(secs => $1),
    idle_ends_at = idle_ends_at - make_interval(secs => $1), ends_at = ends_at - make_interval(secs => $1)`;
  await bff.db.query({ name: 'test.passes', text }, [seconds]);
}

/** The provider's next answer at a path waits for its release. */
function held(bff: WebBff, path: string) {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  bff.provider.script.before = async (asked) => {
    if (asked !== path) return;
    reached.resolve();
    await released.promise;
  };
  return { reached: reached.promise, release: () => released.resolve() };
}

test('a token is used until its last minute, then renewed', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  const first = await bff.tokenAt(session);
  await passes(bff, 230);
  assert.equal(await bff.tokenAt(session), first);
  await passes(bff, 20);
  const second = await bff.tokenAt(session);
  assert.notEqual(second, first);
  assert.equal(await bff.tokenAt(session), second);
  assert.equal(bff.provider.seen.refreshes, 1);
});

test('of many requests at two replicas one renews a token that has run out, and all of them go on with the new one', async () => {
  await using bff = await webBff({ replicas: 2 });
  const session = await bff.signIn();
  for (let round = 1; round <= 3; round += 1) {
    await passes(bff, 300);
    const tokens = await Promise.all(
      Array.from({ length: 40 }, (_, index) => bff.tokenAt(session, index % 2)),
    );
    assert.equal(new Set(tokens).size, 1, [...new Set(tokens)].join());
    assert.match(tokens[0] ?? '', /^Bearer/);
    assert.equal(bff.provider.seen.refreshes, round);
  }
});

test('without the provider a session goes on for as long as its token is good', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  const token = await bff.tokenAt(session);
  bff.provider.script.isGone = true;
  await passes(bff, 250);
  assert.equal(await bff.tokenAt(session), token);
  await passes(bff, 60);
  assert.equal(await bff.tokenAt(session), 'SERVICE_UNAVAILABLE');
  bff.provider.script.isGone = false;
  await passes(bff, 15);
  assert.notEqual(await bff.tokenAt(session), token);
});

test('a replica that has to look up the provider first claims no renewal before it knows it', async () => {
  await using bff = await webBff({ replicas: 2 });
  const session = await bff.signIn();
  await passes(bff, 300);
  const lookUp = held(bff, '/.well-known/openid-configuration');
  const late = bff.tokenAt(session, 1);
  await lookUp.reached;
  const renewed = await bff.tokenAt(session, 0);
  assert.match(renewed, /^Bearer/);
  lookUp.release();
  assert.equal(await late, renewed);
  assert.equal(bff.provider.seen.refreshes, 1);
});

test('a request waits for a renewal until its own deadline, and the renewal goes on', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  await passes(bff, 300);
  const refresh = held(bff, '/openid/token');
  const headers = { ...query.headers, 'x-deadline-ms': '1000' };
  const late = await bff.ask('/graphql', { ...query, headers, cookie: session });
  assert.deepEqual([late.status, late.code], [503, 'DEADLINE_EXCEEDED']);
  await refresh.reached;
  refresh.release();
  assert.match(await bff.tokenAt(session), /^Bearer/);
  assert.equal(bff.provider.seen.refreshes, 1);
});

test('a claim lasts longer than all calls of a renewal together', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  await passes(bff, 300);
  const refresh = held(bff, '/openid/token');
  const token = bff.tokenAt(session);
  await refresh.reached;
  const text = 'select extract(epoch from renewing_until - now())::float8 as seconds from web_session';
  const [claim] = await bff.db.query<{ seconds: number }>({ name: 'test.claimed', text });
  refresh.release();
  assert.match(await token, /^Bearer/);
  // Less what has passed since the claim.
  assert((claim?.seconds ?? 0) > longestRefreshMs / 1_000, `${claim?.seconds}`);
});

for (const [answer, isRefused] of [
  ['refused', true],
  ['answered', false],
] as const) {
  test(`a late renewal that is ${answer} ends nothing that another replica has renewed`, async () => {
    await using bff = await webBff();
    const session = await bff.signIn();
    await passes(bff, 300);
    const refresh = held(bff, '/openid/token');
    const late = bff.tokenAt(session);
    await refresh.reached;
    // As the other replica leaves the row.
    const text = `update web_session set version = version + 1, renewing_until = null,
      token_expires_at = now() + interval '5 minutes'`;
    await bff.db.query({ name: 'test.renewed', text });
    if (isRefused) bff.provider.endSignIn();
    refresh.release();
    assert.match(await late, /^Bearer/);
    assert.match(await bff.tokenAt(session), /^Bearer/);
    assert.deepEqual(bff.provider.seen.revoked, []);
  });
}

test('a renewal whose process died is taken over', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  await passes(bff, 300);
  await bff.db.query({
    name: 'test.claim',
    text: `update web_session set renewing_until = now() + interval '1 second'`,
  });
  assert.match(await bff.tokenAt(session), /^Bearer/);
});

test('a session ends with its sign-in at the provider', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  bff.provider.endSignIn();
  await passes(bff, 250);
  assert.equal(await bff.tokenAt(session), 'UNAUTHENTICATED');
  assert.deepEqual(await bff.db.query({ name: 'test.sessions', text: 'select * from web_session' }), []);
});

test('a session ends after half an hour of nothing, and after twelve hours in any case', async () => {
  await using bff = await webBff();
  // The scripted provider keeps the newest sign-in only, and /session needs a token that is good.
  const [idle, busy] = [await bff.signIn(), await bff.signIn()];
  const moved = async () => {
    await passes(bff, 1_700);
    return bff.ask('/session', { cookie: busy, headers: { 'x-csrf': '1' } });
  };
  assert.equal((await moved()).status, 200);
  assert.equal((await moved()).status, 200);
  assert.equal(await bff.tokenAt(idle), 'UNAUTHENTICATED');
  for (let hours = 2 * 1_700; hours + 1_700 < 12 * 3_600; hours += 1_700)
    assert.equal((await moved()).status, 200);
  assert.equal((await moved()).status, 401);
});

test('a session whose tokens cannot be opened, as after a change of the secret, is none', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  await bff.db.query({ name: 'test.change', text: `update web_session set tokens = tokens || '\\x00'` });
  assert.equal(await bff.tokenAt(session), 'UNAUTHENTICATED');
});

test('sessions and sign-ins that are over are forgotten as new ones begin', async () => {
  await using bff = await webBff();
  await bff.signIn();
  await bff.beginSignIn();
  const text = `update web_sign_in set expires_at = now() - interval '1 second'`;
  await bff.db.query({ name: 'test.expire', text });
  await passes(bff, 1_801);
  await bff.signIn();
  const count =
    'select (select count(*) from web_session)::int as sessions, (select count(*) from web_sign_in)::int as "signIns"';
  assert.deepEqual(await bff.db.query({ name: 'test.count', text: count }), [{ sessions: 1, signIns: 0 }]);
});
