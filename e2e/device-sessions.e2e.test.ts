// A customer's devices at the whole bank: each has a session that the others see, and one that is revoked is out within
// a second at both BFFs, on whatever it has open.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { bankClient, until } from '@simplebank/testkit';
import { signInOnDevice, type Device } from './device.fixture.ts';
import { place } from './orders.ts';
import { startedBank, type StartedBank } from './started-bank.fixture.ts';

/** From the answer to the revocation, before which the end is committed. */
const withinMs = 1_000;
const bffs = ['bff-web', 'bff-mobile'] as const;
/** Rests in the book, so that its subscribers wait. */
const resting = {
  accountId: 'acc-1001',
  symbol: 'ACME',
  side: 'BUY',
  quantity: '1',
  type: 'LIMIT',
  limitPrice: '112.00',
} as const;

let started: StartedBank;
before(async () => {
  started = await startedBank();
});
after(() => started[Symbol.asyncDispose]());

const onDevice = (username: string, device: string) =>
  signInOnDevice(started.bank.addresses.identity, { username, device });

interface Opened {
  readonly isLive: () => boolean;
  readonly ended: () => string | undefined;
  close(): void;
}

async function openSocket(url: string, token: string, query: string): Promise<Opened> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  let [ended, isLive] = [undefined as string | undefined, false];
  socket.on('close', (code, reason) => (ended = `${code} ${reason}`));
  socket.on('message', (data) => (isLive ||= String(data).includes('"next"')));
  await once(socket, 'open');
  const say = (message: object) => socket.send(JSON.stringify(message));
  say({ type: 'connection_init', payload: { authorization: `Bearer ${token}` } });
  await once(socket, 'message');
  say({ type: 'subscribe', id: '1', payload: { query } });
  return { isLive: () => isLive, ended: () => ended, close: () => socket.terminate() };
}

async function openStream(url: string, token: string, query: string): Promise<Opened> {
  const controller = new AbortController();
  const response = await fetch(`${url}/graphql/stream?${new URLSearchParams({ query })}`, {
    headers: { authorization: `Bearer ${token}` },
    signal: controller.signal,
  });
  let [text, isOver] = ['', false];
  const read = async () => {
    for await (const part of response.body?.pipeThrough(new TextDecoderStream()) ?? []) text += part;
  };
  read()
    .catch(() => undefined)
    .finally(() => (isOver = true));
  return {
    isLive: () => text.includes('event: next'),
    ended: () => (isOver ? (/"code":"(\w+)"/.exec(text)?.[1] ?? 'without a word') : undefined),
    close: () => controller.abort(),
  };
}

async function openEverywhere({ token }: Device, orderId: string): Promise<readonly Opened[]> {
  const query = `subscription { orderUpdated(orderId: "${orderId}") { order { status } } }`;
  const opened = await Promise.all(
    bffs
      .map((bff) => started.bank.addresses[bff])
      .flatMap((url) => [openSocket(url, token, query), openStream(url, token, query)]),
  );
  await until('all are live', () => opened.every(({ isLive }) => isLive()));
  return opened;
}

async function statusAt(bff: (typeof bffs)[number], token: string): Promise<string> {
  const response = await fetch(`${started.bank.addresses[bff]}/graphql`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ query: '{ me { id } }' }),
  });
  const { code = '' } = (await response.json()) as { code?: string };
  return `${response.status} ${code}`.trim();
}

test('a revoked device is out within a second at both BFFs, and its customer’s other device goes on', async () => {
  const [lost, kept] = [await onDevice('ada', 'lost telephone'), await onDevice('ada', 'tablet')];
  const listed = await kept.sessions();
  assert.deepEqual(
    listed.map(({ device, current }) => [device, current]),
    [
      ['tablet', true],
      ['lost telephone', false],
    ],
  );
  const client = bankClient({ bffUrl: started.bank.addresses['bff-mobile'], token: kept.token });
  const { id: orderId } = await place(client, resting);
  const [ofLost, ofKept] = [await openEverywhere(lost, orderId), await openEverywhere(kept, orderId)];

  assert.equal(await kept.revoke(listed[1]?.id ?? ''), 204);
  const revokedAt = performance.now();
  await until('all of it has ended', () => ofLost.every(({ ended }) => ended() !== undefined));
  const tookMs = performance.now() - revokedAt;
  assert(tookMs < withinMs, `it took ${tookMs} ms`);
  const closed = '4403 Forbidden: the session has ended';
  assert.deepEqual(
    ofLost.map(({ ended }) => ended()),
    [closed, 'SESSION_ENDED', closed, 'SESSION_ENDED'],
  );
  for (const bff of bffs) {
    assert.equal(await statusAt(bff, lost.token), '401 SESSION_ENDED');
    assert.equal(await statusAt(bff, kept.token), '200');
  }
  assert.deepEqual(await lost.refresh(), { error: 'invalid_grant' });
  assert.notEqual((await kept.refresh()).token, undefined);
  for (const { ended, close } of ofKept) {
    assert.equal(ended(), undefined);
    close();
  }
});

test('another customer sees and revokes nothing of it', async () => {
  const ada = await onDevice('ada', 'telephone');
  const barbara = await onDevice('barbara', 'telephone');
  const own = (await ada.sessions()).find(({ current }) => current);
  assert.deepEqual(
    (await barbara.sessions()).map(({ current }) => current),
    [true],
  );
  assert.equal(await barbara.revoke(own?.id ?? ''), 404);
  for (const bff of bffs) assert.equal(await statusAt(bff, ada.token), '200');
});
