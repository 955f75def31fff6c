// What the audit of the bank reads: all orders, executions and charges from their services, and the ledger's own account
// of them in one snapshot.
import { sql, type Database, type ServiceClient } from '@simplebank/chassis';
import { listCharges, listExecutions, listOrders } from '@simplebank/contracts';
import type { z } from 'zod';

export type AuditedOrder = z.output<typeof listOrders.response>['orders'][number];
export type AuditedCharge = z.output<typeof listCharges.response>['charges'][number];
export type AuditedExecution = z.output<typeof listExecutions.response>['executions'][number];

/** A trade as it was posted, seen from the customer. */
export interface PostedTrade {
  readonly executionId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly side: 'BUY' | 'SELL';
  readonly symbol: string;
  /** In 1e-9 shares. */
  readonly quantity: bigint;
  readonly currency: string;
  /** In minor units. */
  readonly principal: bigint;
}

export interface PostedFee {
  readonly executionId: string;
  readonly orderId: string;
  readonly amount: bigint;
}

/** What one order set aside of one asset, and what of it is neither posted nor given back. */
export interface OpenReservation {
  readonly orderId: string;
  readonly amount: bigint;
  readonly rest: bigint;
}

export interface LedgerSnapshot {
  readonly trades: readonly PostedTrade[];
  readonly fees: readonly PostedFee[];
  readonly openReservations: readonly OpenReservation[];
  /** The house's clearing balances, by asset. */
  readonly clearing: ReadonlyMap<string, bigint>;
}

/** Everything that the audit compares, in the order in which it is read. */
export interface BankReading {
  readonly ordersBefore: ReadonlyMap<string, AuditedOrder>;
  readonly ledger: LedgerSnapshot;
  readonly executions: readonly AuditedExecution[];
  readonly charges: readonly AuditedCharge[];
  readonly ordersAfter: ReadonlyMap<string, AuditedOrder>;
}

/** Rows in one answer: the endpoints' own limit. */
const pageSize = 1000;

const oneSnapshot = sql('audit.one-snapshot', 'set transaction isolation level repeatable read read only');

const selectTrades = sql(
  'audit.trades',
  `select execution_id as "executionId", order_id as "orderId", account_id as "accountId", side, symbol, quantity,
     currency, principal from trade`,
);

const selectFees = sql(
  'audit.fees',
  `select execution_id as "executionId", order_id as "orderId", amount from transfer
   where kind = 'FEE' and phase <> 'pending'`,
);

// The proceeds that a sell holds for its fee belong to an execution, not to the order's own reservation.
const selectOpenReservations = sql(
  'audit.open-reservations',
  `select p.order_id as "orderId", sum(p.amount)::bigint as amount,
     sum(p.amount - (select coalesce(sum(part.amount), 0) from transfer part where part.pending_id = p.id))::bigint as rest
   from transfer p
   where p.phase = 'pending' and p.execution_id is null
     and not exists (select from resolution r where r.pending_id = p.id)
   group by p.order_id`,
);

const selectClearing = sql(
  'audit.clearing',
  `select asset, posted from ledger_account where kind = 'clearing'`,
);

export async function readLedger(database: Database): Promise<LedgerSnapshot> {
  return database.transaction(async (tx) => {
    await tx.query(oneSnapshot);
    const trades = await tx.query<PostedTrade>(selectTrades);
    const fees = await tx.query<PostedFee>(selectFees);
    const openReservations = await tx.query<OpenReservation>(selectOpenReservations);
    const clearing = await tx.query<{ asset: string; posted: bigint }>(selectClearing);
    return {
      trades,
      fees,
      openReservations,
      clearing: new Map(clearing.map(({ asset, posted }) => [asset, posted])),
    };
  });
}

export async function readOrders(client: ServiceClient): Promise<Map<string, AuditedOrder>> {
  const all = new Map<string, AuditedOrder>();
  for (let afterId = ''; ;) {
    const { orders } = await client.call(listOrders, { afterId, first: pageSize });
    for (const order of orders) all.set(order.id, order);
    const last = orders.at(-1);
    if (last === undefined || orders.length < pageSize) return all;
    afterId = last.id;
  }
}

export function readExecutions(client: ServiceClient): Promise<AuditedExecution[]> {
  return readByPosition(async (page) => (await client.call(listExecutions, page)).executions);
}

export function readCharges(client: ServiceClient): Promise<AuditedCharge[]> {
  return readByPosition(async (page) => (await client.call(listCharges, page)).charges);
}

async function readByPosition<Row extends { readonly position: number }>(
  read: (page: { afterPosition: number; first: number }) => Promise<Row[]>,
): Promise<Row[]> {
  const all: Row[] = [];
  for (let afterPosition = 0; ;) {
    const rows = await read({ afterPosition, first: pageSize });
    all.push(...rows);
    const last = rows.at(-1);
    if (last === undefined || rows.length < pageSize) return all;
    afterPosition = last.position;
  }
}
