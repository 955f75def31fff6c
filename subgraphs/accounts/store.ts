// The ledger's rows in Postgres: locks and reads what a batch reaches, writes what was decided in one statement,
// all in one transaction; and reads accounts and entries for the graph.
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import type { JudgedBatch, LedgerChanges, LedgerReading } from './domain/batch.ts';
import type { Reach, Result } from './domain/command.ts';
import type { Balance } from './domain/ledger-account.ts';
import type { EntriesWanted, Entry, Holding, OrderEntries } from './domain/entry.ts';
import type { RecordedTransfer } from './domain/transfer.ts';
import {
  lockKeys,
  lockLedgerAccounts,
  readReleased,
  readTransfers,
  writeChanges,
} from './ledger-statements.ts';

export interface LedgerStore {
  /** Reads under locks, judges, writes and commits; nothing is written when it throws. */
  runBatch(reach: Reach, judge: (reading: LedgerReading) => JudgedBatch): Promise<readonly Result[]>;
  /** All that these accounts hold, zero balances included. */
  holdings(accountIds: readonly string[]): Promise<Holding[]>;
  entries(wanted: readonly EntriesWanted[]): Promise<Entry[]>;
  entriesBySequence(sequences: readonly bigint[]): Promise<Entry[]>;
  /** One for each order, in their order. */
  entriesOfOrders(orderIds: readonly string[]): Promise<OrderEntries[]>;
}

const selectHoldings = sql(
  'accounts.holdings',
  `select account_id as "accountId", asset, posted, reserved from ledger_account
   where account_id = any($1::text[]) order by account_id, asset`,
);

const entryColumns = `e.sequence, e.account_id as "accountId", t.kind, t.asset, e.amount,
  t.order_id as "orderId", t.execution_id as "executionId", t.created_at as "createdAt"`;

const selectEntries = sql(
  'accounts.entries',
  `select page.* from unnest($1::text[], $2::bigint[], $3::int[]) as wanted (account_id, before, page_size)
   cross join lateral (
     select ${entryColumns} from entry e join transfer t on t.id = e.transfer_id
     where e.account_id = wanted.account_id and e.sequence < coalesce(wanted.before, 9223372036854775807)
     order by e.sequence desc limit wanted.page_size
   ) page order by page.sequence desc`,
);

const selectEntriesBySequence = sql(
  'accounts.entries-by-sequence',
  `select ${entryColumns} from entry e join transfer t on t.id = e.transfer_id
   where e.sequence = any($1::bigint[]) and e.account_id is not null`,
);

// The reservation names the order's account also before anything is posted.
const selectEntriesOfOrders = sql(
  'accounts.entries-of-orders',
  `select wanted.order_id as "wantedId", owner.account_id as "ownerId", page.*
   from unnest($1::text[]) as wanted (order_id)
   left join lateral (
     select a.account_id from transfer t join ledger_account a on a.id = t.debit_id
     where t.id in ('reserve:' || wanted.order_id || ':shares', 'reserve:' || wanted.order_id || ':principal')
   ) owner on true
   left join lateral (
     select ${entryColumns} from entry e join transfer t on t.id = e.transfer_id
     where e.order_id = wanted.order_id and e.account_id is not null
   ) page on true order by page.sequence`,
);

export function createStore(database: Database): LedgerStore {
  return {
    runBatch: (reach, judge) =>
      database.transaction(async (tx) => {
        const { results, changes } = judge(await readUnderLocks(tx, reach));
        if (changesAnything(changes)) await writeChanges(tx, changes);
        return results;
      }),
    holdings: (accountIds) => database.query<Holding>(selectHoldings, [accountIds]),
    entries: (wanted) =>
      database.query<Entry>(selectEntries, [
        wanted.map(({ accountId }) => accountId),
        wanted.map(({ before }) => before),
        wanted.map(({ limit }) => limit),
      ]),
    entriesBySequence: (sequences) => database.query<Entry>(selectEntriesBySequence, [sequences]),
    async entriesOfOrders(orderIds) {
      type Row = { wantedId: string; ownerId: string | null } & (Entry | { sequence: null });
      const rows = Map.groupBy(
        await database.query<Row>(selectEntriesOfOrders, [orderIds]),
        ({ wantedId }) => wantedId,
      );
      return orderIds.map((orderId) => {
        const ofOrder = rows.get(orderId) ?? [];
        return {
          orderId,
          accountId: ofOrder[0]?.ownerId ?? null,
          entries: ofOrder.filter((row): row is Row & Entry => row.sequence !== null),
        };
      });
    },
  };
}

/**
 * Three locks in one order for everyone, so that batches of several processes never wait in a circle: the keys of
 * orders and executions, then balances by id, then (in the writing) new balances by id. Each statement sees what
 * was committed before its locks were granted.
 */
async function readUnderLocks(tx: Transaction, reach: Reach): Promise<LedgerReading> {
  await tx.query(lockKeys, [reach.lockKeys]);
  const transfers = await tx.query<RecordedTransfer>(readTransfers, [reach.transferIds]);
  const released = await tx.query<{ orderId: string }>(readReleased, [reach.orderIds]);
  // What a release gives back is known only by the pending transfers of its order.
  const ids = new Set([...reach.ledgerAccountIds, ...transfers.map(({ debitId }) => debitId)]);
  const balances = await tx.query<Balance & { id: string }>(lockLedgerAccounts, [[...ids].toSorted()]);
  return {
    balances: new Map(balances.map((balance) => [balance.id, balance])),
    transfers,
    releasedOrderIds: released.map(({ orderId }) => orderId),
  };
}

function changesAnything({ transfers, releasedOrderIds }: LedgerChanges): boolean {
  return transfers.length > 0 || releasedOrderIds.length > 0;
}
