// Server-sent events of a BFF: with the client of graphql-sse from npm in both modes, and by hand for what no client
// shows: ids, Last-Event-ID, refusals.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient, type ClientOptions } from 'graphql-sse';
import { until } from '@simplebank/testkit';
import { createCursors } from '../live/cursor.ts';
import { secret, startSubscriptions } from '../subscription-server.fixture.ts';

const follow =
  'subscription ($id: ID!, $after: String) { orderUpdated(orderId: $id, after: $after) { event } }';

type Bff = Awaited<ReturnType<typeof startSubscriptions>>;

const cursorOf = (sequence: number) =>
  createCursors(secret).seal({ field: 'orderUpdated', key: 'ord-1' }, { sequence, final: false });

function ask(bff: Bff, init: RequestInit & { headers?: Record<string, string> } = {}, search = '') {
  return fetch(`${bff.url}/graphql/stream${search}`, {
    ...init,
    headers: { authorization: `Bearer ${bff.token}`, 'content-type': 'application/json', ...init.headers },
  });
}

function post(bff: Bff, query: string, variables: object, headers: Record<string, string> = {}) {
  return ask(bff, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
}

/** What has come so far, as the wire has it. */
function reading(response: Response) {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  const read = { text: '', isOver: false };
  const done = (async () => {
    for (;;) {
      const part = await reader?.read();
      if (part === undefined || part.done) break;
      read.text += part.value;
    }
    read.isOver = true;
  })().catch(() => (read.isOver = true));
  return { read, done, stop: () => reader?.cancel() };
}

for (const singleConnection of [false, true]) {
  const mode = singleConnection ? 'a single connection' : 'distinct connections';
  test(`the graphql-sse client from npm follows an order and asks the gateway over ${mode}`, async () => {
    await using bff = await startSubscriptions();
    bff.happens(1);
    const options: ClientOptions<boolean> = {
      url: `${bff.url}/graphql/stream`,
      singleConnection,
      headers: { authorization: `Bearer ${bff.token}` },
      retryAttempts: 0,
    };
    const client = createClient(options);
    const hello = await client.iterate({ query: '{ hello }' }).next();
    assert.deepEqual(hello.value, { data: { hello: 'world' } });
    const updates = client.iterate({ query: follow, variables: { id: 'ord-1' } });
    assert.deepEqual(((await updates.next()).value as { data: unknown }).data, {
      orderUpdated: { event: 'event 1' },
    });
    const second = updates.next();
    bff.happens(2);
    assert.deepEqual(((await second).value as { data: unknown }).data, {
      orderUpdated: { event: 'event 2' },
    });
    await updates.return?.();
    await until('the listener is released', () => bff.changes.listeners() === 0);
    client.dispose();
  });
}

test('each event carries its cursor as its id, and Last-Event-ID resumes after it', async () => {
  await using bff = await startSubscriptions();
  bff.happens(4, 5);
  const response = await post(bff, follow, { id: 'ord-1' }, { 'last-event-id': cursorOf(4) });
  assert.equal(response.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const { read, stop } = reading(response);
  await until('the event has come', () => read.text.includes('event 5'));
  const [event] = read.text.split('\n\n').filter((text) => text.startsWith('event: next'));
  assert.equal(
    event,
    `event: next\nid: ${cursorOf(5)}\ndata: {"data":{"orderUpdated":{"event":"event 5"}},"extensions":{"cursor":"${cursorOf(5)}"}}`,
  );
  await stop();
  await until('the listener is released', () => bff.changes.listeners() === 0);
});

test("a browser's EventSource follows by GET; queries and mutations by GET are refused", async () => {
  await using bff = await startSubscriptions();
  bff.happens(1);
  const search = (query: string) =>
    `?${new URLSearchParams({ query, variables: '{"id":"ord-1"}' }).toString()}`;
  const { read, stop } = reading(await ask(bff, {}, search(follow)));
  await until('the event has come', () => read.text.includes('event 1'));
  await stop();
  assert.equal((await ask(bff, {}, search('{ hello }'))).status, 405);
});

for (const [what, query, variables, code] of [
  ['that does not parse', 'subscription {', {}, 'GRAPHQL_PARSE_FAILED'],
  ['without its variable', follow, {}, 'BAD_USER_INPUT'],
  ['with a cursor that is none', follow, { id: 'ord-1', after: '17' }, 'CURSOR_INVALID'],
] as const) {
  test(`a subscription ${what} is answered with ${code} on the stream, which then completes`, async () => {
    await using bff = await startSubscriptions();
    const { read, done } = reading(await post(bff, query, variables));
    await done;
    assert.match(read.text, new RegExp(`event: next\\ndata: \\{"errors":.*${code}.*\\n\\nevent: complete`));
  });
}

for (const [what, status, send] of [
  ['no token', 401, (bff: Bff) => post(bff, follow, { id: 'ord-1' }, { authorization: '' })],
  ['no JSON type', 415, (bff: Bff) => post(bff, follow, {}, { 'content-type': 'text/plain' })],
  ['no JSON', 400, (bff: Bff) => ask(bff, { method: 'POST', body: '{' })],
  ['no document', 400, (bff: Bff) => ask(bff, { method: 'POST', body: '{}' })],
  ['a stream that is not there', 404, (bff: Bff) => ask(bff, {}, '?token=none')],
  [
    'an end of what is not there',
    404,
    (bff: Bff) => ask(bff, { method: 'DELETE' }, '?token=none&operationId=1'),
  ],
] as const) {
  test(`a request with ${what} is refused with ${status}`, async () => {
    await using bff = await startSubscriptions();
    const response = await send(bff);
    assert.equal(response.status, status);
    assert.ok(Array.isArray(((await response.json()) as { errors: unknown }).errors));
  });
}

test('a reserved stream is opened once, belongs to its customer, and runs each id once', async () => {
  await using bff = await startSubscriptions();
  const token = await (await ask(bff, { method: 'PUT' })).text();
  const headers = { 'x-graphql-event-stream-token': token };
  const bob = bff.identity.tokenFor({ customerId: 'cus-bob', accountIds: [] });
  assert.equal((await ask(bff, { headers: { ...headers, authorization: `Bearer ${bob}` } })).status, 404);
  const { read, stop } = reading(await ask(bff, { headers }));
  assert.equal((await ask(bff, { headers })).status, 409);
  bff.happens(1);
  const run = () =>
    ask(bff, {
      method: 'POST',
      headers,
      body: JSON.stringify({ query: follow, variables: { id: 'ord-1' }, extensions: { operationId: 'a' } }),
    });
  assert.equal((await run()).status, 202);
  await until('the event has come', () => read.text.includes('event 1'));
  assert.match(read.text, /event: next\ndata: \{"id":"a","payload":\{"data":/);
  assert.equal((await run()).status, 409);
  assert.equal((await ask(bff, { method: 'DELETE', headers }, '?operationId=a')).status, 200);
  await until('the listener is released', () => bff.changes.listeners() === 0);
  await stop();
});

test('a newer token in any request for a reserved stream renews the old one, and what is followed goes on', async () => {
  await using bff = await startSubscriptions();
  const stream = await (await ask(bff, { method: 'PUT' })).text();
  const tokenFor = (customerId: string, accountIds: string[], expiresInSeconds: number) =>
    bff.identity.tokenFor({ customerId, accountIds, expiresInSeconds });
  const renew = async (token: string, method = 'PATCH', search = '') => {
    const headers = { 'x-graphql-event-stream-token': stream, authorization: `Bearer ${token}` };
    return (await ask(bff, { method, headers }, search)).status;
  };
  const { read, stop } = reading(await ask(bff, {}, `?token=${stream}`));
  bff.happens(1);
  const body = { query: follow, variables: { id: 'ord-1' }, extensions: { operationId: 'a' } };
  await ask(bff, { method: 'POST', body: JSON.stringify(body) }, `?token=${stream}`);
  await until('the event has come', () => read.text.includes('event 1'));
  const newest = tokenFor('cus-ada', ['acc-1001', 'acc-1002'], 3_000);
  assert.equal(await renew(tokenFor('cus-bob', [], 4_000)), 404);
  assert.equal(await renew(newest), 204);
  assert.equal(await renew(tokenFor('cus-ada', [], 20), 'DELETE', '?operationId=none'), 200);
  bff.happens(2);
  await until('the next event comes', () => read.text.includes('event 2'));
  assert.equal(bff.gateway.requests.at(-1)?.headers.authorization, `Bearer ${newest}`);
  await stop();
});

test('a stop ends streams, so that their clients come back elsewhere', async () => {
  await using bff = await startSubscriptions();
  const { read, done } = reading(await post(bff, follow, { id: 'ord-1' }));
  await until('the stream is open', () => read.text.startsWith('retry: 1000'));
  await bff.stop();
  await done;
  assert.equal(read.text.includes('event: complete'), false);
  assert.match(read.text, /\nretry: \d{1,3}\n\n$/, 'it is told when to come back');
  assert.equal(bff.changes.listeners(), 0);
});
