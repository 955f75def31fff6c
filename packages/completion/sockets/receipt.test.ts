// When what was sent counts as received, with real sockets whose client answers pings by hand.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { whenReceived } from './receipt.ts';

async function connected() {
  await using started = new AsyncDisposableStack();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  started.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const { port } = server.address() as AddressInfo;
  const client = new WebSocket(`ws://127.0.0.1:${port}`, { autoPong: false });
  started.defer(() => client.terminate());
  const marks: string[] = [];
  const pinged = Promise.withResolvers<void>();
  client.on('ping', (mark: Buffer) => {
    marks.push(mark.toString());
    if (marks.length === 2) pinged.resolve();
  });
  const [[socket]] = await Promise.all([accepted, once(client, 'open')]);
  /** Answers, and resolves when the server has the answer. */
  async function pong(mark: string): Promise<void> {
    client.pong(mark);
    await once(socket, 'pong');
  }
  const whole = started.move();
  return { socket, marks, twoPings: pinged.promise, pong, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

test('each answer tells of what was sent before its ping, and a foreign one of nothing', async () => {
  await using pair = await connected();
  const received: string[] = [];
  for (const name of ['first', 'second']) whenReceived(pair.socket, () => void received.push(name));
  await pair.twoPings;
  await pair.pong('');
  assert.deepEqual(received, []);
  await pair.pong(pair.marks[0] ?? '');
  assert.deepEqual(received, ['first']);
  await pair.pong(pair.marks[1] ?? '');
  await pair.pong(pair.marks[1] ?? '');
  assert.deepEqual(received, ['first', 'second']);
});

test('who answers the newest ping alone has received what came before too', async () => {
  await using pair = await connected();
  const received: string[] = [];
  for (const name of ['first', 'second']) whenReceived(pair.socket, () => void received.push(name));
  await pair.twoPings;
  await pair.pong(pair.marks[1] ?? '');
  assert.deepEqual(received, ['first', 'second']);
});
