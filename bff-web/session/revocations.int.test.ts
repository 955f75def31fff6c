// Signing out while the OpenID provider does not answer: the session ends here, and there as soon as it can.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { forgery, webBff, type WebBff } from './web-bff.fixture.ts';

const kept = async ({ db }: WebBff) =>
  db.query<{ attempts: number; text: string }>({
    name: 'test.kept',
    text: `select attempts, id || encode(refresh, 'escape') as text from web_revocation`,
  });

/** As if its pause were over. */
const isDue = async ({ db }: WebBff, attempts: number) =>
  db.query(
    { name: 'test.due', text: 'update web_revocation set due_at = now(), attempts = $1 where attempts > 0' },
    [attempts],
  );

/** At a replica that has not looked up the provider yet, which has gone. Also the refresh token that is to be revoked. */
async function signedOut(bff: WebBff): Promise<string> {
  const session = await bff.signIn();
  const refresh = bff.provider.refreshToken() ?? '';
  bff.provider.script.isGone = true;
  const out = await bff.ask('/session/logout', {
    method: 'POST',
    cookie: session,
    headers: forgery,
    replica: 1,
  });
  assert.deepEqual([out.status, out.text], [200, '{}']);
  assert.match(out.headers.getSetCookie().join(), /^__Host-session=;.*Max-Age=0/);
  assert.equal(await bff.tokenAt(session), 'UNAUTHENTICATED');
  return refresh;
}

test('who signs out while the provider is gone is signed out, and there too when it is back', async () => {
  await using bff = await webBff({ replicas: 2 });
  const refresh = await signedOut(bff);
  const [row, ...others] = await kept(bff);
  assert.deepEqual([row?.attempts, others], [1, []]);
  assert(!row?.text.includes(refresh), 'it is sealed');
  await isDue(bff, 1);
  await until('it is tried again', async () => (await kept(bff))[0]?.attempts === 2);
  assert.deepEqual(bff.provider.seen.revoked, []);
  bff.provider.script.isGone = false;
  await isDue(bff, 2);
  await until('the provider knows', () => bff.provider.seen.revoked.includes(refresh));
  await until('it is kept no more', async () => (await kept(bff)).length === 0);
  assert.deepEqual(bff.provider.seen.revoked, [refresh]);
});

test('a revocation is given up after 20 attempts, which is logged as an error', async () => {
  await using bff = await webBff({ replicas: 2 });
  await signedOut(bff);
  await isDue(bff, 19);
  await until('it is kept no more', async () => (await kept(bff)).length === 0);
  const given = bff.logs().filter(({ level, msg }) => level === 'error' && /given up/.test(String(msg)));
  assert.deepEqual(
    given.map((log) => log['attempts']),
    [20],
  );
});

test('a revocation that was carried out at once is kept no longer', async () => {
  await using bff = await webBff();
  const session = await bff.signIn();
  await bff.ask('/session/logout', { method: 'POST', cookie: session, headers: forgery });
  assert.equal(bff.provider.seen.revoked.length, 1);
  assert.deepEqual(await kept(bff), []);
});
