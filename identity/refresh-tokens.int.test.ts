// Refresh tokens rotate, and one that is shown twice tells of a thief, unless its answer may have been lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as openid from 'openid-client';
import { mobileRedirectUri, openIdentity, refusal, signInBy } from './openid.fixture.ts';

type Identity = Awaited<ReturnType<typeof openIdentity>>;
type Tokens = openid.TokenEndpointResponse;

const refresh = (identity: Identity, { refresh_token: token = '' }: Tokens): Promise<Tokens> =>
  openid.refreshTokenGrant(identity.mobile, token);
const signIn = (identity: Identity): Promise<Tokens> =>
  signInBy(identity.mobile, identity.browser(), { redirectUri: mobileRedirectUri });

/** As if so much time had passed since tokens were used. */
async function passes(identity: Identity, seconds: number): Promise<void> {
  const text = 'update openid_record set consumed_at = consumed_at - make_interval(secs => $1)';
  await identity.database.db.query({ name: 'test.passes', text }, [seconds]);
}

async function assertOver(identity: Identity, ...tokens: Tokens[]): Promise<void> {
  for (const each of tokens) assert.equal(await refusal(refresh(identity, each)), 'invalid_grant');
  const grants = await identity.database.db.query({
    name: 'test.grants',
    text: `select kind from openid_record where kind in ('Grant', 'RefreshToken')`,
  });
  assert.deepEqual(grants, []);
}

test('each refresh gives a new refresh token', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const second = await refresh(identity, first);
  assert.notEqual(second.refresh_token, first.refresh_token);
  assert.equal((await identity.callerOf(second.access_token))?.customerId, 'cus-ada');
  assert.notEqual((await refresh(identity, second)).refresh_token, second.refresh_token);
});

test('a client whose answer was lost asks again with the same token and goes on, more than once', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const lost = [await refresh(identity, first), await refresh(identity, first)];
  await passes(identity, 25);
  const second = await refresh(identity, first);
  assert.equal((await identity.callerOf(second.access_token))?.customerId, 'cus-ada');
  assert.equal(new Set([first, ...lost, second].map((tokens) => tokens.refresh_token)).size, 4);
  const third = await refresh(identity, second);
  assert.notEqual((await refresh(identity, third)).refresh_token, third.refresh_token);
});

test('a token that is shown again after its successor was used ends the grant', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const second = await refresh(identity, first);
  const third = await refresh(identity, second);
  assert.equal(await refusal(refresh(identity, first)), 'invalid_grant');
  await assertOver(identity, second, third);
});

test('a token that is shown again later ends the grant', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const second = await refresh(identity, first);
  await passes(identity, 31);
  assert.equal(await refusal(refresh(identity, first)), 'invalid_grant');
  await assertOver(identity, second);
});

test('the time in which a token may be shown again does not begin anew each time', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  await refresh(identity, first);
  await passes(identity, 20);
  const second = await refresh(identity, first);
  await passes(identity, 20);
  assert.equal(await refusal(refresh(identity, first)), 'invalid_grant');
  await assertOver(identity, second);
});

test('of two who were answered for one token the second to go on is refused and ends the grant', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const [customers, thiefs] = [await refresh(identity, first), await refresh(identity, first)];
  const next = await refresh(identity, thiefs);
  assert.equal(await refusal(refresh(identity, customers)), 'invalid_grant');
  await assertOver(identity, next);
});

test('uses of one token at once are all answered, whichever answer the client keeps', async () => {
  await using identity = await openIdentity();
  let tokens = await signIn(identity);
  for (let round = 0; round < 3; round += 1) {
    const shown = tokens;
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(identity, shown)));
    assert.equal(new Set(answers.map((answer) => answer.refresh_token)).size, 4);
    tokens = answers[round] ?? tokens;
  }
  assert.equal((await identity.callerOf(tokens.access_token))?.customerId, 'cus-ada');
});

test('of two successors that are used at once at most one is answered, and the grant is over', async () => {
  await using identity = await openIdentity();
  const first = await signIn(identity);
  const successors = await Promise.all([1, 2, 3, 4].map(() => refresh(identity, first)));
  const answers = await Promise.allSettled(successors.map((tokens) => refresh(identity, tokens)));
  const answered = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  assert(answered.length <= 1, `${answered.length} were answered`);
  await assertOver(identity, ...answered);
});
