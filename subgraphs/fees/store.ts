// Fee schedules and charges in Postgres.
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import { isCurrency, money, type Currency } from '@simplebank/money';
import type { Fees, FeeSchedule } from './domain/fee-schedule.ts';

export interface DatedSchedule extends FeeSchedule {
  readonly effectiveFrom: Date;
}

export interface ChargeRecord extends Fees {
  readonly executionId: string;
  readonly orderId: string;
  readonly accountId: string;
  readonly bodyHash: Buffer;
  readonly scheduleId: string;
  readonly chargedAt: Date;
  readonly position: bigint;
}

interface ScheduleRow {
  id: string;
  effective_from: Date;
  currency: string;
  commission_basis_points: number;
  sec_fee_per_million_minor: bigint;
  taf_per_share_micros: number;
  taf_cap_minor: bigint;
}

interface ChargeRow {
  position: bigint;
  execution_id: string;
  order_id: string;
  account_id: string;
  body_hash: Buffer;
  schedule_id: string;
  currency: string;
  commission_minor: bigint;
  sec_fee_minor: bigint;
  trading_activity_fee_minor: bigint;
  charged_at: Date;
}

const scheduleColumns = `id, effective_from, currency, commission_basis_points, sec_fee_per_million_minor,
  taf_per_share_micros, taf_cap_minor`;
const chargeColumns = `position, execution_id, order_id, account_id, body_hash, schedule_id, currency,
  commission_minor, sec_fee_minor, trading_activity_fee_minor, charged_at`;

const scheduleAt = sql(
  'schedule.at',
  `select ${scheduleColumns} from fee_schedule where effective_from <= $1 order by effective_from desc limit 1`,
);
const insertCharge = sql(
  'charge.insert',
  `insert into fee_charge (execution_id, order_id, account_id, body_hash, schedule_id, currency,
                           commission_minor, sec_fee_minor, trading_activity_fee_minor)
   values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (execution_id) do nothing returning ${chargeColumns}`,
);
const chargesById = sql(
  'charge.by-id',
  `select ${chargeColumns} from fee_charge where execution_id = any($1)`,
);
const chargesByOrder = sql(
  'charge.by-order',
  `select ${chargeColumns} from fee_charge where order_id = any($1) order by position`,
);
const chargesAfter = sql(
  'charge.after',
  `select ${chargeColumns} from fee_charge where position > $1 order by position limit $2`,
);

export interface FeesStore {
  /** The schedule in force at a moment; undefined before the first one. */
  scheduleAt(at: Date): Promise<DatedSchedule | undefined>;
  /** Records a charge unless its execution has one; answers the one that stands. */
  record(charge: Omit<ChargeRecord, 'chargedAt' | 'position'>): Promise<ChargeRecord>;
  charges(executionIds: readonly string[]): Promise<ChargeRecord[]>;
  chargesOfOrders(orderIds: readonly string[]): Promise<ChargeRecord[]>;
  chargesAfter(position: number, first: number): Promise<ChargeRecord[]>;
}

export function createStore(database: Database): FeesStore {
  const read = async (statement: typeof chargesById, values: readonly unknown[]) =>
    (await database.query<ChargeRow>(statement, values)).map(chargeOf);
  return {
    async scheduleAt(at) {
      const [row] = await database.query<ScheduleRow>(scheduleAt, [at]);
      return row === undefined ? undefined : scheduleOf(row);
    },
    record: (charge) => database.transaction((tx) => insertOrRead(tx, charge)),
    charges: (executionIds) => read(chargesById, [executionIds]),
    chargesOfOrders: (orderIds) => read(chargesByOrder, [orderIds]),
    chargesAfter: (position, first) => read(chargesAfter, [position, first]),
  };
}

async function insertOrRead(
  tx: Transaction,
  charge: Omit<ChargeRecord, 'chargedAt' | 'position'>,
): Promise<ChargeRecord> {
  const inserted = await tx.query<ChargeRow>(insertCharge, [
    charge.executionId,
    charge.orderId,
    charge.accountId,
    charge.bodyHash,
    charge.scheduleId,
    charge.commission.currency,
    charge.commission.amount,
    charge.secFee.amount,
    charge.tradingActivityFee.amount,
  ]);
  const [row] =
    inserted.length > 0 ? inserted : await tx.query<ChargeRow>(chargesById, [[charge.executionId]]);
  if (row === undefined)
    throw new Error(`the charge of ${charge.executionId} can be neither inserted nor read`);
  return chargeOf(row);
}

function scheduleOf(row: ScheduleRow): DatedSchedule {
  const currency = currencyOf(row.currency);
  return {
    id: row.id,
    effectiveFrom: row.effective_from,
    commissionBasisPoints: row.commission_basis_points,
    secFeePerMillion: money(row.sec_fee_per_million_minor, currency),
    tafPerShareMicros: row.taf_per_share_micros,
    tafCap: money(row.taf_cap_minor, currency),
  };
}

function chargeOf(row: ChargeRow): ChargeRecord {
  const currency = currencyOf(row.currency);
  return {
    position: row.position,
    executionId: row.execution_id,
    orderId: row.order_id,
    accountId: row.account_id,
    bodyHash: row.body_hash,
    scheduleId: row.schedule_id,
    chargedAt: row.charged_at,
    commission: money(row.commission_minor, currency),
    secFee: money(row.sec_fee_minor, currency),
    tradingActivityFee: money(row.trading_activity_fee_minor, currency),
  };
}

function currencyOf(text: string): Currency {
  if (!isCurrency(text)) throw new Error(`unknown currency ${text} in the fees database`);
  return text;
}
