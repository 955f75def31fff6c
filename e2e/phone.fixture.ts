// The mobile application as a phone runs it: it asks by the ids of its published documents, asks again what the network
// did not answer, and notices by its own pings that a socket is dead, to go on behind the last event that it has seen.
import { setTimeout as pause } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { documentNamed } from './published-documents.fixture.ts';

/** Short, so that the test is; an application takes some seconds for each. */
const requestWithinMs = 2_000;
const handshakeWithinMs = 1_000;
const pingEveryMs = 500;
const pongWithinMs = 500;
const pauseMs = 250;

export interface PhoneOptions {
  readonly bffUrl: string;
  readonly token: string;
}

export interface OrderNews {
  readonly orderUpdated: {
    readonly event: { readonly summary: string };
    readonly order: { readonly status: string; readonly cumulative: string; readonly outcome: string | null };
  };
}

export interface Phone {
  /** An answer of the operation, however long the network takes to come back. */
  ask<Data>(operation: string, variables: Record<string, unknown>): Promise<Data>;
  /** Resolves when the story has ended, or nobody wants to know any more, to how many connections it took. */
  follow(orderId: string, seen: (news: OrderNews) => void, signal: AbortSignal): Promise<number>;
}

export function phone(options: PhoneOptions): Phone {
  return {
    async ask<Data>(operation: string, variables: Record<string, unknown>): Promise<Data> {
      const { sha256 } = documentNamed('bff-mobile', operation);
      const body = JSON.stringify({ documentId: `sha256:${sha256}`, variables });
      // The same for each try, so that a mutation is done once.
      const idempotencyKey = crypto.randomUUID();
      for (;;) {
        const answer = await post(options, body, idempotencyKey).catch(() => undefined);
        if (answer?.data != null) return answer.data as Data;
        if (answer !== undefined) throw new Error(JSON.stringify(answer));
        await pause(pauseMs);
      }
    },
    async follow(orderId, seen, signal) {
      let cursor = '0';
      for (let connections = 1; ; connections += 1) {
        const isOver = await followOnce(options, { id: orderId, after: cursor }, (news, next) => {
          cursor = next;
          seen(news);
        });
        if (isOver || signal.aborted) return connections;
        await pause(pauseMs);
      }
    },
  };
}

async function post({ bffUrl, token }: PhoneOptions, body: string, idempotencyKey: string) {
  const response = await fetch(`${bffUrl}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      authorization: `Bearer ${token}`,
      'idempotency-key': `"${idempotencyKey}"`,
    },
    body,
    signal: AbortSignal.timeout(requestWithinMs),
  });
  return (await response.json()) as { readonly data?: unknown };
}

class ImpatientSocket extends WebSocket {
  constructor(url: string, protocols: string) {
    super(url, protocols, { handshakeTimeout: handshakeWithinMs });
  }
}

async function followOnce(
  { bffUrl, token }: PhoneOptions,
  variables: Record<string, unknown>,
  seen: (news: OrderNews, cursor: string) => void,
): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  let socket: WebSocket | undefined;
  let noPong: NodeJS.Timeout | undefined;
  const client = createClient({
    url: `${bffUrl.replace('http', 'ws')}/graphql`,
    webSocketImpl: ImpatientSocket,
    connectionParams: { authorization: `Bearer ${token}` },
    retryAttempts: 0,
    connectionAckWaitTimeout: handshakeWithinMs,
    keepAlive: pingEveryMs,
    on: {
      opened: (opened) => (socket = opened as WebSocket),
      ping(received) {
        if (!received) noPong = setTimeout(() => socket?.terminate(), pongWithinMs);
      },
      pong(received) {
        if (received) clearTimeout(noPong);
      },
    },
  });
  const { sha256 } = documentNamed('bff-mobile', 'FollowOrder');
  client.subscribe<OrderNews, { cursor: string }>(
    { query: '', variables, extensions: { persistedQuery: { version: 1, sha256Hash: sha256 } } },
    {
      next({ data, extensions }) {
        if (data == null) resolve(false);
        else seen(data, extensions?.cursor ?? '');
      },
      error: () => resolve(false),
      complete: () => resolve(true),
    },
  );
  const isOver = await promise;
  clearTimeout(noPong);
  socket?.terminate();
  await client.dispose();
  return isOver;
}
