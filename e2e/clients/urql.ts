// urql: queries and mutations by HTTP, subscriptions by its subscriptionExchange over the socket of graphql-ws.ts or the
// streams of graphql-sse.ts.
import { Client, fetchExchange, subscriptionExchange } from '@urql/core';
import { openStreams } from './graphql-sse.ts';
import { openSocket } from './graphql-ws.ts';
import type { LiveClient } from './live-client.ts';
import {
  accountsQuery,
  followOrder,
  placeOrder,
  sellTen,
  type Bank,
  type OrderUpdate,
} from './operations.ts';

function openUrql(bank: Bank, live: LiveClient): Client {
  return new Client({
    url: `${bank.url}/graphql`,
    preferGetMethod: false,
    async fetch(url, init) {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${await bank.token()}`);
      return fetch(url, { ...init, headers });
    },
    exchanges: [
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query = '', variables }) => ({
          subscribe: (sink) => ({ unsubscribe: live.subscribe({ query, variables }, sink) }),
        }),
      }),
    ],
  });
}

export async function tradeByUrql(
  bank: Bank,
  onUpdate: (update: OrderUpdate) => void,
  transport: 'socket' | 'stream' = 'socket',
): Promise<void> {
  const live = transport === 'socket' ? openSocket(bank) : openStreams(bank);
  const client = openUrql(bank, live);
  const accounts = await client.query(accountsQuery, {});
  const order = sellTen(accounts.data?.me.accounts[0]?.id);
  const fetchOptions = { headers: { 'idempotency-key': crypto.randomUUID() } };
  const { data } = await client.mutation(placeOrder, order, { fetchOptions });
  const orderId = data?.placeOrder.order.id ?? '';
  await new Promise<void>((resolve, reject) => {
    client.subscription(followOrder, { orderId, after: '0' }).subscribe(({ data, error, hasNext }) => {
      if (error !== undefined) reject(error);
      else if (!hasNext) resolve();
      else if (data !== undefined) onUpdate(data.orderUpdated);
    });
  });
  await live.dispose();
}
