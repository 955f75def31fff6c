// The WebSocket side of a BFF with real sockets: the protocol's refusals, limits, and how things end.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { until } from '@simplebank/testkit';
import { createCursors } from './live/cursor.ts';
import { secret, startSubscriptions, type Message } from './subscription-server.fixture.ts';

const follow =
  'subscription ($id: ID!, $after: String) { orderUpdated(orderId: $id, after: $after) { event } }';

const subscribe = (id: string, query: string, variables: object = {}) => ({
  id,
  type: 'subscribe',
  payload: { query, variables },
});

function extensionsIn(message: Message | undefined) {
  type Refused =
    { extensions?: { code?: string; retryable?: boolean; correlationId?: string } }[] | undefined;
  return (message?.payload as Refused)?.[0]?.extensions;
}

function codeIn(message: Message | undefined): unknown {
  return extensionsIn(message)?.code;
}

test('the graphql-ws client from npm follows an order and asks the gateway over one socket', async () => {
  await using bff = await startSubscriptions();
  bff.happens(1);
  const client = createClient({
    url: `${bff.url.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${bff.token}` },
    retryAttempts: 0,
  });
  const hello = await client.iterate({ query: '{ hello }' }).next();
  assert.deepEqual(hello.value, { data: { hello: 'world' } });
  const updates = client.iterate({ query: follow, variables: { id: 'ord-1' } });
  const first = await updates.next();
  assert.deepEqual((first.value as { data: unknown }).data, { orderUpdated: { event: 'event 1' } });
  const second = updates.next();
  await until('the live query listens', () => bff.changes.listeners() === 1);
  bff.happens(2);
  assert.deepEqual(((await second).value as { data: unknown }).data, { orderUpdated: { event: 'event 2' } });
  for (const { headers } of bff.gateway.requests) assert.equal(headers.authorization, `Bearer ${bff.token}`);
  await client.dispose();
  await until('the listener is released', () => bff.changes.listeners() === 0);
});

test('what is refused on a socket has an id of its own, under which it is logged', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  for (const id of ['1', '2']) socket.send(subscribe(id, 'subscription {'));
  const [first, second] = [extensionsIn(await socket.next('1')), extensionsIn(await socket.next('2'))];
  assert.equal(first?.retryable, false);
  assert.match(first?.correlationId ?? '', /^[\w-]{36}$/);
  assert.notEqual(first?.correlationId, second?.correlationId);
  const logged = bff.logs.filter(({ msg }) => msg === 'operation refused');
  assert.deepEqual(
    logged.map(({ code, correlationId }) => [code, correlationId]),
    [first, second].map((extensions) => ['GRAPHQL_PARSE_FAILED', extensions?.correlationId]),
  );
});

for (const [what, payload] of [
  ['no token', {}],
  ['a token that is none', { authorization: 'Bearer a.b.c' }],
  ['something that is no text', { authorization: 42 }],
] as const) {
  test(`a sign-in with ${what} closes the socket with 4403`, async () => {
    await using bff = await startSubscriptions();
    const socket = await bff.socket();
    socket.send({ type: 'connection_init', payload });
    assert.equal(await socket.closeCode(), 4403);
    assert.deepEqual(socket.received, []);
  });
}

test('a sign-in with an expired token closes the socket with 4403', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  const expired = bff.identity.tokenFor({ customerId: 'cus-ada', accountIds: [], expiresInSeconds: -1 });
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${expired}` } });
  assert.equal(await socket.closeCode(), 4403);
});

test('a client that never signs in is disconnected with 4408', async () => {
  await using bff = await startSubscriptions();
  const [socket, deaf] = [await bff.socket(), await bff.socket()];
  // It does not even answer the closing handshake, for which ws alone would keep its place half a minute.
  deaf.opened.pause();
  assert.equal(await socket.closeCode(), 4408);
  await until('the deaf one has lost its place', async () =>
    /^live_connections\{[^}]*"websocket"[^}]*\} 0$/m.test(await (await fetch(`${bff.url}/metrics`)).text()),
  );
});

test('subscribing before the sign-in is acknowledged closes with 4401', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  socket.send(subscribe('1', '{ hello }'));
  assert.equal(await socket.closeCode(), 4401);
  assert.equal(bff.gateway.requests.length, 0);
});

for (const bad of [
  'no JSON',
  '[]',
  '{"type":"surprise"}',
  '{"type":"subscribe","id":"1"}',
  '{"type":"subscribe","id":"","payload":{"query":"{ hello }"}}',
]) {
  test(`the message ${bad} closes with 4400`, async () => {
    await using bff = await startSubscriptions();
    const socket = await bff.socket();
    await socket.signIn();
    socket.send(bad);
    assert.equal(await socket.closeCode(), 4400);
  });
}

test('a second operation under an id that is in use closes with 4409', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', follow, { id: 'ord-1' }));
  socket.send(subscribe('1', follow, { id: 'ord-1' }));
  assert.equal(await socket.closeCode(), 4409);
  await until('the live query is gone', () => bff.changes.listeners() === 0);
});

test('signing in twice closes with 4429', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${bff.token}` } });
  assert.equal(await socket.closeCode(), 4429);
});

for (const [what, query, variables, code] of [
  ['that does not parse', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
  ['that does not fit the schema', 'subscription { nothing }', {}, 'GRAPHQL_VALIDATION_FAILED'],
  ['of a field that is not served', 'subscription { unserved }', {}, 'OPERATION_NOT_SUPPORTED'],
  ['without its variable', follow, {}, 'BAD_USER_INPUT'],
  [
    'with a foreign cursor',
    follow,
    {
      id: 'ord-1',
      after: createCursors(secret).seal(
        { field: 'orderUpdated', key: 'ord-2' },
        { sequence: 3, final: false },
      ),
    },
    'CURSOR_INVALID',
  ],
  ['with a cursor that is no string', follow, { id: 'ord-1', after: 0 }, 'BAD_USER_INPUT'],
  [
    'with a directive on its field',
    'subscription ($s: Boolean!) { orderUpdated(orderId: "ord-1") @skip(if: $s) { event } }',
    { s: false },
    'GRAPHQL_VALIDATION_FAILED',
  ],
  ['with a cursor that is none', follow, { id: 'ord-1', after: '17' }, 'CURSOR_INVALID'],
] as const) {
  test(`a subscription ${what} is answered with ${code}, and the socket goes on`, async () => {
    await using bff = await startSubscriptions();
    const socket = await bff.socket();
    await socket.signIn();
    socket.send(subscribe('bad', query, variables));
    const refused = await socket.next('bad');
    assert.equal(refused?.type, 'error');
    assert.equal(codeIn(refused), code);
    assert.equal(extensionsIn(refused)?.retryable, false);
    socket.send(subscribe('good', '{ hello }'));
    assert.deepEqual((await socket.next('good'))?.payload, { data: { hello: 'world' } });
    assert.equal(bff.changes.listeners(), 0);
  });
}

test('resumes after its own cursor', async () => {
  await using bff = await startSubscriptions();
  bff.happens(4, 5);
  const socket = await bff.socket();
  await socket.signIn();
  const after = createCursors(secret).seal(
    { field: 'orderUpdated', key: 'ord-1' },
    { sequence: 4, final: false },
  );
  socket.send(subscribe('1', follow, { id: 'ord-1', after }));
  assert.deepEqual((await socket.next('1'))?.payload, {
    data: { orderUpdated: { event: 'event 5' } },
    extensions: {
      cursor: createCursors(secret).seal(
        { field: 'orderUpdated', key: 'ord-1' },
        { sequence: 5, final: false },
      ),
    },
  });
  const [request] = bff.gateway.requests;
  assert.equal(
    (JSON.parse(request?.body ?? '') as { variables: Record<string, unknown> }).variables[
      'live_afterSequence'
    ],
    4,
  );
});

test('a new token in a ping renews the old one, and what is followed goes on', async () => {
  await using bff = await startSubscriptions();
  bff.happens(1);
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', follow, { id: 'ord-1' }));
  await socket.next('1');
  const other = bff.identity.tokenFor({ customerId: 'cus-ada', accountIds: ['acc-1001', 'acc-1002'] });
  socket.send({ type: 'ping', payload: { authorization: `Bearer ${other}` } });
  await until('the renewal is answered', () => socket.received.some(({ type }) => type === 'pong'));
  assert.deepEqual(socket.received.find(({ type }) => type === 'pong')?.payload, { renewed: true });
  bff.happens(2);
  await until('the next event comes', () => socket.received.filter(({ id }) => id === '1').length === 2);
  assert.equal(bff.gateway.requests.at(-1)?.headers.authorization, `Bearer ${other}`);
});

for (const [what, customerId, expiresInSeconds] of [
  ['another customer', 'cus-bob', 60],
  ['an expired token', 'cus-ada', -1],
] as const) {
  test(`a ping with ${what} renews nothing`, async () => {
    await using bff = await startSubscriptions();
    const socket = await bff.socket();
    await socket.signIn();
    const token = bff.identity.tokenFor({ customerId, accountIds: [], expiresInSeconds });
    socket.send({ type: 'ping', payload: { authorization: `Bearer ${token}` } });
    await until('the ping is answered', () => socket.received.some(({ type }) => type === 'pong'));
    assert.deepEqual(socket.received.at(-1), { type: 'pong', payload: { renewed: false } });
    socket.send(subscribe('1', '{ hello }'));
    await socket.next('1');
    assert.equal(bff.gateway.requests.at(-1)?.headers.authorization, `Bearer ${bff.token}`);
  });
}

test('a ping is answered by a pong with the same payload', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  socket.send({ type: 'ping', payload: { at: 1 } });
  await until('the ping is answered', () => socket.received.length === 1);
  assert.deepEqual(socket.received, [{ type: 'pong', payload: { at: 1 } }]);
});

test('a socket of another protocol is closed with 4406', async () => {
  await using bff = await startSubscriptions();
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/graphql`);
  const [code] = (await once(socket, 'close')) as [number];
  assert.equal(code, 4406);
});

test('a client that takes nothing is closed with 1013 and resumes by its cursor; others miss nothing', async () => {
  await using bff = await startSubscriptions();
  bff.happens(1);
  const [slow, quick] = [await bff.socket(), await bff.socket()];
  for (const socket of [slow, quick]) {
    await socket.signIn();
    socket.send(subscribe('1', follow, { id: 'ord-1' }));
    await socket.next('1');
  }
  slow.opened.pause();
  const large = 'x'.repeat(512 * 1024);
  const eventsOf = (socket: typeof slow) => socket.received.filter(({ id }) => id === '1').length;
  for (let sequence = 2; sequence <= 40; sequence += 1) {
    bff.happensAs(sequence, large);
    await until('the quick one has it', () => eventsOf(quick) === sequence);
  }
  slow.opened.resume();
  assert.equal(await slow.closeCode(), 1013);
  assert.ok(eventsOf(slow) < 40, `${eventsOf(slow)} events`);
});

test('one socket carries a hundred operations; the next is refused and disturbs none', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  for (let id = 1; id <= 100; id += 1) socket.send(subscribe(String(id), follow, { id: `ord-${id}` }));
  socket.send(subscribe('101', follow, { id: 'ord-1' }));
  assert.equal(codeIn(await socket.next('101')), 'TOO_MANY_SUBSCRIPTIONS');
  await until('all the others listen', () => bff.changes.listeners() === 100);
});

test('a message over the limit closes with 1009', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', `{ hello } # ${'x'.repeat(64 * 1024)}`));
  assert.equal(await socket.closeCode(), 1009);
});

test("the client's complete ends its live query at once and releases its listener", async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', follow, { id: 'ord-1' }));
  await until('the live query listens', () => bff.changes.listeners() === 1);
  socket.send({ id: '1', type: 'complete' });
  await until('the listener is released', () => bff.changes.listeners() === 0);
  bff.happens(1);
  socket.send(subscribe('2', '{ hello }'));
  await socket.next('2');
  assert.equal(
    socket.received.some(({ id }) => id === '1'),
    false,
  );
});

test('a client that is cut off leaves no listener behind', async () => {
  await using bff = await startSubscriptions();
  const socket = await bff.socket();
  await socket.signIn();
  socket.send(subscribe('1', follow, { id: 'ord-1' }));
  await until('the live query listens', () => bff.changes.listeners() === 1);
  socket.opened.terminate();
  await until('the listener is released', () => bff.changes.listeners() === 0);
});

test('a stop closes sockets with 1001, and cuts within about a second a client that does not answer', async () => {
  await using bff = await startSubscriptions();
  const polite = await bff.socket();
  await polite.signIn();
  polite.send(subscribe('1', follow, { id: 'ord-1' }));
  const deaf = await bff.socket();
  deaf.opened.pause();
  await until('the live query listens', () => bff.changes.listeners() === 1);
  const startedAt = performance.now();
  await bff.stop();
  assert.ok(performance.now() - startedAt < 3_000);
  assert.equal(await polite.closeCode(), 1001);
  assert.match(
    await polite.closeReason(),
    /^Going away: connect again in \d{1,3} ms and resume by the cursor$/,
  );
  assert.equal(bff.changes.listeners(), 0);
});

for (const path of ['/elsewhere', '//', '/%', '/graphql/more', 'graphql']) {
  test(`an upgrade at ${path} is refused, also when its client resets at once, and the server lives on`, async () => {
    await using bff = await startSubscriptions();
    const port = Number(new URL(bff.url).port);
    const upgrade = `GET ${path} HTTP/1.1\r\nhost: bff\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
    const polite = connect(port, '127.0.0.1');
    polite.write(upgrade);
    const [answer] = (await once(polite, 'data')) as [Buffer];
    assert.match(String(answer), /^HTTP\/1\.1 40[04]/);
    polite.destroy();
    const rude = connect(port, '127.0.0.1');
    await once(rude, 'connect');
    rude.write(upgrade);
    rude.resetAndDestroy();
    const socket = await bff.socket();
    await socket.signIn();
  });
}
