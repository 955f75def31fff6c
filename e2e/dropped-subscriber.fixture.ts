// A subscriber whose connection breaks: it follows an order, its socket is cut without a goodbye, and it comes
// back with the cursor of the last event that it has seen, until the subscription completes.
import { setTimeout } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { orderSubscription, type OrderPayload } from './orders.ts';

export interface SeenEvent {
  readonly id: string;
  readonly sequence: number;
  readonly type: string;
}

export interface SubscriberOptions {
  readonly bffUrl: string;
  readonly token: string;
  readonly orderId: string;
  /** For each connection in turn: after how many events it is cut; 0 is as soon as it stands. */
  readonly cuts: readonly number[];
}

export interface Followed {
  readonly events: readonly SeenEvent[];
  readonly connections: number;
  /** Connections that the bank ended with an error, such as when it could not answer. */
  readonly faults: number;
}

type End = 'completed' | 'cut' | 'fault';

const mostFaults = 50;
const faultPauseMs = 200;

export async function followWithDrops({ cuts, ...options }: SubscriberOptions): Promise<Followed> {
  const events: SeenEvent[] = [];
  let cursor = '0';
  let connections = 0;
  let faults = 0;
  for (;;) {
    const cutAfter = cuts[connections];
    connections += 1;
    const end = await followOnce({ ...options, cutAfter, cursor }, (event, next) => {
      events.push(event);
      cursor = next;
    });
    if (end === 'completed') return { events, connections, faults };
    if (end === 'cut') continue;
    faults += 1;
    if (faults > mostFaults) throw new Error(`${options.orderId}: the subscription failed ${faults} times`);
    await setTimeout(faultPauseMs);
  }
}

interface Connection {
  readonly bffUrl: string;
  readonly token: string;
  readonly orderId: string;
  readonly cutAfter: number | undefined;
  readonly cursor: string;
}

async function followOnce(
  { bffUrl, token, orderId, cutAfter, cursor }: Connection,
  seen: (event: SeenEvent, cursor: string) => void,
): Promise<End> {
  let socket: WebSocket | undefined;
  let received = 0;
  const { promise, resolve } = Promise.withResolvers<End>();
  let isCut = false;
  const cutWhenDue = () => {
    if (cutAfter === undefined || received < cutAfter) return;
    isCut = true;
    socket?.terminate();
    resolve('cut');
  };
  const client = createClient({
    url: `${bffUrl.replace('http', 'ws')}/graphql`,
    webSocketImpl: WebSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    on: {
      connected: (opened) => {
        socket = opened as WebSocket;
        cutWhenDue();
      },
    },
  });
  client.subscribe<OrderPayload, { cursor: string }>(
    { query: orderSubscription, variables: { id: orderId, after: cursor } },
    {
      next({ data, extensions }) {
        if (isCut) return;
        if (data == null) return resolve('fault');
        received += 1;
        seen(data.orderUpdated.event, extensions?.cursor ?? '');
        cutWhenDue();
      },
      error: () => resolve(isCut ? 'cut' : 'fault'),
      complete: () => resolve(isCut ? 'cut' : 'completed'),
    },
  );
  const end = await promise;
  await client.dispose();
  return end;
}
