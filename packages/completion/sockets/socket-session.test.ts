// What a socket's session does with messages that overtake one another, which no real client lets happen on purpose, and
// with what is to be sent on a socket that closes.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { until } from '@simplebank/testkit';
import { noLiveLimits, slowBytes } from '../limits/live-limits.ts';
import { followedState } from '../live/live-states.fixture.ts';
import { noHeldTokens } from '../sessions/held-tokens.ts';
import { LivePlaces } from '../limits/live-places.ts';
import { createRateLimits } from '../limits/rate-limits.ts';
import { anyAppVersion } from '../app-versions.ts';
import type { SessionOptions } from '../session-options.ts';
import type { SignedIn } from '../sessions/sign-in.ts';
import { SocketSession } from './socket-session.ts';

const signedIn = (authorization: string): SignedIn => ({
  authorization,
  customerId: 'cus-ada',
  rights: 'ada',
  sessionId: undefined,
  expiresAtMs: Date.now() + 60_000,
});

const quiet: SessionOptions = {
  appVersions: anyAppVersion,
  limits: createRateLimits({ perAddress: 0, perCustomer: 0 }),
  costOf: () => 1,
  places: new LivePlaces(noLiveLimits, () => undefined),
  liveQueries: {} as SessionOptions['liveQueries'],
  accept: () => ({ kind: 'operation' }),
  heldTokens: noHeldTokens,
  signIn: async () => undefined,
  execute: async () => '{}',
  identified: (errors) => errors,
  onSlow() {},
};

test('of two renewals at once the one that was asked for last counts, whichever is verified first', async () => {
  const verified = new Map(['older', 'newer'].map((name) => [name, Promise.withResolvers<void>()]));
  const executedFor: string[] = [];
  const sent: string[] = [];
  const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, send: (text: string) => void sent.push(text) };
  const options: SessionOptions = {
    ...quiet,
    async signIn(authorization = '') {
      await verified.get(authorization)?.promise;
      return signedIn(authorization);
    },
    execute: async (_request, authorization) => {
      executedFor.push(authorization);
      return '{}';
    },
  };
  const session = new SocketSession(socket as never, options, { hasVersion: false });
  const say = (message: object) => session.receive(JSON.stringify(message));
  await say({ type: 'connection_init', payload: { authorization: 'first' } });
  const renewals = ['older', 'newer'].map((authorization) =>
    say({ type: 'ping', payload: { authorization } }),
  );
  verified.get('newer')?.resolve();
  await until('the newer one is answered', () => sent.some((text) => text.includes('"renewed":true')));
  verified.get('older')?.resolve();
  await Promise.all(renewals);
  await say({ type: 'subscribe', id: '1', payload: { query: '{ hello }' } });
  assert.deepEqual(executedFor, ['newer']);
  assert.equal(sent.filter((text) => text.includes('"renewed":true')).length, 2);
});

/** The server's side of a socket whose client takes nothing, has much to take, and has asked to close. */
async function closingSocket() {
  await using started = new AsyncDisposableStack();
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  started.defer(() => new Promise<void>((resolve) => server.close(() => resolve())));
  await once(server, 'listening');
  const accepted = once(server, 'connection') as Promise<[WebSocket]>;
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  started.defer(() => client.terminate());
  const [[socket]] = await Promise.all([accepted, once(client, 'open')]);
  started.defer(() => socket.terminate());
  client.pause();
  while (socket.bufferedAmount < 2 * slowBytes) {
    socket.send('x'.repeat(slowBytes / 2));
    await new Promise(setImmediate);
  }
  client.close();
  await until('the socket closes', () => socket.readyState === socket.CLOSING);
  const whole = started.move();
  return { socket, [Symbol.asyncDispose]: () => whole.disposeAsync() };
}

test('a state for a socket that closes with much to take is dropped, and not offered again without end', async () => {
  await using closing = await closingSocket();
  using account = followedState();
  const session = new SocketSession(closing.socket, quiet);
  let offers = 0;
  const got = account.follow();
  // Where offers never end nothing else would run, this test neither.
  got.room = () => ((offers += 1) > 100 ? undefined : session.room());
  got.next = ({ text }) => session.next('1', text);
  await until('the state has been offered', () => offers > 0);
  await new Promise(setImmediate);
  assert.ok(closing.socket.bufferedAmount >= slowBytes, 'it is full yet');
  assert.equal(offers, 1);
  assert.equal(session.next('1', '{}'), undefined, 'nobody waits for it');
});
