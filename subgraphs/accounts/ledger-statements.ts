// The SQL of a batch: five statements, however many commands it holds.
import { sql, type Transaction } from '@simplebank/chassis';
import type { LedgerChanges } from './domain/batch.ts';

/** Waits, in one order for all, for whoever works on the same orders or executions; ends with the transaction. */
export const lockKeys = sql(
  'ledger.lock-keys',
  `select pg_advisory_xact_lock(key) from (
     select distinct hashtextextended(name, 0) as key from unnest($1::text[]) as name order by key offset 0
   ) ordered`,
);

// One look-up by key for each id, said so by `lateral`: a plan made while a table was empty would otherwise read
// all of it, in each batch, until Postgres has counted it anew.

export const readTransfers = sql(
  'ledger.read-transfers',
  `select t.id, t.request_hash as "requestHash", t.phase, t.debit_id as "debitId", t.credit_id as "creditId",
     t.order_id as "orderId", t.amount, coalesce(parts.amount, 0)::bigint as "postedParts"
   from unnest($1::text[]) as wanted (id)
   cross join lateral (select * from transfer where transfer.id = wanted.id offset 0) t
   left join lateral (
     select sum(part.amount) as amount from transfer part where t.phase = 'pending' and part.pending_id = t.id
   ) parts on true`,
);

export const readReleased = sql(
  'ledger.read-released',
  `select released.order_id as "orderId" from unnest($1::text[]) as wanted (order_id)
   cross join lateral (
     select order_id from released_order where released_order.order_id = wanted.order_id offset 0
   ) released`,
);

/** Locks in the order of the ids, which every process sorts the same way. */
export const lockLedgerAccounts = sql(
  'ledger.lock-accounts',
  `select account.* from unnest($1::text[]) as wanted (id)
   cross join lateral (
     select id, posted, reserved from ledger_account where ledger_account.id = wanted.id for no key update
   ) account`,
);

// A ledger account that another process opened meanwhile is added to: this batch has only credited it, or
// debited it by less than it credited, so its judgement stands.
const write = sql(
  'ledger.write',
  `with given as (
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
       $9::text[], $10::text[], $11::bigint[], $12::text[], $13::text[])
       with ordinality as t (id, request_hash, kind, phase, pending_id, debit_id, debit_owner, credit_id, credit_owner,
         asset, amount, order_id, execution_id, position)
   ), transfers as (
     insert into transfer (id, request_hash, kind, phase, pending_id, debit_id, credit_id, asset, amount, order_id, execution_id)
     select id, request_hash, kind, phase, pending_id, debit_id, credit_id, asset, amount, order_id, execution_id
     from given order by position
   ), entries as (
     insert into entry (transfer_id, ledger_account_id, account_id, order_id, amount)
     select given.id, side.ledger_account_id, side.owner, given.order_id, side.amount
     from given cross join lateral (values (debit_id, debit_owner, -amount), (credit_id, credit_owner, amount))
       as side (ledger_account_id, owner, amount)
     where phase <> 'pending' and given.amount > 0 order by position
   ), trades as (
     insert into trade (execution_id, order_id, account_id, side, symbol, quantity, price, currency, principal, executed_at)
     select * from unnest($26::text[], $27::text[], $28::text[], $29::text[], $30::text[], $31::bigint[], $32::bigint[],
       $33::text[], $34::bigint[], $35::timestamptz[])
   ), resolutions as (
     insert into resolution (pending_id, voided) select * from unnest($14::text[], $15::bigint[])
   ), releases as (
     insert into released_order (order_id) select unnest($16::text[])
   ), opened as (
     insert into ledger_account (id, kind, account_id, asset, posted, reserved)
     select id, kind, account_id, asset, posted, reserved
     from unnest($17::text[], $18::text[], $19::text[], $20::text[], $21::bigint[], $22::bigint[])
       as o (id, kind, account_id, asset, posted, reserved) order by id
     on conflict (id) do update
       set posted = ledger_account.posted + excluded.posted, reserved = ledger_account.reserved + excluded.reserved
   )
   update ledger_account set posted = ledger_account.posted + delta.posted, reserved = ledger_account.reserved + delta.reserved
   from unnest($23::text[], $24::bigint[], $25::bigint[]) as delta (id, posted, reserved)
   where ledger_account.id = delta.id`,
);

export async function writeChanges(tx: Transaction, changes: LedgerChanges): Promise<void> {
  const { transfers, trades, resolutions, releasedOrderIds, opened, deltas } = changes;
  await tx.query(write, [
    transfers.map(({ id }) => id),
    transfers.map(({ requestHash }) => requestHash),
    transfers.map(({ kind }) => kind),
    transfers.map(({ movement }) => movement.phase),
    transfers.map(({ movement }) => (movement.phase === 'part' ? movement.pendingId : null)),
    transfers.map(({ debit }) => debit.id),
    transfers.map(({ debit }) => debit.accountId),
    transfers.map(({ credit }) => credit.id),
    transfers.map(({ credit }) => credit.accountId),
    transfers.map(({ debit }) => debit.asset),
    transfers.map(({ amount }) => amount),
    transfers.map(({ orderId }) => orderId),
    transfers.map(({ executionId }) => executionId),
    resolutions.map(({ pendingId }) => pendingId),
    resolutions.map(({ voided }) => voided),
    releasedOrderIds,
    opened.map(({ id }) => id),
    opened.map(({ kind }) => kind),
    opened.map(({ accountId }) => accountId),
    opened.map(({ asset }) => asset),
    opened.map(({ posted }) => posted),
    opened.map(({ reserved }) => reserved),
    deltas.map(({ id }) => id),
    deltas.map(({ posted }) => posted),
    deltas.map(({ reserved }) => reserved),
    trades.map(({ executionId }) => executionId),
    trades.map(({ orderId }) => orderId),
    trades.map(({ accountId }) => accountId),
    trades.map(({ side }) => side),
    trades.map(({ symbol }) => symbol),
    trades.map(({ quantity }) => quantity),
    trades.map(({ price }) => price),
    trades.map(({ principal }) => principal.currency),
    trades.map(({ principal }) => principal.amount),
    trades.map(({ executedAt }) => executedAt),
  ]);
}
