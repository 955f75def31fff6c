// A subscriber whose connection breaks: it follows an order, is cut off without a goodbye, and comes back with the
// cursor of the last event that it has seen, until the subscription completes.
import { setTimeout } from 'node:timers/promises';
import type { Cut, FollowOnce } from './cut-connection.fixture.ts';
import type { HeardEvent } from './heard-events.fixture.ts';
import { followOverSocket } from './socket-connection.fixture.ts';

export interface SubscriberOptions {
  readonly bffUrl: string;
  /** Asked for at each connection, since a token ends. */
  readonly token: () => string | Promise<string>;
  readonly orderId: string;
  /** For each connection in turn. */
  readonly cuts: readonly Cut[];
  readonly followOnce?: FollowOnce;
}

export interface Followed {
  readonly events: readonly HeardEvent[];
  readonly connections: number;
  /** Connections that were cut by us. */
  readonly drops: number;
  /** Connections that the bank ended with an error, such as when it could not answer. */
  readonly faults: number;
}

const mostFaults = 50;
const faultPauseMs = 200;

export async function followWithDrops(options: SubscriberOptions): Promise<Followed> {
  const { cuts, token, bffUrl, orderId, followOnce = followOverSocket } = options;
  const events: HeardEvent[] = [];
  let cursor = '0';
  let [drops, faults] = [0, 0];
  for (let connections = 1; ; connections += 1) {
    const connection = { bffUrl, token: await token(), orderId, cut: cuts[connections - 1], cursor };
    const end = await followOnce(connection, (event, next) => {
      events.push(event);
      cursor = next;
    });
    if (end === 'completed') return { events, connections, drops, faults };
    if (end === 'cut') {
      drops += 1;
      continue;
    }
    faults += 1;
    if (faults > mostFaults) throw new Error(`${orderId}: the subscription failed ${faults} times`);
    await setTimeout(faultPauseMs);
  }
}
