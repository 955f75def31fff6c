// One SQL statement per type and request, whatever the number of accounts that a query asks for.
import DataLoader from 'dataloader';
import type { EntriesWanted, Entry, Holding, OrderEntries } from './domain/entry.ts';
import type { LedgerStore } from './store.ts';

/** Loaders know nothing of rights: a resolver checks the account before it asks. */
export interface Loaders {
  /** What an account holds of each asset. */
  readonly holdings: DataLoader<string, readonly Holding[]>;
  readonly entries: DataLoader<EntriesWanted, readonly Entry[], string>;
  readonly entry: DataLoader<bigint, Entry | undefined>;
  readonly entriesOfOrder: DataLoader<string, OrderEntries>;
}

export function createLoaders(store: LedgerStore): Loaders {
  return {
    holdings: new DataLoader(async (accountIds) => {
      const byAccount = Map.groupBy(await store.holdings(accountIds), ({ accountId }) => accountId);
      return accountIds.map((accountId) => byAccount.get(accountId) ?? []);
    }),
    entries: new DataLoader(
      async (wanted) => {
        // Two pages of one account in one request are told apart by where they begin; each is cut to its size.
        const byAccount = Map.groupBy(await store.entries(wanted), ({ accountId }) => accountId);
        return wanted.map(({ accountId, before, limit }) => {
          const entries = (byAccount.get(accountId) ?? []).filter(
            ({ sequence }) => before === null || sequence < before,
          );
          return distinct(entries).slice(0, limit);
        });
      },
      { cacheKeyFn: ({ accountId, before, limit }) => `${accountId} ${before} ${limit}` },
    ),
    entry: new DataLoader(async (sequences) => {
      const bySequence = new Map(
        (await store.entriesBySequence(sequences)).map((entry) => [entry.sequence, entry]),
      );
      return sequences.map((sequence) => bySequence.get(sequence));
    }),
    entriesOfOrder: new DataLoader((orderIds) => store.entriesOfOrders(orderIds)),
  };
}

/** Pages of one account may overlap; entries come newest first. */
function distinct(entries: readonly Entry[]): Entry[] {
  return entries.filter(({ sequence }, index) => entries[index - 1]?.sequence !== sequence);
}
