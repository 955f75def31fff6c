// One request's batches: each type is read by one statement, whatever the number of orders that a query shows.
// Loaders know nothing of rights: a resolver checks the order's account first.
import DataLoader from 'dataloader';
import type { SagaRunner, SagaView } from '@simplebank/saga';
import type { LoggedEvent, StoredOrder } from './order-row.ts';
import type { EventsWanted, OrdersStore, PageWanted } from './store.ts';

export interface Loaders {
  readonly orders: DataLoader<string, StoredOrder | undefined>;
  readonly pages: DataLoader<PageWanted, readonly StoredOrder[], string>;
  readonly events: DataLoader<EventsWanted, readonly LoggedEvent[], string>;
  readonly sagas: DataLoader<string, SagaView | undefined>;
}

export function createLoaders(store: OrdersStore, runner: Pick<SagaRunner, 'view'>): Loaders {
  return {
    orders: new DataLoader(async (ids) => {
      const found = new Map((await store.orders(ids)).map((stored) => [stored.order.terms.id, stored]));
      return ids.map((id) => found.get(id));
    }),
    pages: new DataLoader((wanted) => store.pages(wanted), {
      cacheKeyFn: ({ accountId, before, length }) => `${accountId} ${before?.id} ${length}`,
    }),
    events: new DataLoader((wanted) => store.events(wanted), {
      cacheKeyFn: ({ orderId, after, length }) => `${orderId} ${after} ${length}`,
    }),
    sagas: new DataLoader(async (ids) => {
      const found = new Map((await runner.view([...ids])).map((view) => [view.sagaId, view]));
      return ids.map((id) => found.get(id));
    }),
  };
}
