// The one way in which anything changes an order: lock it, let the domain decide, record what happened. The
// saga's replies, the market's reports and the customer's cancels all come through here.
import { backgroundContext, runInContext, type Logger, type Transaction } from '@simplebank/chassis';
import { decide } from './domain/order.ts';
import type { OrderCommand } from './domain/order-commands.ts';
import type { OrderEvent } from './domain/order-events.ts';
import { apply } from './domain/order-history.ts';
import { isRefusal, type Refusal } from './domain/refusal.ts';
import type { StoredOrder } from './order-row.ts';
import type { OrdersStore } from './store.ts';

export interface OrderDesk {
  /**
   * Carries the command out on a locked order. Without new events the order comes back as it was. The caller
   * nudges the relay once the transaction has committed.
   */
  carryOut(tx: Transaction, stored: StoredOrder, told: Told): Promise<StoredOrder | Refusal>;
  /** One log line for each event, under the correlation id that the order was placed with. */
  logEvents(stored: StoredOrder, events: readonly OrderEvent[]): void;
}

export interface Told {
  readonly command: OrderCommand;
  /** The event or request that the command came from; null for the saga's. */
  readonly causationId: string | null;
}

export function createDesk(store: OrdersStore, log: Logger): OrderDesk {
  function logEvents({ order, origin }: StoredOrder, events: readonly OrderEvent[]): void {
    const first = order.sequence - events.length + 1;
    runInContext(backgroundContext({ ...origin, orderId: order.terms.id }), () => {
      for (const [index, { type }] of events.entries()) {
        log.info({ event: type, sequence: first + index }, 'order event');
      }
    });
  }

  return {
    logEvents,
    async carryOut(tx, stored, { command, causationId }) {
      const decision = decide(stored.order, command);
      if (isRefusal(decision)) return decision;
      const next = apply(stored.order, decision);
      if (decision.length === 0 || next === undefined) return stored;
      const happened = { events: decision, at: new Date(), causationId };
      const after = await store.append(tx, stored, next, happened);
      logEvents(after, decision);
      return after;
    },
  };
}

export function isRefused(answer: StoredOrder | Refusal): answer is Refusal {
  return 'refused' in answer;
}
