// A device whose session ends gets no more pushes, whoever ended it: its customer from another device, or a logout.
import type { Bus, Consumer } from '@simplebank/events';
import type { SubscriptionStore } from './subscription-store.ts';

const group = 'bff-mobile-sessions';

export interface SessionEndsOptions {
  readonly bus: Bus;
  readonly store: Pick<SubscriptionStore, 'removeSession'>;
}

/** The session is the event's aggregate; to remove its device twice is no harm, so that there is no inbox. */
export function removeDevicesOfEndedSessions({ bus, store }: SessionEndsOptions): Promise<Consumer> {
  return bus.work({
    group,
    streams: ['sessions'],
    handle: async ({ type, aggregateId: sessionId }) => {
      if (type === 'SessionEnded') await store.removeSession(sessionId);
    },
  });
}
