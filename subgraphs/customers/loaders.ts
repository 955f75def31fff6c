// One request's batches: each type is read by one statement, however often it is asked for.
import DataLoader from 'dataloader';
import type { AccountRecord, CustomerRecord, CustomersStore } from './store.ts';

export interface Loaders {
  readonly customers: DataLoader<string, CustomerRecord | undefined>;
  readonly accounts: DataLoader<string, AccountRecord | undefined>;
}

export function createLoaders(store: CustomersStore): Loaders {
  return {
    customers: new DataLoader(async (ids) => {
      const found = new Map((await store.customers(ids)).map((customer) => [customer.id, customer]));
      return ids.map((id) => found.get(id));
    }),
    accounts: new DataLoader(async (ids) => {
      const found = new Map((await store.accounts(ids)).map((account) => [account.id, account]));
      return ids.map((id) => found.get(id));
    }),
  };
}
