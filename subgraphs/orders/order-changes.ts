// The one way in which anything changes an order: lock it, let the domain decide, record what happened, and tell of
// it after the commit. The saga's replies, the market's reports and the customer's cancels all come through here.
import { backgroundContext, runInContext, type Logger, type Transaction } from '@simplebank/chassis';
import { decide } from './domain/order.ts';
import type { OrderCommand } from './domain/order-commands.ts';
import type { OrderEvent } from './domain/order-events.ts';
import { apply } from './domain/order-history.ts';
import { isRefusal, type Refusal } from './domain/refusal.ts';
import type { StoredOrder } from './order-row.ts';
import type { OrdersStore } from './store.ts';

export interface OrderChanges {
  /** Carries the command out on a locked order. */
  carryOut(tx: Transaction, stored: StoredOrder, told: Told): Promise<OrderChange | Refusal>;
  /**
   * Tells of a change that has been committed: nudges the relay, and logs one line for each event, under the
   * correlation id that the order was placed with. A change that was rolled back must not come here.
   */
  committed(change: OrderChange): void;
}

export interface Told {
  readonly command: OrderCommand;
  /** The event or request that the command came from; null for the saga's. */
  readonly causationId: string | null;
}

export interface OrderChange {
  /** As the order is after the events. */
  readonly stored: StoredOrder;
  /** Empty when the command was no news. */
  readonly events: readonly OrderEvent[];
}

export interface OrderChangesOptions {
  readonly store: Pick<OrdersStore, 'append'>;
  readonly relay: { nudge(): void };
  readonly log: Logger;
}

export function createOrderChanges({ store, relay, log }: OrderChangesOptions): OrderChanges {
  return {
    async carryOut(tx, stored, { command, causationId }) {
      const events = decide(stored.order, command);
      if (isRefusal(events)) return events;
      const next = apply(stored.order, events);
      if (events.length === 0 || next === undefined) return { stored, events: [] };
      const after = await store.append(tx, stored, next, { events, at: new Date(), causationId });
      return { stored: after, events };
    },

    committed({ stored: { order, origin }, events }) {
      if (events.length === 0) return;
      relay.nudge();
      const first = order.sequence - events.length + 1;
      runInContext(backgroundContext({ ...origin, orderId: order.terms.id }), () => {
        for (const [index, { type }] of events.entries()) {
          log.info({ event: type, sequence: first + index }, 'order event');
        }
      });
    },
  };
}

export function isRefused(answer: OrderChange | Refusal): answer is Refusal {
  return 'refused' in answer;
}
