// One request's batches of charges, by execution and by order.
import DataLoader from 'dataloader';
import type { ChargeRecord, FeesStore } from './store.ts';

export interface Loaders {
  readonly charges: DataLoader<string, ChargeRecord | undefined>;
  readonly chargesOfOrder: DataLoader<string, readonly ChargeRecord[]>;
}

export function createLoaders(store: FeesStore): Loaders {
  return {
    charges: new DataLoader(async (executionIds) => {
      const found = new Map(
        (await store.charges(executionIds)).map((charge) => [charge.executionId, charge]),
      );
      return executionIds.map((id) => found.get(id));
    }),
    chargesOfOrder: new DataLoader(async (orderIds) => {
      const found = Map.groupBy(await store.chargesOfOrders(orderIds), ({ orderId }) => orderId);
      return orderIds.map((id) => found.get(id) ?? []);
    }),
  };
}
