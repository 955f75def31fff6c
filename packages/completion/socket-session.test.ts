// What a socket's session does with messages that overtake one another, which no real client lets happen on purpose.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@simplebank/testkit';
import { noLiveLimits } from './live-limits.ts';
import { noHeldTokens } from './held-tokens.ts';
import { LivePlaces } from './live-places.ts';
import { createRateLimits } from './rate-limits.ts';
import type { SessionOptions } from './session-options.ts';
import type { SignedIn } from './sign-in.ts';
import { SocketSession } from './socket-session.ts';

const signedIn = (authorization: string): SignedIn => ({
  authorization,
  customerId: 'cus-ada',
  rights: 'ada',
  sessionId: undefined,
  expiresAtMs: Date.now() + 60_000,
});

test('of two renewals at once the one that was asked for last counts, whichever is verified first', async () => {
  const verified = new Map(['older', 'newer'].map((name) => [name, Promise.withResolvers<void>()]));
  const executedFor: string[] = [];
  const sent: string[] = [];
  const socket = { OPEN: 1, readyState: 1, bufferedAmount: 0, send: (text: string) => void sent.push(text) };
  const options: SessionOptions = {
    limits: createRateLimits({ perAddress: 0, perCustomer: 0 }),
    costOf: () => 1,
    places: new LivePlaces(noLiveLimits, () => undefined),
    liveQueries: {} as SessionOptions['liveQueries'],
    accept: () => ({ kind: 'operation' }),
    heldTokens: noHeldTokens,
    async signIn(authorization = '') {
      await verified.get(authorization)?.promise;
      return signedIn(authorization);
    },
    execute: async (_request, authorization) => {
      executedFor.push(authorization);
      return '{}';
    },
    identified: (errors) => errors,
    onSlow() {},
  };
  const session = new SocketSession(socket as never, options);
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
