// An order followed over one WebSocket (graphql-transport-ws), with graphql-ws as it comes from npm, until it completes,
// fails or is cut.
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { dueCut, type End, type FollowOnce } from './cut-connection.fixture.ts';
import { orderSubscription, type OrderPayload } from './orders.ts';

export const followOverSocket: FollowOnce = async ({ bffUrl, token, orderId, cut, cursor }, seen) => {
  let socket: WebSocket | undefined;
  const { promise, resolve } = Promise.withResolvers<End>();
  const due = dueCut(cut, () => {
    socket?.terminate();
    resolve('cut');
  });
  const client = createClient({
    url: `${bffUrl.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: {
      connected: (opened) => {
        socket = opened as WebSocket;
        due.stands();
      },
    },
  });
  client.subscribe<OrderPayload, { cursor: string }>(
    { query: orderSubscription, variables: { id: orderId, after: cursor } },
    {
      next({ data, extensions }) {
        if (due.isDone) return;
        if (data == null) return resolve('fault');
        seen(data.orderUpdated.event, extensions?.cursor ?? '');
        due.eventCame();
      },
      error: () => resolve('fault'),
      complete: () => resolve('completed'),
    },
  );
  const end = await promise;
  due.forget();
  await client.dispose();
  return end;
};
