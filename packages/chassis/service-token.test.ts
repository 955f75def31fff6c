import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SignJWT } from 'jose';
import { createServiceTokens } from './service-token.ts';

const secret = 'a secret of the test';
const orders = createServiceTokens({ service: 'orders', secret });
const accounts = createServiceTokens({ service: 'accounts', secret });
const fees = createServiceTokens({ service: 'fees', secret });

test('the target learns who calls', async () => {
  assert.equal(await accounts.verify(await orders.headerFor('accounts')), 'orders');
});

test('a token for another target is refused', async () => {
  const header = await orders.headerFor('accounts');
  assert.equal(await fees.verify(header), undefined);
  assert.equal(await orders.verify(header), undefined);
});

test('a token made with another secret is refused', async () => {
  const stranger = createServiceTokens({ service: 'orders', secret: 'another secret' });
  assert.equal(await accounts.verify(await stranger.headerFor('accounts')), undefined);
});

test('a token whose claims were changed is refused', async () => {
  const [header, , signature] = (await orders.headerFor('accounts')).slice('Bearer '.length).split('.');
  const claims = { iss: 'gateway', aud: 'accounts', exp: Math.floor(Date.now() / 1000) + 3600 };
  const forged = `Bearer ${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}`;
  assert.equal(await accounts.verify(forged), undefined);
});

test('an unsigned token is refused', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const claims = { iss: 'orders', aud: 'accounts', exp: Math.floor(Date.now() / 1000) + 60 };
  assert.equal(await accounts.verify(`Bearer ${part({ alg: 'none' })}.${part(claims)}.`), undefined);
});

test("a token signed with the bare secret, not with the target's own key, is refused", async () => {
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256' })
    .setIssuer('orders')
    .setAudience('accounts')
    .setExpirationTime('60s')
    .sign(new TextEncoder().encode(secret));
  assert.equal(await accounts.verify(`Bearer ${token}`), undefined);
});

for (const header of [undefined, '', 'Bearer ', 'Bearer x.y.z', 'Basic b3JkZXJz', 'orders']) {
  test(`${JSON.stringify(header)} is no service token`, async () => {
    assert.equal(await accounts.verify(header), undefined);
  });
}

test('a token expires after a minute, also when it was verified before', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 22) });
  const caller = createServiceTokens({ service: 'orders', secret });
  const target = createServiceTokens({ service: 'accounts', secret });
  const header = await caller.headerFor('accounts');
  t.mock.timers.tick(59_000);
  assert.equal(await target.verify(header), 'orders');
  t.mock.timers.tick(2_000);
  assert.equal(await target.verify(header), undefined);
});

test('a token is used again while at least twenty seconds of its life are left, then made anew', async (t) => {
  t.mock.timers.enable({ apis: ['Date'], now: Date.UTC(2026, 10, 22) });
  const caller = createServiceTokens({ service: 'orders', secret });
  const first = await caller.headerFor('accounts');
  t.mock.timers.tick(39_000);
  assert.equal(await caller.headerFor('accounts'), first);
  t.mock.timers.tick(2_000);
  assert.notEqual(await caller.headerFor('accounts'), first);
});
