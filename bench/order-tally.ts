// Keeps the books of one run of the load: what was offered, what became of it, and how long each part took.
import type { OrderUpdate } from './live-orders.ts';
import type { LoadResult } from './load-messages.ts';

export interface TalliedOrder {
  /** It was to be sent at `dueAt` and was sent now; clock of `performance`. */
  answered(now: number): void;
  subscribed(wallNow: number): void;
  updated(update: OrderUpdate, now: number, wallNow: number): void;
  /** It ended: without a code its last update counts. */
  ended(code?: string): void;
}

export interface OrderTally {
  sent(times: { dueAt: number; sentAt: number }): TalliedOrder;
  /** Orders that have not ended. */
  inFlight(): number;
  result(): LoadResult;
}

export function orderTally(offered: number, completeBy: number): OrderTally {
  const [acceptMs, acceptFromSentMs, completeMs, eventToSubscriberMs, lateMs]: number[][] = [
    [],
    [],
    [],
    [],
    [],
  ];
  const failures: Record<string, number> = {};
  const count = { accepted: 0, completed: 0, completedInTime: 0, events: 0, open: 0, mostInFlight: 0 };
  const fail = (code: string) => (failures[code] = (failures[code] ?? 0) + 1);

  return {
    sent({ dueAt, sentAt }) {
      count.open += 1;
      count.mostInFlight = Math.max(count.mostInFlight, count.open);
      lateMs?.push(sentAt - dueAt);
      let answeredAt = NaN;
      let subscribedAt = Infinity;
      let completedAt: number | undefined;
      let last: OrderUpdate['order'] | undefined;
      let isOpen = true;
      return {
        answered(now) {
          count.accepted += 1;
          answeredAt = now;
          acceptMs?.push(now - dueAt);
          acceptFromSentMs?.push(now - sentAt);
        },
        subscribed: (wallNow) => (subscribedAt = wallNow),
        updated({ event, order }, now, wallNow) {
          if (!isOpen) return;
          count.events += 1;
          last = order;
          const occurredAt = Date.parse(event.occurredAt);
          // What happened earlier was read at once on subscribing: that is catching up, not being told.
          if (occurredAt >= subscribedAt) eventToSubscriberMs?.push(wallNow - occurredAt);
          if (event.type === 'ORDER_COMPLETED') completedAt = now;
        },
        ended(code) {
          if (!isOpen) return;
          isOpen = false;
          count.open -= 1;
          const failure =
            code ?? unfilled(last) ?? (completedAt === undefined ? 'COMPLETION_MISSED' : undefined);
          if (failure !== undefined || completedAt === undefined) return void fail(failure ?? '');
          count.completed += 1;
          if (completedAt <= completeBy) count.completedInTime += 1;
          completeMs?.push(completedAt - answeredAt);
        },
      };
    },
    inFlight: () => count.open,
    result() {
      const { accepted, completed, completedInTime, events, mostInFlight } = count;
      return {
        offered,
        accepted,
        completed,
        completedInTime,
        events,
        mostInFlight,
        failures,
        acceptMs: acceptMs ?? [],
        acceptFromSentMs: acceptFromSentMs ?? [],
        completeMs: completeMs ?? [],
        eventToSubscriberMs: eventToSubscriberMs ?? [],
        lateMs: lateMs ?? [],
      };
    },
  };
}

/** Why an order that ended did not end as this load means it to. */
function unfilled(order: OrderUpdate['order'] | undefined): string | undefined {
  if (order === undefined || order.outcome === 'FILLED') return undefined;
  return order.rejection?.code ?? order.outcome ?? undefined;
}
