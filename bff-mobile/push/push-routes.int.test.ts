// Devices register for pushes at the mobile BFF, over HTTP and in Postgres.
import assert from 'node:assert/strict';
import { ECDH } from 'node:crypto';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { mobileBff, newSubscription, type MobileBff } from './mobile-bff.fixture.ts';
import { mostSubscriptions } from './subscription-store.ts';

const allRows = sql(
  'test.all-subscriptions',
  'select id, customer_id, endpoint, auth from push_subscription',
);
const rowsOf = ({ db }: MobileBff) =>
  db.query<{ id: string; customer_id: string; endpoint: string; auth: string }>(allRows);
const register = (bff: MobileBff, customerId: string, body: unknown) =>
  bff.ask('POST', '/devices/push', customerId, body);

test('a device subscribes with the key, registers, and is removed', async () => {
  await using bff = await mobileBff();
  const { json: key } = await bff.ask('GET', '/devices/push/key', 'cus-ada');
  const point = String(key['publicKey']);
  assert.equal(ECDH.convertKey(point, 'prime256v1', 'base64url', 'base64url', 'uncompressed'), point);
  const subscription = newSubscription();
  const { status, json } = await register(bff, 'cus-ada', subscription);
  assert.equal(status, 201);
  const [row] = await rowsOf(bff);
  assert.deepEqual(
    { ...row },
    {
      id: json['id'],
      customer_id: 'cus-ada',
      endpoint: subscription.endpoint,
      auth: subscription.keys.auth,
    },
  );
  const path = `/devices/push/${String(json['id'])}`;
  assert.equal((await bff.ask('DELETE', path, 'cus-grace')).status, 204);
  assert.equal((await rowsOf(bff)).length, 1, 'another customer removes nothing');
  assert.equal((await bff.ask('DELETE', path, 'cus-ada')).status, 204);
  assert.equal((await rowsOf(bff)).length, 0);
});

test('a device that registers again keeps its id and brings its new keys', async () => {
  await using bff = await mobileBff();
  const { endpoint } = newSubscription();
  const first = await register(bff, 'cus-ada', newSubscription(endpoint));
  const again = newSubscription(endpoint);
  const second = await register(bff, 'cus-ada', again);
  assert.deepEqual(second.json, first.json);
  const rows = await rowsOf(bff);
  assert.deepEqual(
    rows.map(({ auth }) => auth),
    [again.keys.auth],
  );
});

test('a device on which another customer signs in is that customer’s, under another id', async () => {
  await using bff = await mobileBff();
  const subscription = newSubscription();
  const first = await register(bff, 'cus-ada', subscription);
  const second = await register(bff, 'cus-grace', subscription);
  assert.notEqual(second.json['id'], first.json['id']);
  const rows = await rowsOf(bff);
  assert.deepEqual(
    rows.map((row) => row.customer_id),
    ['cus-grace'],
  );
});

test('a customer has so many devices and no more, also when all register at once', async () => {
  await using bff = await mobileBff();
  const subscriptions = Array.from({ length: mostSubscriptions + 3 }, () => newSubscription());
  const answers = await Promise.all(subscriptions.map((given) => register(bff, 'cus-ada', given)));
  const refused = answers.filter(({ status }) => status === 409);
  assert.equal(refused.length, 3);
  assert.equal(refused[0]?.json['code'], 'TOO_MANY_PUSH_SUBSCRIPTIONS');
  assert.equal((await rowsOf(bff)).length, mostSubscriptions);
  const [known] = await rowsOf(bff);
  assert.equal((await register(bff, 'cus-ada', newSubscription(known?.endpoint))).status, 201);
  assert.equal((await register(bff, 'cus-grace', newSubscription())).status, 201);
});

test('what is no subscription is refused, and leaves nothing', async () => {
  await using bff = await mobileBff();
  const { endpoint, keys } = newSubscription();
  const offCurve = Buffer.from(keys.p256dh, 'base64url').fill(7, 1).toString('base64url');
  for (const body of [
    {},
    [],
    { endpoint },
    { endpoint, keys: { ...keys, auth: 'short' } },
    { endpoint, keys: { ...keys, p256dh: offCurve } },
    { endpoint: `${endpoint}${'x'.repeat(2_048)}`, keys },
    { endpoint: 7, keys },
  ]) {
    const { status, json } = await register(bff, 'cus-ada', body);
    assert.deepEqual([status, json['code']], [400, 'PUSH_SUBSCRIPTION_INVALID'], JSON.stringify(body));
  }
  const { status, json } = await register(bff, 'cus-ada', '{');
  assert.deepEqual([status, json['code']], [400, 'BAD_REQUEST']);
  assert.equal((await rowsOf(bff)).length, 0);
});

test('no request is ever sent to an address of the device’s own choice', async () => {
  await using bff = await mobileBff();
  for (const endpoint of ['https://127.0.0.1/x', 'http://accounts:4002/internal/post-trade']) {
    const { status, json } = await register(bff, 'cus-ada', newSubscription(endpoint));
    assert.deepEqual([status, json['code']], [400, 'PUSH_SERVICE_UNKNOWN'], endpoint);
  }
  assert.equal((await rowsOf(bff)).length, 0);
});

test('each route wants a token that may read orders', async () => {
  await using bff = await mobileBff();
  const token = bff.tokenOf('cus-ada', ['accounts:read']);
  for (const [method, path] of [
    ['GET', '/devices/push/key'],
    ['POST', '/devices/push'],
    ['DELETE', '/devices/push/x'],
  ] as const) {
    const without = await bff.ask(method, path, undefined, method === 'POST' ? newSubscription() : undefined);
    assert.deepEqual([without.status, without.json['code']], [401, 'UNAUTHENTICATED'], path);
    const { status } = await fetch(`${bff.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${token}` },
    });
    assert.equal(status, 403, path);
  }
});

test('registering counts towards what a customer may ask', async () => {
  await using bff = await mobileBff({ environment: { RATE_LIMIT_PER_CUSTOMER: '0.1' } });
  assert.equal((await bff.ask('GET', '/devices/push/key', 'cus-ada')).status, 200);
  const { status, headers, json } = await bff.ask('GET', '/devices/push/key', 'cus-ada');
  assert.deepEqual([status, headers.get('retry-after'), json['code']], [429, '10', 'RATE_LIMITED']);
});
