// A subscriber as an application has it: all its orders on one socket; when the socket is gone it opens another, and
// each order goes on behind the last event that it has seen.
import { setTimeout } from 'node:timers/promises';
import { createClient, type Client } from 'graphql-ws';
import { orderSubscription, type OrderPayload } from './orders.ts';
import type { HeardEvent } from './heard-events.fixture.ts';

/** The first pause before an order is taken up again; it doubles while nothing new arrives, as a good client's does. */
const firstPauseMs = 100;
const longestPauseMs = 1_600;

export interface Story {
  readonly events: readonly HeardEvent[];
  /** How often it was taken up again. */
  readonly resumed: number;
}

export interface ResumingSubscriber extends AsyncDisposable {
  /** The whole story; rejects when it has not ended in time. */
  follow(orderId: string, signal: AbortSignal): Promise<Story>;
}

/** Addresses and tokens are asked for at each connection, since a token ends and a replica may be gone. */
export function resumingSubscriber(
  connection: () => Promise<{ readonly bffUrl: string; readonly token: string }>,
): ResumingSubscriber {
  let current: Promise<Client> | undefined;

  function socket(): Promise<Client> {
    current ??= connection().then(({ bffUrl, token }) => {
      const client = createClient({
        url: `${bffUrl.replace('http', 'ws')}/graphql`,
        connectionParams: { authorization: `Bearer ${token}` },
        lazy: false,
        onNonLazyError: () => undefined,
        retryAttempts: 0,
        on: { closed: forget, error: forget },
      });
      return client;
    });
    const opened = current;
    opened.catch(forget);
    function forget(): void {
      if (current === opened) current = undefined;
    }
    return opened;
  }

  async function once(orderId: string, cursor: string, seen: (event: HeardEvent, cursor: string) => void) {
    const client = await socket();
    const { promise, resolve } = Promise.withResolvers<boolean>();
    client.subscribe<OrderPayload, { cursor: string }>(
      { query: orderSubscription, variables: { id: orderId, after: cursor } },
      {
        next({ data, extensions }) {
          if (data == null) resolve(false);
          else seen(data.orderUpdated.event, extensions?.cursor ?? '');
        },
        error: () => resolve(false),
        complete: () => resolve(true),
      },
    );
    return promise;
  }

  return {
    async follow(orderId, signal) {
      const events: HeardEvent[] = [];
      let cursor = '0';
      const late = new Promise<never>((_, reject) =>
        signal.addEventListener('abort', () =>
          reject(new Error(`${orderId} had no end in time, but ${events.map(({ type }) => type).join()}`)),
        ),
      );
      let pauseMs = firstPauseMs;
      for (let resumed = 0; ; resumed += 1) {
        const { length: before } = events;
        const following = once(orderId, cursor, (event, next) => {
          events.push(event);
          cursor = next;
        });
        if (await Promise.race([following.catch(() => false), late])) return { events, resumed };
        pauseMs = events.length > before ? firstPauseMs : Math.min(2 * pauseMs, longestPauseMs);
        await setTimeout(pauseMs);
      }
    },
    async [Symbol.asyncDispose]() {
      await (await current?.catch(() => undefined))?.dispose();
    },
  };
}
