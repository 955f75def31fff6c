// Sockets that are refused before they have signed in: each loses its place soon, also where its client does not even
// answer the closing handshake, for which ws alone would wait half a minute. And an outage at sign-in is told as one.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { startSubscriptions } from '../subscription-server.fixture.ts';

type Bff = Awaited<ReturnType<typeof startSubscriptions>>;

function placesAreLeft(bff: Bff, count: number): Promise<void> {
  const line = new RegExp(`^live_connections\\{[^}]*"websocket"[^}]*\\} ${count}$`, 'm');
  return until(`${count} sockets have places`, async () =>
    line.test(await (await fetch(`${bff.url}/metrics`)).text()),
  );
}

for (const [code, said] of [
  ['4403', { type: 'connection_init', payload: { authorization: 'Bearer a.b.c' } }],
  ['4401', { id: '1', type: 'subscribe', payload: { query: '{ hello }' } }],
  ['4400', 'no JSON'],
  ['1009', 'x'.repeat(65 * 1024)],
] as const) {
  test(`a client that is closed with ${code} before it has signed in and does not answer loses its place`, async () => {
    await using bff = await startSubscriptions();
    const deaf = await bff.socket();
    await placesAreLeft(bff, 1);
    deaf.send(said);
    deaf.opened.pause();
    await placesAreLeft(bff, 0);
  });
}

test('a client of another protocol that does not answer its 4406 loses its place', async () => {
  await using bff = await startSubscriptions();
  const deaf = connect(Number(new URL(bff.url).port), '127.0.0.1');
  // Nobody reads what it gets.
  await once(deaf, 'connect');
  deaf.write(
    'GET /graphql HTTP/1.1\r\nhost: bff\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  );
  await placesAreLeft(bff, 1);
  await placesAreLeft(bff, 0);
  deaf.destroy();
});

test('while the keys of tokens cannot be fetched a sign-in is closed with 1013, and not as if its token were bad', async () => {
  await using bff = await startSubscriptions();
  await bff.identity.stop();
  const socket = await bff.socket();
  socket.send({ type: 'connection_init', payload: { authorization: `Bearer ${bff.token}` } });
  assert.equal(await socket.closeCode(), 1013);
  assert.match(await socket.closeReason(), /^SERVICE_UNAVAILABLE: /);
});
