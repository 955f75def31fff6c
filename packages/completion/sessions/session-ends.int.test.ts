// The end of a session at two BFF processes: what lives of it ends within a second, its token is refused, and another
// session of the same customer goes on.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { until } from '@simplebank/testkit';
import { openBffs } from '../replicas.fixture.ts';

type Bffs = Awaited<ReturnType<typeof openBffs>>;

const query = 'subscription { orderUpdated(orderId: "ord-1") { event } }';
/** From the event on the bus until the last of what it ends is told. */
const withinMs = 1_000;

const tokenOf = ({ identity }: Bffs, sessionId?: string) =>
  identity.tokenFor({
    customerId: 'cus-ada',
    accountIds: [],
    claims: sessionId === undefined ? {} : { sid: sessionId },
  });

/** A socket that is signed in and follows the order, or was not let in. */
async function openSocket(bffUrl: string, token: string) {
  const socket = new WebSocket(`${bffUrl.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  const received: string[] = [];
  const seen = { received, closed: undefined as string | undefined };
  socket.on('message', (data) => void received.push(String(data)));
  socket.on('close', (code, reason) => (seen.closed = `${code} ${reason}`));
  await once(socket, 'open');
  const say = (message: object) => socket.send(JSON.stringify(message));
  say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await until('an answer', () => received.length > 0 || seen.closed !== undefined);
  say({ type: 'subscribe', id: '1', payload: { query } });
  return Object.assign(seen, { socket, say });
}

async function openStream(bffUrl: string, token: string) {
  const response = await fetch(`${bffUrl}/graphql/stream?${new URLSearchParams({ query })}`, {
    headers: { authorization: `Bearer ${token}` },
  });
  const seen = { status: response.status, text: '', isOver: false };
  const over = async () => {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) seen.text += part;
    seen.isOver = true;
  };
  over().catch(() => (seen.isOver = true));
  return seen;
}

async function openAll(bffs: Bffs, token: string) {
  return {
    sockets: await Promise.all(bffs.urls.map((url) => openSocket(url, token))),
    streams: await Promise.all(bffs.urls.map((url) => openStream(url, token))),
  };
}

type Live = Awaited<ReturnType<typeof openAll>>;

const everyoneHas = ({ sockets, streams }: Live, event: string) =>
  until(`${event} is everywhere`, () =>
    [...sockets.map(({ received }) => received.join('')), ...streams.map(({ text }) => text)].every((text) =>
      text.includes(event),
    ),
  );

test('sockets and streams of an ended session end within a second at every BFF, and no others', async () => {
  await using bffs = await openBffs();
  await bffs.happens();
  const lost = await openAll(bffs, tokenOf(bffs, 'session-lost'));
  const kept = await openAll(bffs, tokenOf(bffs, 'session-kept'));
  const plain = await openAll(bffs, tokenOf(bffs));
  for (const live of [lost, kept, plain]) await everyoneHas(live, 'event 1');

  await bffs.sessionEnds('session-lost');
  const endedAt = performance.now();
  await until('the sockets are closed', () => lost.sockets.every(({ closed }) => closed !== undefined));
  await until('the streams are over', () => lost.streams.every(({ isOver }) => isOver));
  const tookMs = performance.now() - endedAt;
  assert(tookMs < withinMs, `it took ${tookMs} ms`);
  for (const { closed, received } of lost.sockets) {
    assert.equal(closed, '4403 Forbidden: the session has ended');
    assert.match(received.at(-1) ?? '', /"type":"error".*"code":"SESSION_ENDED"/);
  }
  for (const { text } of lost.streams) assert.match(text, /"code":"SESSION_ENDED".*\n\nevent: complete/);

  await bffs.happens();
  for (const live of [kept, plain]) {
    await everyoneHas(live, 'event 2');
    for (const { closed, socket } of live.sockets) {
      assert.equal(closed, undefined);
      socket.close();
    }
    for (const { isOver } of live.streams) assert.equal(isOver, false);
  }
});

test('the token of an ended session is refused on requests, sockets, streams and renewals, also by a new process', async () => {
  await using bffs = await openBffs();
  const [token, other] = [tokenOf(bffs, 'session-lost'), tokenOf(bffs, 'session-kept')];
  const status = async (url: string, bearer: string) => {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        query: '{ orderUpdates(orderId: "ord-1", first: 1) { event } }',
        variables: {},
      }),
    });
    const { code } = (await response.json()) as { code?: string };
    return `${response.status} ${code ?? ''}`.trim();
  };
  for (const url of bffs.urls) assert.equal(await status(url, token), '200');
  await bffs.sessionEnds('session-lost');
  const urls = [...bffs.urls, await bffs.openAnother()];
  for (const url of urls) {
    await until('it is refused', async () => (await status(url, token)) === '401 SESSION_ENDED');
    assert.equal(await status(url, other), '200');
    const socket = await openSocket(url, token);
    assert.equal(socket.closed, '4403 Forbidden: the session has ended');
    assert.equal((await openStream(url, token)).status, 401);
    const living = await openSocket(url, other);
    living.say({ type: 'ping', payload: { authorization: `Bearer ${token}` } });
    await until('a pong', () => living.received.some((message) => message.includes('pong')));
    assert.match(living.received.find((message) => message.includes('pong')) ?? '', /"renewed":false/);
    living.socket.close();
  }
});

test('an end that lies longer back than any token lives is not looked at', async () => {
  await using bffs = await openBffs();
  await bffs.sessionEnds('session-old', new Date(Date.now() - 10 * 60_000));
  await bffs.sessionEnds('session-lost');
  await until('the newer one is known', async () => {
    const seen = await openSocket(bffs.urls[0], tokenOf(bffs, 'session-lost'));
    seen.socket.close();
    return seen.closed !== undefined;
  });
  const seen = await openSocket(bffs.urls[0], tokenOf(bffs, 'session-old'));
  assert.equal(seen.closed, undefined);
  seen.socket.close();
});
