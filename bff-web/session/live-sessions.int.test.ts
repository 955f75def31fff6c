// Sockets and streams by the session's cookie: only pages of its own open them, the BFF renews their token, and they end
// with the session.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { ClientRequest, IncomingMessage } from 'node:http';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '@simplebank/testkit';
import { forgery, origin, webBff, type WebBff } from './web-bff.fixture.ts';

const document = 'subscription { orderUpdated(orderId: "ord-1") { order { status } } }';
const init = { type: 'connection_init' };

/** Opened as a browser would, or why not. */
async function open(bff: WebBff, headers: Record<string, string>, first: object = init) {
  const url = `${bff.urls[0]?.replace('http', 'ws')}/graphql`;
  const socket = new WebSocket(url, 'graphql-transport-ws', { headers });
  const received: string[] = [];
  const seen = { closed: undefined as number | undefined, status: undefined as number | undefined };
  socket.on('message', (data) => void received.push(String(data)));
  socket.on('close', (code) => (seen.closed = code));
  socket.on('error', () => undefined);
  const refused = once(socket, 'unexpected-response') as Promise<[ClientRequest, IncomingMessage]>;
  const status = await Promise.race([
    once(socket, 'open').then(() => 101),
    refused.then(([, { statusCode }]) => statusCode),
  ]);
  if (status === 101) {
    socket.send(JSON.stringify(first));
    await until('an answer', () => received.length > 0 || seen.closed !== undefined);
  }
  return {
    status,
    received,
    closed: () => seen.closed,
    follow: () => socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query: document } })),
    has: (text: string) => until(`${text} arrives`, () => received.some((message) => message.includes(text))),
    [Symbol.dispose]: () => socket.terminate(),
  };
}

test('a socket needs no token where its upgrade brought the cookie from a page of its own', async () => {
  await using bff = await webBff();
  const cookie = await bff.signIn();
  using socket = await open(bff, { cookie, origin, 'sec-fetch-site': 'same-origin' });
  assert.equal(socket.status, 101);
  await socket.has('connection_ack');
  socket.follow();
  await bff.happens();
  await socket.has('"status":"1"');
  using anonymous = await open(bff, { origin });
  assert.equal(anonymous.closed(), 4403, 'without a cookie');
});

test('pages of other origins open no socket, with the cookie or a token of their own', async () => {
  await using bff = await webBff();
  const cookie = await bff.signIn();
  const withTokenOf = { ...init, payload: { authorization: await bff.tokenAt(cookie) } };
  for (const from of [
    { origin: 'https://evil.example' },
    { origin: 'https://app.test.example' },
    { origin: 'null' },
    { origin: origin.replace('https', 'http') },
    { 'sec-fetch-site': 'cross-site' },
  ] as Record<string, string>[]) {
    using withCookie = await open(bff, { cookie, ...from });
    using withToken = await open(bff, from, withTokenOf);
    assert.deepEqual([withCookie.status, withToken.status], [403, 403], JSON.stringify(from));
  }
  using tool = await open(bff, {}, withTokenOf);
  await tool.has('connection_ack');
});

test('where no tokens are taken only the session counts', async () => {
  await using bff = await webBff({ environment: { ACCEPT_TOKENS: '0' } });
  const cookie = await bff.signIn();
  const authorization = await bff.tokenAt(cookie);
  const shown = {
    method: 'POST',
    body: '{"query":"{ token }"}',
    headers: { 'content-type': 'application/json', authorization },
  };
  const { text } = await bff.ask('/graphql', shown);
  assert.match(text, /"data":\{\}/, 'the gateway was asked by nobody');
  using tool = await open(bff, {}, { ...init, payload: { authorization } });
  assert.equal(tool.closed(), 4403);
  using page = await open(bff, { cookie, origin }, { ...init, payload: { authorization: 'Bearer other' } });
  await page.has('connection_ack');
});

test("the BFF renews the tokens of a socket and a stream itself, and they go on beyond their first one's end", async () => {
  await using bff = await webBff();
  bff.provider.script.tokenSeconds = 8;
  const cookie = await bff.signIn();
  using socket = await open(bff, { cookie, origin });
  socket.follow();
  const stream = await openStream(bff, cookie);
  // Each within 5 s: the third comes when the first token has run out.
  for (let renewal = 1; renewal <= 3; renewal += 1) {
    const before = bff.provider.seen.refreshes;
    await until(`renewal ${renewal}`, () => bff.provider.seen.refreshes > before);
  }
  await bff.happens();
  await socket.has('"status":"1"');
  await until('it is on the stream', () => stream.text().includes('"status":"1"'));
  assert.doesNotMatch(socket.received.join() + stream.text(), /UNAUTHENTICATED|eyJ/);
  bff.provider.endSignIn();
  await until('both have ended', () => socket.closed() === 4403 && stream.isOver());
});

async function openStream(bff: WebBff, cookie: string) {
  const url = `${bff.urls[0]}/graphql/stream?${new URLSearchParams({ query: document })}`;
  const response = await fetch(url, { headers: { cookie, ...forgery } });
  assert.equal(response.status, 200);
  const seen = { text: '', isOver: false };
  const read = async () => {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) seen.text += part;
  };
  void read().finally(() => (seen.isOver = true));
  return { text: () => seen.text, isOver: () => seen.isOver };
}
