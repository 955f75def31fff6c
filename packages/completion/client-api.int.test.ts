// The client's API of a BFF: what passes through to the gateway, and a live event over the real bus.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { openPostgresBus, uuidv7, type EventEnvelope } from '@simplebank/events';
import {
  answerJson,
  bankClient,
  testDatabase,
  testHost,
  testIdentity,
  testPeer,
  until,
  type PeerAnswer,
} from '@simplebank/testkit';
import { serveClientApi, type ClientApiOptions } from './client-api.ts';
import { finalAlias, sequenceAlias } from './live/twin.ts';

const apiSchema = `
  type Mutation { hello: String }
  type Query {
    hello: String
    orderUpdates(orderId: ID!, afterSequence: Int, first: Int!): [OrderUpdate!]!
    account(id: ID!): Account
  }
  type Subscription {
    orderUpdated(orderId: ID!, after: String): OrderUpdate!
    accountUpdated(accountId: ID!, after: String): Account!
  }
  type Account { cash: Int! }
  type OrderUpdate { sequence: Int! final: Boolean! event: String! }
`;
const helloHash = hash('sha256', '{ hello }');
const liveFields = {
  orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' },
  accountUpdated: {
    twin: 'account',
    key: 'accountId',
    state: { twinKey: 'id', news: { stream: 'orders', by: 'accountId' } },
  },
};

async function open(gatewayAnswers: PeerAnswer, more: Partial<ClientApiOptions> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'client-api-test-'));
  const apiSchemaFile = join(folder, 'api.graphql');
  await writeFile(apiSchemaFile, apiSchema);
  const database = await testDatabase();
  const gateway = await testPeer(gatewayAnswers);
  const identity = await testIdentity();
  const bff = testHost({
    service: 'bff-web',
    issuer: identity.issuer,
    busUrl: database.url,
    addresses: { gateway: gateway.address, identity: identity.address },
  });
  const { url } = await serveClientApi(bff.host, {
    apiSchemaFile,
    cursorSecret: 'x'.repeat(32),
    liveFields,
    ...more,
  });
  return {
    url,
    gateway,
    busUrl: database.url,
    log: bff.host.log,
    logs: bff.logs,
    token: identity.tokenFor({ customerId: 'cus-ada', accountIds: [] }),
    tokenOf: (claims: Record<string, unknown>) =>
      identity.tokenFor({ customerId: 'cus-ada', accountIds: [], claims }),
    async post(body: string, headers: Record<string, string> = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', ...headers },
      });
      return { status: response.status, headers: response.headers, text: await response.text() };
    },
    async [Symbol.asyncDispose]() {
      await bff[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
      await identity[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
      await rm(folder, { recursive: true });
    },
  };
}

test('passes body, token and context on to the gateway, and its status and answer back', async () => {
  await using bff = await open((_request, response) =>
    answerJson(response, { data: { hello: 'world' } }, 418),
  );
  const body = '{"query":"{ hello }" ,"variables":{}}';
  const answer = await bff.post(body, {
    authorization: `Bearer ${bff.token}`,
    'x-correlation-id': 'correlation-1',
    'x-deadline-ms': '2000',
  });
  assert.deepEqual([answer.status, answer.text], [418, '{"data":{"hello":"world"}}']);
  const [request] = bff.gateway.requests;
  assert.equal(request?.body, body);
  assert.equal(request.headers.authorization, `Bearer ${bff.token}`);
  assert.equal(request.headers['x-correlation-id'], 'correlation-1');
  assert.ok(Number(request.headers['x-deadline-ms']) <= 2000);
});

test('the key of a mutation goes along, over HTTP and over a socket; a query takes none', async () => {
  await using bff = await open((_request, response) => answerJson(response, { data: { hello: 'world' } }));
  const headers = { 'idempotency-key': '"key-1"' };
  await bff.post('{"query":"mutation { hello }"}', headers);
  await bff.post('{"query":"{ hello }"}', headers);
  const client = createClient({
    url: `${bff.url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: `Bearer ${bff.token}` },
  });
  const extensions = { idempotencyKey: 'key-2' };
  await Array.fromAsync(client.iterate({ query: 'mutation { hello }', extensions }));
  await client.dispose();
  const sent = bff.gateway.requests.map((request) => request.headers['idempotency-key']);
  assert.deepEqual(sent, ['key-1', undefined, 'key-2']);
});

test('no client makes the gateway answer it afresh, however it spells that; its other extensions go along', async () => {
  await using bff = await open((_request, response) => answerJson(response, { data: { hello: 'world' } }));
  for (const name of ['fresh', String.raw`\u0066resh`]) {
    await bff.post(`{"query":"{ hello }","extensions":{"${name}":true,"explain":true}}`);
    await bff.post(
      `{"query":"{ hello }","documentId":"${helloHash}","extensions":{"${name}":true,"explain":true}}`,
    );
  }
  const search = new URLSearchParams({ query: '{ hello }', extensions: '{"fresh":true,"explain":true}' });
  await fetch(`${bff.url}/graphql?${search}`, { headers: { 'graphql-require-preflight': '1' } });
  const sent = bff.gateway.requests.map(({ body, url }) =>
    body === ''
      ? new URL(url, bff.url).searchParams.get('extensions')
      : JSON.stringify(JSON.parse(body).extensions),
  );
  assert.deepEqual(
    sent,
    Array.from({ length: 5 }, () => '{"explain":true}'),
  );
});

test('takes nothing but JSON, which no form of another site can send', async () => {
  await using bff = await open((_request, response) => answerJson(response, {}));
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const { status, text } = await bff.post('{"query":"{ hello }"}', { 'content-type': type });
    assert.equal(status, 415, type);
    assert.match(
      text,
      /"title":"Unsupported Media Type","status":415,.*"code":"BAD_REQUEST","correlationId":"/,
    );
  }
  assert.equal(bff.gateway.requests.length, 0);
});

test('a request without a deadline has that of the BFF, and one with a longer one no more than may be', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  await using bff = await open(world, { deadlineMs: 8_000 });
  const body = '{"query":"{ hello }"}';
  await bff.post(body);
  await bff.post(body, { 'x-deadline-ms': '25000' });
  const [usual, longest] = bff.gateway.requests.map(({ headers }) => Number(headers['x-deadline-ms']));
  assert.ok(usual !== undefined && usual > 5_000 && usual <= 8_000);
  assert.ok(longest !== undefined && longest > 8_000 && longest <= 10_000);
});

test('answers SERVICE_UNAVAILABLE when the gateway is gone, and DEADLINE_EXCEEDED when it is too slow', async () => {
  await using bff = await open((_request, response) => {
    if (bff.gateway.requests.length === 1) response.destroy();
  });
  const gone = await bff.post('{}');
  assert.equal(gone.status, 503);
  assert.match(gone.text, /"SERVICE_UNAVAILABLE"/);
  const slow = await bff.post('{}', { 'x-deadline-ms': '200' });
  assert.equal(slow.status, 503);
  assert.match(slow.text, /"DEADLINE_EXCEEDED"/);
  assert.doesNotMatch(gone.text + slow.text, /stack|127\.0\.0\.1/);
});

test('a body over the limit is refused before the gateway sees it', async () => {
  await using bff = await open((_request, response) => answerJson(response, {}));
  const { status, text } = await bff.post(JSON.stringify({ query: 'x'.repeat(256 * 1024) }));
  assert.equal(status, 413);
  assert.match(text, /BODY_TOO_LARGE/);
  assert.equal(bff.gateway.requests.length, 0);
});

function completed(data: object): EventEnvelope {
  return {
    id: uuidv7(),
    type: 'OrderCompleted',
    version: 1,
    source: 'orders',
    aggregateId: 'ord-1',
    sequence: 2,
    correlationId: 'correlation-1',
    causationId: null,
    traceparent: null,
    occurredAt: new Date().toISOString(),
    data,
  };
}

test('an event of an order makes the state of its account be read again, and no other one', async () => {
  let cash = 0;
  await using bff = await open((_request, response) =>
    answerJson(response, { data: { accountUpdated: { cash: (cash += 1) } } }),
  );
  const client = bankClient({ bffUrl: bff.url, token: bff.token });
  await using bus = await openPostgresBus({ url: bff.busUrl, log: bff.log });
  const states = client.follow<{ accountUpdated: { cash: number } }>(
    'subscription { accountUpdated(accountId: "acc-1") { cash } }',
  );
  assert.equal((await states.next()).value?.data?.accountUpdated.cash, 1);
  const events = ['acc-2', 'acc-1', undefined].map((accountId) => completed({ accountId }));
  await bus.publish('orders', events);
  assert.equal((await states.next()).value?.data?.accountUpdated.cash, 2);
  const [first, second, ...more] = bff.gateway.requests.map(
    ({ body }) => JSON.parse(body) as { variables: object; extensions: object },
  );
  assert.deepEqual(first, second);
  assert.deepEqual([first?.variables, first?.extensions, more], [{}, { fresh: true }, []]);
  await client.close();
});

test('an event on the bus makes a live query read on', async () => {
  const items: object[] = [{ event: 'created', [sequenceAlias]: 1, [finalAlias]: false }];
  await using bff = await open((_request, response) =>
    answerJson(response, { data: { orderUpdated: items } }),
  );
  const client = bankClient({ bffUrl: bff.url, token: bff.token });
  await using bus = await openPostgresBus({ url: bff.busUrl, log: bff.log });
  const updates = client.follow<{ orderUpdated: { event: string } }>(
    'subscription { orderUpdated(orderId: "ord-1", after: "0") { event } }',
  );
  assert.equal((await updates.next()).value?.data?.orderUpdated.event, 'created');
  items.push({ event: 'completed', [sequenceAlias]: 2, [finalAlias]: true });
  const startedAt = performance.now();
  await bus.publish('orders', [completed({})]);
  assert.equal((await updates.next()).value?.data?.orderUpdated.event, 'completed');
  // Well before the poll, which would find it too.
  assert.ok(performance.now() - startedAt < 4_000);
  assert.equal((await updates.next()).done, true);
  await client.close();
  // Else the gateway could answer the second by an equal read of another process that began before the event.
  const reads = bff.gateway.requests.map(({ body }) => JSON.parse(body) as { extensions?: object });
  assert.deepEqual(
    reads.map(({ extensions }) => extensions),
    [{ fresh: true }, { fresh: true }],
  );
});

for (const [what, document, sent] of [
  ['query is asked once more', '{ hello }', 2],
  ['mutation is never sent again', 'mutation { hello }', 1],
  ['text that is no operation is never sent again', '{', 1],
] as const) {
  test(`when the gateway drops the connection a ${what}`, async () => {
    await using bff = await open((_request, response) => void response.destroy());
    const { status } = await bff.post(JSON.stringify({ query: document }));
    assert.equal(status, 503);
    assert.equal(bff.gateway.requests.length, sent);
  });
}

test('who asks for too much is told when to come back, over HTTP and over a socket', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  // A burst of one request, and the next one in ten seconds.
  await using bff = await open(world, { rateLimits: { perAddress: 0, perCustomer: 0.1 } });
  const headers = { authorization: `Bearer ${bff.token}` };
  assert.equal((await bff.post('{"query":"{ hello }"}', headers)).status, 200);
  const refused = await bff.post('{"query":"{ hello }"}', headers);
  assert.equal(refused.status, 429);
  assert.equal(refused.headers.get('retry-after'), '10');
  assert.match(refused.text, /"status":429,.*"code":"RATE_LIMITED".*"retryable":true/);
  const client = bankClient({ bffUrl: bff.url, token: bff.token });
  await assert.rejects(Array.fromAsync(client.follow('{ hello }')), ([error]) => {
    assert.partialDeepStrictEqual(error, { extensions: { code: 'RATE_LIMITED', retryable: true } });
    return true;
  });
  await client.close();
  assert.equal(bff.gateway.requests.length, 1);
});

test('an address has a limit of its own, whoever asks from there', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  await using bff = await open(world, { rateLimits: { perAddress: 0.1, perCustomer: 0 } });
  assert.equal((await bff.post('{"query":"{ hello }"}')).status, 200);
  assert.equal((await bff.post('{"query":"{ hello }"}')).status, 429);
});

test('looking at a token costs its address, so that nobody has forged ones verified without end', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  await using bff = await open(world, { rateLimits: { perAddress: 0.2, perCustomer: 0 } });
  const ask = async (headers: Record<string, string>) =>
    (await bff.post('{"query":"{ hello }"}', headers)).status;
  const forged = { authorization: 'Bearer a.forged.token' };
  assert.deepEqual([await ask(forged), await ask(forged), await ask(forged)], [401, 401, 429]);
});

test('behind a trusted proxy each client has the limit of its own address', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  await using bff = await open(world, {
    rateLimits: { perAddress: 0.1, perCustomer: 0, trustedProxies: '127.0.0.1' },
  });
  const from = async (forwarded: string) =>
    (await bff.post('{"query":"{ hello }"}', { 'x-forwarded-for': forwarded })).status;
  assert.deepEqual(
    [await from('192.0.2.1'), await from('192.0.2.2'), await from('192.0.2.9, 192.0.2.1')],
    [200, 200, 429],
  );
});

test('a query whose client goes is stopped at the gateway, a mutation is not, and neither is a fault', async () => {
  const answers: (() => void)[] = [];
  await using bff = await open((_request, response) => void answers.push(() => answerJson(response, {})));
  const gone = async (body: string, arrives: number) => {
    const controller = new AbortController();
    const init = { method: 'POST', body, headers: { 'content-type': 'application/json' } };
    const asked = fetch(`${bff.url}/graphql`, { ...init, signal: controller.signal });
    const failed = assert.rejects(asked);
    await until('it has arrived', () => bff.gateway.requests.length === arrives);
    controller.abort();
    await failed;
  };
  await gone('{"query":"mutation { hello }"}', 1);
  await gone('{"query":"{ hello }"}', 2);
  await until('one is stopped', () => bff.gateway.aborted.length === 1);
  assert.equal(bff.gateway.aborted[0]?.body, '{"query":"{ hello }"}');
  answers[0]?.();
  assert.equal(
    bff.logs.some(({ msg }) => msg === 'request failed'),
    false,
  );
});

test('one device of a customer that asks for too much, over HTTP or a socket, takes nothing from the other', async () => {
  const world: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } });
  await using bff = await open(world, { rateLimits: { perAddress: 0, perCustomer: 0, perDevice: 0.1 } });
  const [phone, laptop] = ['phone', 'laptop'].map((sid) => bff.tokenOf({ sid }));
  const ask = async (token = '') =>
    (await bff.post('{"query":"{ hello }"}', { authorization: `Bearer ${token}` })).status;
  assert.deepEqual([await ask(phone), await ask(phone), await ask(laptop)], [200, 429, 200]);
  const client = bankClient({ bffUrl: bff.url, token: phone ?? '' });
  await assert.rejects(Array.fromAsync(client.follow('{ hello }')), ([error]) => {
    assert.partialDeepStrictEqual(error, { extensions: { code: 'RATE_LIMITED' } });
    return true;
  });
  await client.close();
});
