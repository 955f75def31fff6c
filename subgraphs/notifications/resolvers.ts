// The notifications subgraph: a customer reads its own inbox and nobody else's.
import {
  forbidden,
  PublicError,
  type SubgraphContext,
  type SubgraphResolvers,
  pageCursor,
  pagePlace,
  isPageSize,
  pageOf,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import type { Loaders } from './loaders.ts';
import type { NotificationRecord, NotificationsStore } from './store.ts';

type Context = SubgraphContext<Loaders>;

export function createResolvers(store: NotificationsStore): SubgraphResolvers<Loaders> {
  return {
    Customer: {
      // As a promise, since what throws at once would fail the whole batch of references.
      async __resolveReference({ id }: { id: string }, { caller }: Context) {
        if (id !== caller.customerId) throw forbidden();
        return { id };
      },
      async notifications(
        { id }: { id: string },
        { first, after }: { first: number; after?: string | null },
      ) {
        const place = after == null ? undefined : pagePlace(id, after);
        if (!isPageSize(first) || (after != null && place === undefined)) throw invalidPage();
        const found = await store.page(id, place, first + 1);
        return pageOf(found, first, (node) => pageCursor(id, { at: node.createdAt, id: node.id }));
      },
    },
    Notification: {
      async __resolveReference({ id }: { id: string }, { caller, loaders }: Context) {
        const found = await loaders.notifications.load(id);
        if (found?.customerId !== caller.customerId) throw forbidden();
        return found;
      },
      order: ({ orderId }: NotificationRecord) => ({ __typename: 'Order', id: orderId }),
      createdAt: ({ createdAt }: NotificationRecord) => createdAt.toISOString(),
    },
  };
}

function invalidPage(): PublicError {
  return new PublicError(rejectionOf('INVALID_PAGE'));
}
