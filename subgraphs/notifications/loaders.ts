// One request's batch of inbox entries.
import DataLoader from 'dataloader';
import type { NotificationRecord, NotificationsStore } from './store.ts';

export interface Loaders {
  readonly notifications: DataLoader<string, NotificationRecord | undefined>;
}

export function createLoaders(store: NotificationsStore): Loaders {
  return {
    notifications: new DataLoader(async (ids) => {
      const found = new Map(
        (await store.notifications(ids)).map((notification) => [notification.id, notification]),
      );
      return ids.map((id) => found.get(id));
    }),
  };
}
