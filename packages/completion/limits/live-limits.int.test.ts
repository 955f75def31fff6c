// What a BFF says when a customer or the process has all the sockets, streams and operations that may be, and that each
// one that ends makes room for another, however it ends.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '@simplebank/testkit';
import { mostPolledStatesPerCustomer } from './live-limits.ts';
import { startSubscriptions, type Message } from '../subscription-server.fixture.ts';

const follow = 'subscription ($id: ID!) { orderUpdated(orderId: $id) { event } }';

type Bff = Awaited<ReturnType<typeof startSubscriptions>>;

const subscribe = (id: string, order = 'ord-1') => ({
  id,
  type: 'subscribe',
  payload: { query: follow, variables: { id: order } },
});

const codeIn = (message: Message | undefined) =>
  (message?.payload as { extensions?: { code: string } }[] | undefined)?.[0]?.extensions?.code;

function ask(bff: Bff, method: 'PUT' | 'POST' | 'GET', token = '') {
  return fetch(`${bff.url}/graphql/stream`, {
    method,
    headers: {
      authorization: `Bearer ${bff.token}`,
      'content-type': 'application/json',
      'x-graphql-event-stream-token': token,
    },
    ...(method === 'POST' ? { body: JSON.stringify({ query: follow, variables: { id: 'ord-9' } }) } : {}),
  });
}

async function refusedUpgrade(bff: Bff, path: string) {
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}${path}`, 'graphql-transport-ws');
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  const text = (await response.toArray()).join('');
  return { status: response.statusCode, headers: response.headers, problem: JSON.parse(text) as object };
}

async function metric(bff: Bff, line: string): Promise<string | undefined> {
  const text = await (await fetch(`${bff.url}/metrics`)).text();
  return text.split('\n').find((found) => found.startsWith(line));
}

test("a customer's socket beyond the limit is closed with 1013; another customer's is not, and one that ends makes room", async () => {
  await using bff = await startSubscriptions({ liveLimits: { connectionsPerCustomer: 2 } });
  const first = await bff.socket();
  for (const socket of [first, await bff.socket()]) await socket.signIn();
  const third = await bff.socket();
  third.send({ type: 'connection_init', payload: { authorization: `Bearer ${bff.token}` } });
  assert.equal(await third.closeCode(), 1013);
  const bob = bff.identity.tokenFor({ customerId: 'cus-bob', accountIds: [] });
  const others = await bff.socket();
  others.send({ type: 'connection_init', payload: { authorization: `Bearer ${bob}` } });
  await until('the other customer is let in', () => others.received.length > 0);
  first.opened.terminate();
  await until('two are left', async () => (await metric(bff, 'live_connections'))?.endsWith(' 2') === true);
  await (await bff.socket()).signIn();
  assert.match((await metric(bff, 'live_refused_total')) ?? '', /limit="connectionsPerCustomer".* 1$/);
});

test("streams and reservations count as a customer's connections, and are refused with 429 and when to come back", async () => {
  await using bff = await startSubscriptions({ liveLimits: { connectionsPerCustomer: 3 } });
  await (await bff.socket()).signIn();
  const reserved = await (await ask(bff, 'PUT')).text();
  const distinct = await ask(bff, 'POST');
  assert.equal(distinct.status, 200);
  for (const method of ['PUT', 'POST'] as const) {
    const refused = await ask(bff, method);
    assert.equal(refused.status, 429);
    assert.equal(refused.headers.get('retry-after'), '30');
    const problem = (await refused.json()) as { code: string; retryable: boolean };
    assert.deepEqual([problem.code, problem.retryable], ['TOO_MANY_CONNECTIONS', true]);
  }
  // Opening what was reserved takes no other place, and closing it makes room.
  const opened = await ask(bff, 'GET', reserved);
  assert.equal(opened.status, 200);
  await opened.body?.cancel();
  await until(
    'there is room',
    async () => (await metric(bff, 'live_connections{transport="sse"'))?.endsWith(' 1') === true,
  );
  assert.equal((await ask(bff, 'PUT')).status, 201);
  await distinct.body?.cancel();
});

test('a full process refuses sockets and streams with 503, a problem and when to come back', async () => {
  await using bff = await startSubscriptions({ liveLimits: { connections: 1 } });
  const socket = await bff.socket();
  await socket.signIn();
  const { status, headers, problem } = await refusedUpgrade(bff, '/graphql');
  assert.deepEqual([status, headers['retry-after']], [503, '30']);
  assert.equal(headers['content-type'], 'application/problem+json');
  assert.partialDeepStrictEqual(problem, { status: 503, code: 'SERVICE_UNAVAILABLE', retryable: true });
  assert.equal((await ask(bff, 'POST')).status, 503);
  socket.opened.close();
  await until('there is room', async () => (await metric(bff, 'live_connections'))?.endsWith(' 0') === true);
  const stream = await ask(bff, 'POST');
  assert.equal(stream.status, 200);
  assert.equal((await refusedUpgrade(bff, '/graphql')).status, 503);
  await stream.body?.cancel();
});

test('a process that ends takes no more sockets and streams, and says so, while it lets go those that it has', async () => {
  await using bff = await startSubscriptions();
  // It does not answer the closing handshake, so that the process waits a second for it.
  const deaf = await bff.socket();
  await deaf.signIn();
  deaf.opened.pause();
  const stopped = bff.stop();
  const { status, problem } = await refusedUpgrade(bff, '/graphql');
  assert.partialDeepStrictEqual([status, problem], [503, { code: 'SERVICE_UNAVAILABLE', retryable: true }]);
  assert.equal((await ask(bff, 'POST')).status, 503);
  await stopped;
});

test('an upgrade elsewhere is answered by a problem with the id that the client gave', async () => {
  await using bff = await startSubscriptions();
  const { status, headers, problem } = await refusedUpgrade(bff, '/elsewhere');
  assert.equal(status, 404);
  assert.partialDeepStrictEqual(problem, {
    code: 'BAD_REQUEST',
    correlationId: headers['x-correlation-id'],
    retryable: false,
  });
});

test('what a customer follows over all sockets and streams is bounded; whatever ends makes room', async () => {
  await using bff = await startSubscriptions({ liveLimits: { subscriptionsPerCustomer: 3 } });
  const [one, two] = [await bff.socket(), await bff.socket()];
  for (const socket of [one, two]) await socket.signIn();
  one.send(subscribe('a', 'ord-1'));
  one.send(subscribe('b', 'ord-2'));
  const stream = await ask(bff, 'POST');
  await until('all three listen', () => bff.changes.listeners() === 3);
  two.send(subscribe('c', 'ord-3'));
  assert.equal(codeIn(await two.next('c')), 'TOO_MANY_SUBSCRIPTIONS');
  const refused = await (await ask(bff, 'POST')).text();
  assert.match(refused, /TOO_MANY_SUBSCRIPTIONS.*\n\nevent: complete/);
  const listening = (count: number) => until(`${count} listen`, () => bff.changes.listeners() === count);
  one.send({ id: 'a', type: 'complete' });
  await listening(2);
  two.send(subscribe('d', 'ord-4'));
  await listening(3);
  await stream.body?.cancel();
  await listening(2);
  two.send(subscribe('e', 'ord-5'));
  await listening(3);
  one.opened.terminate();
  await listening(2);
  two.send(subscribe('f', 'ord-6'));
  await listening(3);
  two.send(subscribe('g', 'ord-7'));
  assert.equal(codeIn(await two.next('g')), 'TOO_MANY_SUBSCRIPTIONS');
});

test('a query over a socket takes a place only while it is under way', async () => {
  await using bff = await startSubscriptions({ liveLimits: { subscriptionsPerCustomer: 1 } });
  const socket = await bff.socket();
  await socket.signIn();
  for (const id of ['1', '2', '3']) {
    socket.send({ id, type: 'subscribe', payload: { query: '{ hello }' } });
    assert.equal((await socket.next(id))?.type, 'next');
  }
  assert.match((await metric(bff, 'live_operations{counted="operations"')) ?? '', / 0$/);
});

test('a full process refuses operations with a code that says to try again', async () => {
  await using bff = await startSubscriptions({ liveLimits: { subscriptions: 1 } });
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', 'ord-1'));
  socket.send(subscribe('2', 'ord-2'));
  assert.equal(codeIn(await socket.next('2')), 'SERVICE_UNAVAILABLE');
});

const followQuotes = (id: string, symbols: readonly string[]) => ({
  id,
  type: 'subscribe',
  payload: {
    query: 'subscription ($symbols: [String!]!) { quotesUpdated(symbols: $symbols) { bid } }',
    variables: { symbols },
  },
});

test('a customer has few lists of quotes looked at; one list in another order is the same, and one that ends makes room', async () => {
  await using bff = await startSubscriptions();
  const [one, two] = [await bff.socket(), await bff.socket()];
  for (const socket of [one, two]) await socket.signIn();
  for (let list = 0; list < mostPolledStatesPerCustomer; list += 1) {
    one.send(followQuotes(`${list}`, ['AAA', `LIST${list}`]));
    assert.equal((await one.next(`${list}`))?.type, 'next');
  }
  const live = () => metric(bff, 'live_operations{counted="live queries"');
  two.send(followQuotes('again', ['LIST0', 'AAA', 'LIST0']));
  assert.equal((await two.next('again'))?.type, 'next');
  assert.ok((await live())?.endsWith(` ${mostPolledStatesPerCustomer}`));
  two.send(followQuotes('other', ['OTHER']));
  assert.equal(codeIn(await two.next('other')), 'TOO_MANY_SUBSCRIPTIONS');
  two.send(subscribe('order'));
  await until('an order is followed all the same', () => bff.changes.listeners() === 1);
  one.send({ id: '1', type: 'complete' });
  await until(
    'there is room',
    async () => (await live())?.endsWith(` ${mostPolledStatesPerCustomer}`) === true,
  );
  two.send(followQuotes('now', ['OTHER']));
  assert.equal((await two.next('now'))?.type, 'next');
  // Another customer has a share of its own.
  const others = await bff.socket();
  const bob = bff.identity.tokenFor({ customerId: 'cus-bob', accountIds: [] });
  others.send({ type: 'connection_init', payload: { authorization: `Bearer ${bob}` } });
  await until('the other customer is let in', () => others.received.length > 0);
  others.send(followQuotes('bob', ['BOB']));
  assert.equal((await others.next('bob'))?.type, 'next');
});
