// graphql-sse: everything over server-sent events, where sockets do not pass. A stream for each operation, or one stream
// for all of them (`singleConnection`), which spares the few connections that a browser opens to one host by HTTP/1.
import { createClient, type Client } from 'graphql-sse';
import { answerOf, follow, resuming } from './live-client.ts';
import { accountsQuery, placeOrder, sellTen, type Bank, type OrderUpdate } from './operations.ts';

export function openStreams({ url, token }: Bank, singleConnection = false): Client<boolean> {
  const client = createClient<boolean>({
    url: `${url}/graphql/stream`,
    singleConnection,
    headers: async () => ({ authorization: `Bearer ${await token()}` }),
    retryAttempts: 20,
  });
  return { ...client, subscribe: (request, sink) => resuming(client.subscribe)(request, sink) };
}

export async function tradeByStreams(
  bank: Bank,
  onUpdate: (update: OrderUpdate) => void,
  singleConnection = false,
): Promise<void> {
  const client = openStreams(bank, singleConnection);
  const { me } = await answerOf(client, accountsQuery, {});
  const order = sellTen(me.accounts[0]?.id);
  const { placeOrder: placed } = await answerOf(client, placeOrder, order, crypto.randomUUID());
  await follow(client, placed.order.id, onUpdate);
  client.dispose();
}
