// What a client gave up, or does not take: the gateway's work for it is stopped, and nothing grows for it here.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { startSubscriptions } from './subscription-server.fixture.ts';

/** The gateway answers the first one never, and the other one with what has happened. */
const never = '{ never }';
const events = '{ orderUpdates(orderId: "ord-1", first: 1) { event } }';
const follow = 'subscription { orderUpdated(orderId: "ord-1") { event } }';

type Bff = Awaited<ReturnType<typeof startSubscriptions>>;

const subscribe = (id: string, query: string) => ({ id, type: 'subscribe', payload: { query } });

const headersOf = (bff: Bff) => ({
  authorization: `Bearer ${bff.token}`,
  'content-type': 'application/json',
});

const arrived = (bff: Bff) => until('the gateway is asked', () => bff.gateway.requests.length === 1);
const stopped = (bff: Bff) => until('the gateway may stop', () => bff.gateway.aborted.length === 1);

async function cutOff(bff: Bff): Promise<boolean> {
  const text = await (await fetch(`${bff.url}/metrics`)).text();
  return /^slow_subscribers_total\{.*\} 1$/m.test(text);
}

for (const [what, giveUp] of [
  ['completed', (socket: Awaited<ReturnType<Bff['socket']>>) => socket.send({ id: '1', type: 'complete' })],
  ['whose socket is cut', (socket: Awaited<ReturnType<Bff['socket']>>) => socket.opened.terminate()],
] as const) {
  test(`a query over a socket ${what} is stopped at the gateway`, async () => {
    await using bff = await startSubscriptions();
    const socket = await bff.socket();
    await socket.signIn();
    socket.send(subscribe('1', never));
    await arrived(bff);
    giveUp(socket);
    await stopped(bff);
    assert.equal(
      socket.received.some(({ id }) => id === '1'),
      false,
    );
  });
}

test('a read of a live query that nobody follows any more is stopped at the gateway', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', 'subscription { orderUpdated(orderId: "ord-1") { never: event } }'));
  await arrived(bff);
  socket.send({ id: '1', type: 'complete' });
  await stopped(bff);
});

test('a query over a stream is stopped at the gateway when its client goes', async () => {
  await using bff = await startSubscriptions();
  const response = await fetch(`${bff.url}/graphql/stream`, {
    method: 'POST',
    headers: headersOf(bff),
    body: JSON.stringify({ query: never }),
  });
  await arrived(bff);
  await response.body?.cancel();
  await stopped(bff);
});

test('a query on a reserved stream is stopped at the gateway by DELETE', async () => {
  await using bff = await startSubscriptions();
  const url = `${bff.url}/graphql/stream`;
  const reserved = await fetch(url, { method: 'PUT', headers: headersOf(bff) });
  const headers = { ...headersOf(bff), 'x-graphql-event-stream-token': await reserved.text() };
  const opened = await fetch(url, { headers });
  const body = JSON.stringify({ query: never, extensions: { operationId: 'a' } });
  assert.equal((await fetch(url, { method: 'POST', headers, body })).status, 202);
  await arrived(bff);
  assert.equal((await fetch(`${url}?operationId=a`, { method: 'DELETE', headers })).status, 200);
  await stopped(bff);
  await opened.body?.cancel();
});

test('a socket whose client asks and asks, and takes no answer, is closed', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  bff.happensAs(1, 'x'.repeat(512 * 1024));
  socket.opened.pause();
  for (let id = 1; id <= 40; id += 1) socket.send(subscribe(String(id), events));
  await until('it is cut off', () => cutOff(bff));
  socket.opened.resume();
  assert.equal(await socket.closeCode(), 1013);
});

test('a stream whose client takes nothing is closed, and nobody else is disturbed', async () => {
  await using bff = await startSubscriptions();
  bff.happens(1);
  const slow = httpRequest(`${bff.url}/graphql/stream`, { method: 'POST', headers: headersOf(bff) });
  slow.end(JSON.stringify({ query: follow }));
  const [response] = (await once(slow, 'response')) as [IncomingMessage];
  response.on('error', () => undefined).pause();
  const quick = await bff.socket();
  await quick.signIn();
  quick.send(subscribe('1', follow));
  await quick.next('1');
  const eventsOfQuick = () => quick.received.filter(({ id }) => id === '1').length;
  for (let sequence = 2; sequence <= 40; sequence += 1) {
    bff.happensAs(sequence, 'x'.repeat(512 * 1024));
    await until('the quick one has it', () => eventsOfQuick() === sequence);
  }
  await until('the slow one is cut off', () => cutOff(bff));
});
