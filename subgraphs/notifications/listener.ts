// Listens for the ends of orders. Choreographed: no order waits for its notification.
import { backgroundContext, runInContext, type Logger } from '@simplebank/chassis';
import { orderEventSchemas, ordersStream } from '@simplebank/contracts';
import type { Bus, Consumer, EventEnvelope } from '@simplebank/events';
import { messageFor } from './notification.ts';
import type { NotificationsStore } from './store.ts';

export function listenForCompletions(bus: Bus, store: NotificationsStore, log: Logger): Promise<Consumer> {
  return bus.work({
    group: 'notifications',
    streams: [ordersStream],
    handle: async (event) => {
      if (event.type !== 'OrderCompleted') return;
      const { correlationId, traceparent, aggregateId: orderId } = event;
      await runInContext(backgroundContext({ correlationId, traceparent, orderId }), () =>
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
