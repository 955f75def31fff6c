// Listens for the ends of orders: the replicas share the events, and each end makes its pushes due once.
import type { Tracing } from '@simplebank/chassis';
import { inEventSpan, type Bus, type Consumer } from '@simplebank/events';
import { z } from 'zod';
import type { DuePushStore } from './due-push-store.ts';
import { timeToLiveSeconds } from './send-push.ts';

const group = 'bff-mobile';
/** The event that ends the subscription `orderUpdated`; of what it says only this is read. */
const terminalType = 'OrderCompleted';
const terminalData = z.object({ customerId: z.string() });

export interface CompletionsOptions {
  readonly bus: Bus;
  readonly store: Pick<DuePushStore, 'add'>;
  readonly tracing: Tracing;
  /** How long a live socket has to take the event first. */
  readonly graceMs: number;
}

export function listenForCompletions({
  bus,
  store,
  tracing,
  graceMs,
}: CompletionsOptions): Promise<Consumer> {
  return bus.work({
    group,
    streams: ['orders'],
    handle: async (event) => {
      if (event.type !== terminalType) return;
      // As when the bus lost what it had and is given all of it again.
      if (Date.now() - Date.parse(event.occurredAt) > timeToLiveSeconds * 1_000) return;
      await inEventSpan(tracing, { event, group, orderId: event.aggregateId }, () =>
        store.add(event, terminalData.parse(event.data).customerId, graceMs),
      );
    },
  });
}
