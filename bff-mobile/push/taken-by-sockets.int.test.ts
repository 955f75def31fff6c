// What a live socket took is not pushed, and what it only seems to have taken is. The gateway behind is scripted: every
// order that is asked for has ended.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { sql } from '@simplebank/chassis';
import {
  answerJson,
  testPushService,
  until,
  type PeerAnswer,
  type TestPushService,
} from '@simplebank/testkit';
import { completed, mobileBff, type MobileBff } from './mobile-bff.fixture.ts';

const allDue = sql('test.all-due', 'select id from due_push');
const allTaken = sql('test.all-taken', 'select order_id, customer_id from taken_event');
const graceMs = 1_500;

const follow = 'subscription ($id: ID!) { orderUpdated(orderId: $id, after: "0") { event { type } } }';
const ended: PeerAnswer = (request, response) => {
  const { query } = JSON.parse(request.body) as { query: string };
  const [, sequence = '', final = ''] = /(\w+): sequence[\s\S]*?(\w+): final/.exec(query) ?? [];
  answerJson(response, {
    data: { orderUpdated: [{ event: { type: 'ORDER_COMPLETED' }, [sequence]: 9, [final]: true }] },
  });
};

const bffFor = (service: TestPushService) =>
  mobileBff({
    gateway: ended,
    environment: { PUSH_SERVICES: service.origin, PUSH_GRACE_MS: String(graceMs) },
  });

/** Follows the order over a socket until it has its end; `isAsleep`: nobody answers pings. */
async function socketWithEnd(bff: MobileBff, customerId: string, orderId: string, isAsleep = false) {
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    autoPong: !isAsleep,
  });
  const types: string[] = [];
  const payload = { query: follow, variables: { id: orderId } };
  socket.on('open', () =>
    socket.send(
      JSON.stringify({
        type: 'connection_init',
        payload: { authorization: `Bearer ${bff.tokenOf(customerId)}` },
      }),
    ),
  );
  socket.on('message', (data: Buffer) => {
    const { type } = JSON.parse(data.toString()) as { type: string };
    types.push(type);
    if (type === 'connection_ack') socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    // As a real client does whose last subscription has ended.
    if (type === 'complete') socket.close();
  });
  await until('the socket has the end', () => types.includes('complete'));
  assert.deepEqual(types, ['connection_ack', 'next', 'complete']);
  return { [Symbol.dispose]: () => socket.terminate() };
}

test('an end that a live socket of the customer took is not pushed', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  using _socket = await socketWithEnd(bff, 'cus-ada', 'ord-1');
  await until('it is known', async () => (await bff.db.query(allTaken)).length === 1);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('a push is due', async () => (await bff.db.query(allDue)).length === 1);
  await until('none is due any more', async () => (await bff.db.query(allDue)).length === 0);
  await bff.publish(completed('ord-2', 'cus-ada'));
  await until('the next one is pushed', () => phone.pushes.length > 0);
  assert.deepEqual(
    phone.pushes.map(({ text }) => text.includes('ord-2')),
    [true],
  );
  assert.equal(phone.answers.length, 1, 'nothing else was sent');
});

test('an end that went to a socket whose phone is asleep is pushed', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  using _socket = await socketWithEnd(bff, 'cus-ada', 'ord-1', true);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is pushed', () => phone.pushes.length === 1);
  assert.deepEqual(await bff.db.query(allTaken), []);
});

test('an end that went out on a stream is pushed, since nothing says that it arrived', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  const url = new URL('/graphql/stream', bff.url);
  url.searchParams.set('query', follow);
  url.searchParams.set('variables', JSON.stringify({ id: 'ord-1' }));
  const response = await fetch(url, {
    headers: { accept: 'text/event-stream', authorization: `Bearer ${bff.tokenOf('cus-ada')}` },
  });
  assert.match(await response.text(), /ORDER_COMPLETED[\s\S]*event: complete/);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is pushed', () => phone.pushes.length === 1);
});

test('what a socket of another customer took says nothing about the customer whose order it is', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  const phone = await bff.registered(service, 'cus-ada');
  await bff.registered(service, 'cus-grace');
  using _socket = await socketWithEnd(bff, 'cus-grace', 'ord-1');
  await until('it is known', async () => (await bff.db.query(allTaken)).length === 1);
  await bff.publish(completed('ord-1', 'cus-ada'));
  await until('it is pushed', () => phone.pushes.length === 1);
});

test('of a customer without a device nothing is kept', async () => {
  await using service = await testPushService();
  await using bff = await bffFor(service);
  await bff.registered(service, 'cus-ada');
  using _none = await socketWithEnd(bff, 'cus-grace', 'ord-1');
  using _one = await socketWithEnd(bff, 'cus-ada', 'ord-2');
  await until('the later one is known', async () => (await bff.db.query(allTaken)).length > 0);
  assert.deepEqual(await bff.db.query(allTaken), [{ order_id: 'ord-2', customer_id: 'cus-ada' }]);
});
