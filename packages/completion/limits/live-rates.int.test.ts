// What sockets, streams and what is asked on them cost, and how who asks for too much is told.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '@simplebank/testkit';
import { startSubscriptions, type Message } from '../subscription-server.fixture.ts';

const follow = 'subscription ($id: ID!) { orderUpdated(orderId: $id) { event } }';

const subscribe = (id: string, query = follow) => ({
  id,
  type: 'subscribe',
  payload: { query, variables: { id: 'ord-1' } },
});

const refusalIn = (message: Message | undefined) =>
  (message?.payload as { extensions?: object }[] | undefined)?.[0]?.extensions;

/** Ten seconds' worth, which may be asked for at once; then there is nothing for long. */
const burst = (cost: number) => cost / 10;

test('a subscription costs two, and one more for each KiB; the next is refused, and told that it may be sent later', async () => {
  await using bff = await startSubscriptions({ rateLimits: { perAddress: 0, perCustomer: burst(6) } });
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1'));
  // Three of it.
  socket.send(subscribe('2', `${follow} # ${'x'.repeat(1_024)}`));
  socket.send(subscribe('3'));
  assert.partialDeepStrictEqual(refusalIn(await socket.next('3')), { code: 'RATE_LIMITED', retryable: true });
  await until('the others listen', () => bff.changes.listeners() === 2);
  const response = await fetch(`${bff.url}/graphql/stream`, {
    method: 'POST',
    headers: { authorization: `Bearer ${bff.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: follow, variables: { id: 'ord-1' } }),
  });
  assert.equal(response.status, 429);
  assert.equal(response.headers.get('retry-after'), '2');
  assert.partialDeepStrictEqual(await response.json(), { code: 'RATE_LIMITED', retryable: true });
});

test('what is no document costs as one does, so that nobody is served mistakes without end', async () => {
  await using bff = await startSubscriptions({ rateLimits: { perAddress: 0, perCustomer: burst(4) } });
  const socket = await bff.socket();
  await socket.signIn();
  for (const id of ['1', '2', '3']) socket.send(subscribe(id, 'subscription {'));
  assert.partialDeepStrictEqual(refusalIn(await socket.next('2')), { code: 'GRAPHQL_PARSE_FAILED' });
  assert.partialDeepStrictEqual(refusalIn(await socket.next('3')), { code: 'RATE_LIMITED' });
});

test('opening a socket costs its address ten; too many are answered with 429 and when to come back', async () => {
  await using bff = await startSubscriptions({ rateLimits: { perAddress: burst(20), perCustomer: 0 } });
  for (const socket of [await bff.socket(), await bff.socket()]) await socket.signIn();
  const refused = new WebSocket(`${bff.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const [, response] = (await once(refused, 'unexpected-response')) as [unknown, IncomingMessage];
  assert.deepEqual([response.statusCode, response.headers['retry-after']], [429, '5']);
  assert.match((await response.toArray()).join(''), /"code":"RATE_LIMITED".*"retryable":true/);
});

test('a renewal costs one, so that nobody has tokens looked at without end', async () => {
  await using bff = await startSubscriptions({ rateLimits: { perAddress: 0, perCustomer: burst(1) } });
  const socket = await bff.socket();
  await socket.signIn();
  const renewal = { type: 'ping', payload: { authorization: `Bearer ${bff.token}` } };
  for (const message of [renewal, renewal]) socket.send(message);
  const pongs = () => socket.received.filter(({ type }) => type === 'pong');
  await until('both are answered', () => pongs().length === 2);
  assert.deepEqual(
    pongs()
      .map(({ payload }) => (payload as { renewed: boolean }).renewed)
      .toSorted(),
    [false, true],
  );
});

test('a ping with a token before the sign-in renews nothing, and none is looked at', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  socket.send({ type: 'ping', payload: { authorization: `Bearer ${bff.token}` } });
  await until('it is answered', () => socket.received.length === 1);
  assert.deepEqual(socket.received[0]?.payload, { renewed: false });
});
