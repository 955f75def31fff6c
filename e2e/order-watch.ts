// Many orders of one customer watched by few questions: each asks for the state of up to 25 of them at once, always
// in the same document, so that its plan is made once.
import { setTimeout } from 'node:timers/promises';
import type { CustomerSession } from './customer-session.ts';

export interface WatchedState {
  readonly id: string;
  readonly status: string;
  readonly outcome: string | null;
  readonly completedAt: string | null;
}

const ordersAtOnce = 25;
const pauseMs = 50;

const slots = Array.from({ length: ordersAtOnce }, (_, slot) => slot);
const statesQuery = `query States(${slots.map((slot) => `$i${slot}: ID!`).join(' ')}) {
  ${slots.map((slot) => `o${slot}: order(id: $i${slot}) { id status outcome completedAt }`).join('\n')}
}`;

/** The newest state of each order, by id. */
export async function statesOf(
  session: CustomerSession,
  orderIds: readonly string[],
): Promise<Map<string, WatchedState>> {
  const states = new Map<string, WatchedState>();
  for (let from = 0; from < orderIds.length; from += ordersAtOnce) {
    const ids = orderIds.slice(from, from + ordersAtOnce);
    // The last one fills the places that are left.
    const variables = Object.fromEntries(slots.map((slot) => [`i${slot}`, ids[slot] ?? ids.at(-1)]));
    const answer = await session.data<Record<string, WatchedState>>(statesQuery, variables);
    for (const state of Object.values(answer)) states.set(state.id, state);
  }
  return states;
}

export interface OrderWatch {
  /** The order's state as soon as it is as wanted; undefined when it is not in time. */
  until(
    orderId: string,
    isWanted: (state: WatchedState) => boolean,
    withinMs: number,
  ): Promise<WatchedState | undefined>;
}

interface Waiting {
  readonly orderId: string;
  readonly isWanted: (state: WatchedState) => boolean;
  readonly givesUpAt: number;
  readonly resolve: (state: WatchedState | undefined) => void;
  readonly reject: (reason: unknown) => void;
}

export function watchOrders(session: CustomerSession): OrderWatch {
  const waiting = new Set<Waiting>();
  let running = false;

  async function run(): Promise<void> {
    while (waiting.size > 0) {
      const asked = [...waiting];
      const states = await statesOf(
        session,
        asked.map(({ orderId }) => orderId),
      );
      for (const one of asked) {
        const state = states.get(one.orderId);
        const isDone = state !== undefined && one.isWanted(state);
        if (!isDone && performance.now() < one.givesUpAt) continue;
        waiting.delete(one);
        one.resolve(isDone ? state : undefined);
      }
      await setTimeout(pauseMs);
    }
  }

  return {
    until(orderId, isWanted, withinMs) {
      return new Promise((resolve, reject) => {
        waiting.add({ orderId, isWanted, givesUpAt: performance.now() + withinMs, resolve, reject });
        if (running) return;
        running = true;
        run()
          .catch((error: unknown) => {
            for (const one of waiting) one.reject(error);
            waiting.clear();
          })
          .finally(() => (running = false));
      });
    },
  };
}
