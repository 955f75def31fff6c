// From an order's end on the bus to the push that a device decrypts, over the real bus, Postgres and HTTP.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { sql } from '@simplebank/chassis';
import { createCursors } from '@simplebank/completion';
import { busOf } from '@simplebank/events';
import { testPushService, until, type TestDevice, type TestPushService } from '@simplebank/testkit';
import { completed, cursorSecret, mobileBff, type MobileBff } from './mobile-bff.fixture.ts';

const cursors = createCursors(cursorSecret);
const allDue = sql('test.all-due', 'select id from due_push');
const allDevices = sql('test.all-devices', 'select id from push_subscription');

/** The grace is over at once: nobody is connected here. */
function bffFor(service: TestPushService): Promise<MobileBff> {
  return mobileBff({ environment: { PUSH_SERVICES: service.origin, PUSH_GRACE_MS: '1' } });
}

const cursorOf = (orderId: string, sequence: number) =>
  cursors.seal({ field: 'orderUpdated', key: orderId }, { sequence, final: true });
const ordersOf = ({ pushes }: TestDevice) =>
  pushes.map(({ text }) => (JSON.parse(text) as { orderId: string }).orderId);
const nothingDue = async ({ db }: MobileBff) => (await db.query(allDue)).length === 0;

test('the end of an order reaches each device of its customer, with its id and cursor and nothing else', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const [phone, tablet, other] = [
    await bff.registered(service, 'cus-ada'),
    await bff.registered(service, 'cus-ada'),
    await bff.registered(service, 'cus-grace'),
  ];
  await bff.publish(
    completed('ord-1', 'cus-ada', { type: 'OrderFilled', sequence: 11 }),
    completed('ord-1', 'cus-ada', { sequence: 12 }),
  );
  await until('both have it', () => phone.pushes.length === 1 && tablet.pushes.length === 1);
  const cursor = cursorOf('ord-1', 12);
  const [push] = phone.pushes;
  assert.deepEqual(JSON.parse(push?.text ?? ''), { orderId: 'ord-1', cursor });
  assert.equal(tablet.pushes[0]?.text, push?.text);
  const topic = createHash('sha256').update('ord-1').digest('base64url').slice(0, 32);
  assert.deepEqual([push?.ttl, push?.urgency, push?.topic], [86_400, 'high', topic]);
  await until('nothing is due any more', () => nothingDue(bff));
  assert.deepEqual([service.faults, other.pushes], [[], []]);
  assert.equal(await bff.counted('pushes_sent_total'), 2);
});

test('an end that is told twice is pushed once, and one from another day not at all', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  const event = completed('ord-1', 'cus-ada');
  const occurredAt = new Date(Date.now() - 25 * 60 * 60 * 1000).toISOString();
  await bff.publish(completed('ord-0', 'cus-ada', { occurredAt }), event);
  await until('it is pushed', () => phone.pushes.length === 1);
  // As after a loss of the bus: it does not know the event any more, and is given it once more.
  await bff.db.query(sql('test.forget-due', 'delete from due_push'));
  await (await busOf(bff.host)).replay('bff-mobile', 'start');
  // Of the same order, so that it is read after the repetition; no order really ends twice.
  await bff.publish(completed('ord-1', 'cus-ada', { sequence: 10 }));
  await until('the next one is pushed', () => phone.pushes.length === 2);
  assert.deepEqual(
    phone.pushes.map(({ text }) => (JSON.parse(text) as { cursor: string }).cursor),
    [9, 10].map((sequence) => cursorOf('ord-1', sequence)),
  );
});

for (const status of [404, 410]) {
  test(`a device that its push service answers by ${status} is removed, and the others go on`, async () => {
    await using service = await testPushService();
    await using bff = await bffFor(service);
    const lost = await bff.registered(service, 'cus-ada');
    const phone = await bff.registered(service, 'cus-ada');
    lost.answerNext({ status });
    await bff.publish(completed('ord-1', 'cus-ada'));
    await until('it is removed', async () => (await bff.db.query(allDevices)).length === 1);
    await until('nothing is due any more', () => nothingDue(bff));
    await bff.publish(completed('ord-2', 'cus-ada'));
    await until('the other has both', () => phone.pushes.length === 2);
    assert.deepEqual([lost.answers.length, lost.pushes.length], [1, 0]);
    assert.equal(await bff.counted('push_subscriptions_gone_total'), 1);
  });
}

test('a push service that is busy is asked again, not before it wants to be', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  phone.answerNext({ status: 429, headers: { 'retry-after': '2' } });
  const startedAtMs = performance.now();
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is pushed', () => phone.pushes.length === 1);
  const tookMs = (phone.pushes[0]?.receivedAtMs ?? 0) - startedAtMs;
  assert.ok(tookMs >= 2_000, `pushed again after ${tookMs} ms`);
  assert.equal(await bff.counted('pushes_failed_total'), 0);
});

for (const answer of [{ status: 500 }, { status: 503 }, 'dropped'] as const) {
  test(`a push that is answered by ${JSON.stringify(answer)} is sent again`, async () => {
    await using service = await testPushService();
    await using bff = await bffFor(service);
    const phone = await bff.registered(service, 'cus-ada');
    phone.answerNext(answer);
    await bff.publish(completed('ord-1', 'cus-ada'));
    await until('it is pushed', () => phone.pushes.length === 1);
    assert.equal(phone.answers.length, 2);
  });
}

test('a push that is refused is given up and counted, and the device stays', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  phone.answerNext({ status: 413 });
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is given up', async () => (await bff.counted('pushes_failed_total')) === 1);
  assert.ok(await nothingDue(bff));
  await bff.publish(completed('ord-2', 'cus-ada'));
  await until('the next one comes', () => phone.pushes.length === 1);
  assert.deepEqual(ordersOf(phone), ['ord-2']);
});

test('a redirect is not followed: it would lead to an address that nobody allowed', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const [phone, other] = [await bff.registered(service, 'cus-ada'), service.device('nobody')];
  phone.answerNext({ status: 307, headers: { location: other.subscription.endpoint } });
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is given up', async () => (await bff.counted('pushes_failed_total')) === 1);
  assert.deepEqual(other.answers, []);
});

test('the push service refuses another key than the device subscribed with, so that these tests would notice one', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = service.device('BAnotherKey');
  await bff.ask('POST', '/devices/push', 'cus-ada', phone.subscription);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is given up', async () => (await bff.counted('pushes_failed_total')) === 1);
  assert.deepEqual([phone.pushes.length, service.faults.length], [0, 1]);
});

test('a device whose session ends gets no more pushes, nor what was due to it; the other device does', async () => {
  await using service = await testPushService();
  await using bff = await mobileBff({
    environment: { PUSH_SERVICES: service.origin, PUSH_GRACE_MS: '1500' },
  });
  const revoked = await bff.registered(service, 'cus-ada', 'session-1');
  const phone = await bff.registered(service, 'cus-ada', 'session-2');
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('both are due', async () => (await bff.db.query(allDue)).length === 2);
  await bff.endSession('session-1');
  await until('the device is removed', async () => (await bff.db.query(allDevices)).length === 1);
  await bff.publish(completed('ord-2', 'cus-ada'));
  await until('the other has both', () => phone.pushes.length === 2);
  assert.deepEqual(revoked.answers, []);
});

test('a device that registers with a new session outlives the one before', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada', 'session-1');
  await bff.ask('POST', '/devices/push', 'cus-ada', phone.subscription, 'session-2');
  const other = await bff.registered(service, 'cus-ada', 'session-3');
  await bff.endSession('session-1');
  await bff.endSession('session-3');
  await until('the other is removed', async () => (await bff.db.query(allDevices)).length === 1);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is pushed', () => phone.pushes.length === 1);
  assert.deepEqual(other.answers, []);
});
