// The fee rule that was seen last, in memory and in one row that all replicas write: what an order is checked with
// before fees are asked, and what the saga falls back to when they do not answer.
import { sql, type Database } from '@simplebank/chassis';
import { isCurrency, money } from '@simplebank/money';
import type { FeeCeilingRule } from './domain/instrument.ts';

export interface KnownFeeRule {
  readonly scheduleId: string;
  readonly ceilingRule: FeeCeilingRule;
}

export interface FeeRuleStore {
  /** Undefined until fees have answered once. */
  last(): KnownFeeRule | undefined;
  /** Writes only what is new. */
  learn(rule: KnownFeeRule): Promise<void>;
  /** Reads what another replica may have learned since. */
  refresh(): Promise<void>;
}

interface Row {
  schedule_id: string;
  basis_points: bigint;
  per_lot_minor: bigint;
  currency: string;
}

const select = sql(
  'fee-rule.select',
  'select schedule_id, basis_points, per_lot_minor, currency from fee_rule',
);
const upsert = sql(
  'fee-rule.upsert',
  `insert into fee_rule (schedule_id, basis_points, per_lot_minor, currency) values ($1, $2, $3, $4)
   on conflict (the_only) do update set schedule_id = excluded.schedule_id,
     basis_points = excluded.basis_points, per_lot_minor = excluded.per_lot_minor, currency = excluded.currency`,
);

export async function openFeeRuleStore(database: Database): Promise<FeeRuleStore> {
  let known: KnownFeeRule | undefined;

  async function refresh(): Promise<void> {
    const [row] = await database.query<Row>(select);
    known = row && ruleOf(row);
  }

  await refresh();
  return {
    refresh,
    last: () => known,
    async learn(rule) {
      if (known !== undefined && isSame(known, rule)) return;
      const { basisPoints, perLot } = rule.ceilingRule;
      await database.query(upsert, [rule.scheduleId, basisPoints, perLot.amount, perLot.currency]);
      known = rule;
    },
  };
}

function ruleOf({
  schedule_id: scheduleId,
  basis_points: basisPoints,
  per_lot_minor,
  currency,
}: Row): KnownFeeRule {
  if (!isCurrency(currency)) throw new Error(`the fee rule has unknown currency ${currency}`);
  return { scheduleId, ceilingRule: { basisPoints, perLot: money(per_lot_minor, currency) } };
}

function isSame(one: KnownFeeRule, other: KnownFeeRule): boolean {
  const [a, b] = [one.ceilingRule, other.ceilingRule];
  return (
    one.scheduleId === other.scheduleId &&
    a.basisPoints === b.basisPoints &&
    a.perLot.amount === b.perLot.amount &&
    a.perLot.currency === b.perLot.currency
  );
}
