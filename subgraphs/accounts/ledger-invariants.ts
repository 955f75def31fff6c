// What is always true of the ledger, asked of Postgres in one snapshot, so that a bank at work can be checked.
// It trusts neither the service nor the tables' own constraints: each row is compared with what it came from.
import { sql, type Database } from '@simplebank/chassis';
import { sampleLimit, type Finding } from './finding.ts';

interface Invariant {
  readonly invariant: string;
  /** The name of its statement. */
  readonly name: string;
  /** Counts what is looked at. */
  readonly checked: string;
  /** Yields one text, `what`, for each violation. */
  readonly violations: string;
}

/** Posted parts of each pending transfer, and what is left of it. */
const rests = `select p.id, p.debit_id, p.credit_id, p.asset, p.amount, p.order_id, p.execution_id,
    coalesce(parts.amount, 0) as posted, p.amount - coalesce(parts.amount, 0) as rest
  from transfer p
  left join (select pending_id, sum(amount) as amount from transfer where phase = 'part' group by 1) parts
    on parts.pending_id = p.id
  where p.phase = 'pending'`;

const invariants: readonly Invariant[] = [
  {
    invariant: 'every transfer sums to zero per asset',
    name: 'check.transfer-sums',
    checked: `select count(distinct transfer_id) from entry`,
    violations: `select format('%s: %s %s', e.transfer_id, sum(e.amount), a.asset) as what
      from entry e left join ledger_account a on a.id = e.ledger_account_id
      group by e.transfer_id, a.asset having sum(e.amount) <> 0`,
  },
  {
    invariant: 'every posted transfer has its two entries, and no other entry exists',
    name: 'check.entries',
    checked: `select count(*) from transfer where phase <> 'pending'`,
    violations: `select coalesce(wanted.transfer_id, e.transfer_id) as what from (
        select t.id as transfer_id, side.ledger_account_id, side.amount from transfer t
        cross join lateral (values (t.debit_id, -t.amount), (t.credit_id, t.amount)) as side (ledger_account_id, amount)
        where t.phase <> 'pending' and t.amount > 0
      ) wanted
      full join (
        select transfer_id, ledger_account_id, amount, count(*) as times from entry group by 1, 2, 3
      ) e using (transfer_id, ledger_account_id, amount)
      where wanted.transfer_id is null or e.times is distinct from 1`,
  },
  {
    invariant: 'the whole ledger sums to zero per asset',
    name: 'check.ledger-sum',
    checked: `select count(distinct asset) from ledger_account`,
    violations: `select format('%s: %s', asset, sum(posted)) as what
      from ledger_account group by asset having sum(posted) <> 0`,
  },
  {
    invariant: 'every balance equals the sum of its entries',
    name: 'check.balances',
    checked: `select count(*) from ledger_account`,
    violations: `select format('%s: balance %s, entries %s', coalesce(a.id, e.ledger_account_id), a.posted, e.amount) as what
      from ledger_account a
      full join (select ledger_account_id, sum(amount) as amount from entry group by 1) e on e.ledger_account_id = a.id
      where a.id is null or a.posted <> coalesce(e.amount, 0)`,
  },
  {
    invariant: 'reserved equals the rest of the open reservations',
    name: 'check.reserved',
    checked: `select count(*) from ledger_account`,
    violations: `select format('%s: reserved %s, open %s', coalesce(a.id, open.debit_id), a.reserved, open.rest) as what
      from ledger_account a
      full join (
        select debit_id, sum(rest) as rest from (${rests}) p
        where not exists (select from resolution r where r.pending_id = p.id) group by 1
      ) open on open.debit_id = a.id
      where a.id is null or a.reserved <> coalesce(open.rest, 0)`,
  },
  {
    invariant: 'no customer has less than nothing available',
    name: 'check.available',
    checked: `select count(*) from ledger_account where kind = 'customer'`,
    violations: `select format('%s: %s', id, posted - reserved) as what
      from ledger_account where kind = 'customer' and posted - reserved < 0`,
  },
  {
    invariant: 'no reservation has posted more than it set aside, and only between its own accounts',
    name: 'check.parts',
    checked: `select count(*) from transfer where phase = 'pending'`,
    violations: `select format('%s: %s of %s', id, posted, amount) as what from (${rests}) p where posted > amount
      union all
      select part.id from transfer part
      left join transfer p on p.id = part.pending_id and p.phase = 'pending'
        and (p.debit_id, p.credit_id, p.asset, p.order_id) = (part.debit_id, part.credit_id, part.asset, part.order_id)
      where part.phase = 'part' and p.id is null`,
  },
  {
    // An order's reservation ends with its release, what a sell brought in with its fee.
    invariant: 'each reservation ends once, with its rest given back, when its time has come',
    name: 'check.resolutions',
    checked: `select count(*) from resolution`,
    violations: `select format('%s: ended %s times, gave back %s of %s', p.id, ended.times, ended.voided, p.rest) as what
      from (${rests}) p
      full join (select pending_id, count(*) as times, sum(voided) as voided from resolution group by 1) ended
        on ended.pending_id = p.id
      left join released_order o on o.order_id = p.order_id
      left join transfer charged on charged.id = 'fee:' || p.execution_id
      where p.id is null
        or (case when p.execution_id is null then o.order_id is null else charged.id is null end) <> (ended.times is null)
        or ended.times > 1 or ended.voided <> p.rest`,
  },
  {
    invariant: 'every execution is posted once: shares and cash against each other, and at most one fee',
    name: 'check.executions',
    checked: `select count(*) from trade`,
    violations: `select coalesce(x.execution_id, d.execution_id) as what from (
        select t.execution_id,
          count(*) filter (where t.kind = 'TRADE') as legs,
          count(*) filter (where t.kind = 'TRADE' and t.phase = 'part') as parts,
          count(*) filter (where t.kind = 'TRADE' and t.asset = d.symbol and t.amount = d.quantity
            and case d.side when 'SELL' then t.debit_id else t.credit_id end
              = format('customer:%s:%s', d.account_id, d.symbol)) as shares,
          count(*) filter (where t.kind = 'TRADE' and t.asset = d.currency and t.amount = d.principal
            and case d.side when 'SELL' then t.credit_id else t.debit_id end
              = format('customer:%s:%s', d.account_id, d.currency)) as cash,
          count(*) filter (where t.kind = 'FEE' and t.phase <> 'pending') as fees,
          bool_and(t.order_id = d.order_id) as of_one_order
        from transfer t left join trade d on d.execution_id = t.execution_id
        where t.execution_id is not null group by t.execution_id
      ) x
      full join trade d on d.execution_id = x.execution_id
      where x.execution_id is null or (x.legs, x.parts, x.shares, x.cash) <> (2, 1, 1, 1) or x.fees > 1
        or x.of_one_order is not true`,
  },
  {
    invariant: 'every transfer stands between two known ledger accounts of its asset',
    name: 'check.references',
    checked: `select count(*) from transfer`,
    violations: `select t.id as what from transfer t
      left join ledger_account d on d.id = t.debit_id and d.asset = t.asset
      left join ledger_account c on c.id = t.credit_id and c.asset = t.asset
      where d.id is null or c.id is null
      union all
      select format('entry %s', e.sequence) from entry e
      left join ledger_account a on a.id = e.ledger_account_id and a.account_id is not distinct from e.account_id
      where a.id is null`,
  },
];

const oneSnapshot = sql('check.one-snapshot', 'set transaction isolation level repeatable read read only');

/** One finding for each invariant, in the order of the list above. */
export async function checkLedger(database: Database): Promise<Finding[]> {
  return database.transaction(async (tx) => {
    await tx.query(oneSnapshot);
    const findings: Finding[] = [];
    for (const { invariant, name, checked, violations } of invariants) {
      const statement = sql(
        name,
        `with bad as materialized (${violations})
         select (${checked}) as checked, (select count(*) from bad) as violations,
           array(select what from bad limit ${sampleLimit}) as samples`,
      );
      const [row] = await tx.query<{ checked: bigint; violations: bigint; samples: string[] }>(statement);
      if (row === undefined) throw new Error(`${name} answered nothing`);
      findings.push({
        invariant,
        holds: row.violations === 0n,
        checked: Number(row.checked),
        violations: Number(row.violations),
        samples: row.samples,
      });
    }
    return findings;
  });
}
