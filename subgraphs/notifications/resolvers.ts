// The notifications subgraph: a customer reads its own inbox and nobody else's.
import {
  forbidden,
  PublicError,
  type SubgraphContext,
  type SubgraphResolvers,
  pageCursor,
  pagePlace,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import type { Loaders } from './loaders.ts';
import type { NotificationRecord, NotificationsStore } from './store.ts';

type Context = SubgraphContext<Loaders>;

/** As docs/errors.md says of INVALID_PAGE. */
const largestPage = 100;

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
        if (first < 1 || first > largestPage || (after != null && place === undefined)) throw invalidPage();
        // One more than asked for tells whether there is a next page.
        const found = await store.page(id, place, first + 1);
        const nodes = found.slice(0, first);
        const edges = nodes.map((node) => ({
          node,
          cursor: pageCursor(id, { at: node.createdAt, id: node.id }),
        }));
        return {
          nodes,
          edges,
          pageInfo: { hasNextPage: found.length > first, endCursor: edges.at(-1)?.cursor ?? null },
        };
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
