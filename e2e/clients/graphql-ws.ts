// graphql-ws: everything over one socket, which is opened again when it was cut, and whose token is renewed in time.
import { setTimeout } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { answerOf, follow, resuming } from './live-client.ts';
import { accountsQuery, placeOrder, sellTen, type Bank, type OrderUpdate } from './operations.ts';

/** Tokens live five minutes. */
const renewEveryMs = 4 * 60_000;
const firstPauseMs = 500;
const longestPauseMs = 30_000;

export function openSocket({ url, token }: Bank, renewAfterMs = renewEveryMs): Client {
  const authorization = async () => ({ authorization: `Bearer ${await token()}` });
  let renewal: NodeJS.Timeout | undefined;
  let toldToWaitMs: number | undefined;
  const client = createClient({
    url: `${url.replace(/^http/, 'ws')}/graphql`,
    connectionParams: authorization,
    // Also where nobody listens for a moment; without it, only a socket that was closed in order is opened again.
    shouldRetry: () => true,
    retryAttempts: 20,
    async retryWait(attempt) {
      const pauseMs = toldToWaitMs ?? Math.min(firstPauseMs * 2 ** attempt, longestPauseMs);
      toldToWaitMs = undefined;
      await setTimeout(pauseMs * (1 + Math.random() / 2));
    },
    on: {
      connected(opened) {
        const socket = opened as WebSocket;
        // A ping with a token renews the socket's own, and its subscriptions go on.
        renewal = setInterval(async () => {
          const ping = { type: 'ping', payload: await authorization() };
          if (socket.readyState === socket.OPEN) socket.send(JSON.stringify(ping));
        }, renewAfterMs);
      },
      pong(_received, payload) {
        // The new token was not taken: connect again with another.
        if (payload?.['renewed'] === false) client.terminate();
      },
      closed(event) {
        clearInterval(renewal);
        // A process that ends spreads its clients over a while, so that they do not all come at once to the others.
        const [, told] = /in (\d+) ms/.exec((event as CloseEvent).reason) ?? [];
        toldToWaitMs = told === undefined ? undefined : Number(told);
      },
    },
  });
  return { ...client, subscribe: (request, sink) => resuming(client.subscribe)(request, sink) };
}

export async function tradeBySocket(bank: Bank, onUpdate: (update: OrderUpdate) => void): Promise<void> {
  const client = openSocket(bank);
  const { me } = await answerOf(client, accountsQuery, {});
  const order = sellTen(me.accounts[0]?.id);
  const { placeOrder: placed } = await answerOf(client, placeOrder, order, crypto.randomUUID());
  await follow(client, placed.order.id, onUpdate);
  await client.dispose();
}
