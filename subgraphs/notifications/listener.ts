// Listens for the ends of orders. Choreographed: no order waits for its notification.
import type { Logger, Tracing } from '@simplebank/chassis';
import { orderEventSchemas, ordersStream } from '@simplebank/contracts';
import { inEventSpan, type Bus, type Consumer, type EventEnvelope } from '@simplebank/events';
import { messageFor } from './notification.ts';
import type { NotificationsStore } from './store.ts';

const group = 'notifications';

export interface ListenerOptions {
  readonly bus: Bus;
  readonly store: NotificationsStore;
  readonly log: Logger;
  readonly tracing: Tracing;
}

export function listenForCompletions({ bus, store, log, tracing }: ListenerOptions): Promise<Consumer> {
  return bus.work({
    group,
    streams: [ordersStream],
    handle: async (event) => {
      if (event.type !== 'OrderCompleted') return;
      await inEventSpan(tracing, { event, group, orderId: event.aggregateId }, () =>
        notify(event, store, log),
      );
    },
  });
}

async function notify(event: EventEnvelope, store: NotificationsStore, log: Logger): Promise<void> {
  const completed = orderEventSchemas.OrderCompleted.parse(event.data);
  const { accountId, customerId } = completed;
  await store.add({
    // The event's own id: the same event twice is the same entry.
    id: event.id,
    customerId,
    accountId,
    orderId: event.aggregateId,
    createdAt: new Date(event.occurredAt),
    ...messageFor(completed),
  });
  log.info({ outcome: completed.outcome }, 'notified');
}
