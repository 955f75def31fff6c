// The mobile BFF and versions of its application, over each way in: requests, streams, its own routes, sockets.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { answerJson } from '@simplebank/testkit';
import { mobileBff, type MobileBff } from './push/mobile-bff.fixture.ts';

const minimum = { MINIMUM_APP_VERSION: '2.10.0' };
const open = (environment: Record<string, string> = minimum) =>
  mobileBff({ environment, gateway: (_request, response) => answerJson(response, { data: { me: null } }) });

const authorizationOf = (bff: MobileBff) => `Bearer ${bff.tokenOf('cus-ada')}`;

const requests = {
  'a query': ['POST', '/graphql', JSON.stringify({ query: '{ me { id } }' })],
  'a stream': ['POST', '/graphql/stream', JSON.stringify({ query: '{ me { id } }' })],
  'a route of its own': ['GET', '/devices/push/key', undefined],
} as const;

async function ask(bff: MobileBff, what: keyof typeof requests, version?: string) {
  const [method, path, body] = requests[what];
  const response = await fetch(`${bff.url}${path}`, {
    method,
    headers: {
      authorization: authorizationOf(bff),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(version === undefined ? {} : { 'x-app-version': version }),
    },
    ...(body === undefined ? {} : { body }),
  });
  return { status: response.status, headers: response.headers, text: await response.text() };
}

for (const what of Object.keys(requests) as (keyof typeof requests)[])
  test(`${what} of a version below the minimum is answered with 426 and the minimum, of any other as ever`, async () => {
    await using bff = await open();
    const { status, headers, text } = await ask(bff, what, '2.9.9');
    const message = 'This version of the application is too old: update it to 2.10.0 or newer.';
    assert.deepEqual(
      [status, headers.get('content-type'), headers.get('upgrade')],
      [426, 'application/problem+json; charset=utf-8', 'simplebank-app/2.10.0'],
    );
    const problem = JSON.parse(text) as {
      code: string;
      detail: string;
      errors: object[];
      correlationId: string;
    };
    assert.deepEqual([problem.code, problem.detail], ['APP_VERSION_TOO_OLD', message]);
    // In the shape of GraphQL's errors too, so that its clients show it.
    const { correlationId } = problem;
    const extensions = { code: 'APP_VERSION_TOO_OLD', correlationId, retryable: false };
    assert.deepEqual(problem.errors, [{ message, extensions }]);
    assert.equal((await ask(bff, what, '2.10')).status, 400);
    for (const version of ['2.10.0', '3.0.0', undefined])
      assert.equal((await ask(bff, what, version)).status, 200, String(version));
  });

/** What the client of graphql-ws from npm is told when it asks, and how often it has connected. */
async function subscribe(bff: MobileBff, connectionParams: Record<string, unknown>) {
  let connections = 0;
  const client = createClient({
    url: `${bff.url.replace('http', 'ws')}/graphql`,
    connectionParams: { authorization: authorizationOf(bff), ...connectionParams },
    retryAttempts: 3,
    retryWait: async () => undefined,
    on: { opened: () => void (connections += 1) },
  });
  const told = await client
    .iterate({ query: '{ me { id } }' })
    .next()
    .then(
      ({ value }) => JSON.stringify(value),
      (event: { code: number; reason: string }) => `${event.code} ${event.reason}`,
    );
  await client.dispose();
  return { told, connections };
}

test('a socket of a version below the minimum is closed with 4400, and its client does not come back', async () => {
  await using bff = await open();
  assert.deepEqual(await subscribe(bff, { appVersion: '2.9.9' }), {
    told: '4400 APP_VERSION_TOO_OLD: This version of the application is too old: update it to 2.10.0 or newer.',
    connections: 1,
  });
  for (const appVersion of ['2.10', 2, null]) {
    const { told, connections } = await subscribe(bff, { appVersion });
    assert.deepEqual([told.slice(0, 17), connections], ['4400 BAD_REQUEST:', 1], String(appVersion));
  }
  for (const connectionParams of [{ appVersion: '2.10.0' }, {}])
    assert.equal((await subscribe(bff, connectionParams)).told, '{"data":{"me":null}}');
});

/** By the header of the opening request, as clients that are no browsers can. */
async function upgrade(bff: MobileBff, headers: Record<string, string>) {
  const socket = new WebSocket(`${bff.url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws', {
    headers,
  });
  socket.on('error', () => undefined);
  const refused = once(socket, 'unexpected-response') as Promise<[unknown, IncomingMessage]>;
  const opened = once(socket, 'open').then(() => {
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: authorizationOf(bff) } }),
    );
    return Promise.race([
      once(socket, 'message').then(([data]) => String(data)),
      once(socket, 'close').then(([code]) => String(code)),
    ]);
  });
  const answer = await Promise.race([refused.then(([, { statusCode }]) => String(statusCode)), opened]);
  socket.terminate();
  return answer;
}

test('the opening of a socket says its version by the header too, and then need not say it again', async () => {
  await using bff = await open({ ...minimum, APP_VERSION_REQUIRED: '1' });
  assert.equal(await upgrade(bff, { 'x-app-version': '2.9.9' }), '426');
  assert.equal(await upgrade(bff, { 'x-app-version': 'new' }), '400');
  assert.equal(await upgrade(bff, { 'x-app-version': '2.10.0' }), '{"type":"connection_ack"}');
  assert.equal(await upgrade(bff, {}), '4400');
});

test('where a version is required who says none is too old; health is asked without one', async () => {
  await using bff = await open({ APP_VERSION_REQUIRED: '1' });
  for (const what of Object.keys(requests) as (keyof typeof requests)[])
    assert.deepEqual(
      [(await ask(bff, what)).status, (await ask(bff, what, '0.0.1')).status],
      [426, 200],
      what,
    );
  for (const path of ['/healthz', '/readyz', '/metrics'])
    assert.equal((await fetch(`${bff.url}${path}`)).status, 200, path);
});

test('a minimum that is no version keeps the BFF from starting', async () => {
  await assert.rejects(
    open({ MINIMUM_APP_VERSION: '2.10' }),
    /MINIMUM_APP_VERSION: a version is three numbers/,
  );
});
