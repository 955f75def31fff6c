// What an execution costs by a schedule. Each part is rounded up to the cent, as the regulators' fees are.
import {
  compareMoney,
  minorDigits,
  money,
  multiplyRatio,
  principal,
  priceOf,
  subtractMoney,
  sumMoney,
  type Money,
  type Quantity,
} from '@simplebank/money';

export interface FeeSchedule {
  readonly id: string;
  readonly commissionBasisPoints: number;
  /** Securities Exchange Act, section 31; sells only. */
  readonly secFeePerMillion: Money;
  /** FINRA by-laws, schedule A, section 1: 1e-6 of the currency for each share sold. */
  readonly tafPerShareMicros: number;
  /** The most that one execution pays of it. */
  readonly tafCap: Money;
}

export interface Execution {
  readonly side: 'BUY' | 'SELL';
  readonly quantity: Quantity;
  /** Price times quantity. */
  readonly principal: Money;
}

export interface Fees {
  readonly commission: Money;
  readonly secFee: Money;
  readonly tradingActivityFee: Money;
}

const basisPointsInOne = 10_000n;
const million = 1_000_000n;

/** The fees of one execution, at most `cap` in all: the regulators' parts come first, the commission gives way. */
export function feesOf(schedule: FeeSchedule, execution: Execution, cap: Money): Fees {
  const commission = multiplyRatio(
    execution.principal,
    BigInt(schedule.commissionBasisPoints),
    basisPointsInOne,
    'UP',
  );
  const secFee = execution.side === 'SELL' ? secFeeOf(schedule, execution) : zeroLike(cap);
  const tradingActivityFee =
    execution.side === 'SELL' ? tradingActivityFeeOf(schedule, execution) : zeroLike(cap);
  const secFeeWithin = smaller(secFee, cap);
  const tafWithin = smaller(tradingActivityFee, subtractMoney(cap, secFeeWithin));
  const left = subtractMoney(subtractMoney(cap, secFeeWithin), tafWithin);
  return { commission: smaller(commission, left), secFee: secFeeWithin, tradingActivityFee: tafWithin };
}

export function totalOf(fees: Fees): Money {
  return sumMoney([fees.commission, fees.secFee, fees.tradingActivityFee], fees.commission.currency);
}

/**
 * The most that the fees of a buy can come to, in however many executions it is filled: basis points of its principal
 * rounded up, and so much a lot. It pays the commission alone; each execution rounds up once, with at most one a lot.
 */
export interface CeilingRule {
  readonly basisPoints: number;
  readonly perLot: Money;
}

export function ceilingRuleOf(schedule: FeeSchedule): CeilingRule {
  return { basisPoints: schedule.commissionBasisPoints, perLot: money(1n, schedule.tafCap.currency) };
}

function secFeeOf(schedule: FeeSchedule, execution: Execution): Money {
  const { amount, currency } = schedule.secFeePerMillion;
  const millionMinor = million * 10n ** BigInt(minorDigits(currency));
  return multiplyRatio(execution.principal, amount, millionMinor, 'UP');
}

function tradingActivityFeeOf(schedule: FeeSchedule, execution: Execution): Money {
  // A price has six decimals, just as the rate per share.
  const perShare = priceOf(BigInt(schedule.tafPerShareMicros));
  return smaller(
    principal(perShare, execution.quantity, execution.principal.currency, 'UP'),
    schedule.tafCap,
  );
}

function smaller(left: Money, right: Money): Money {
  return compareMoney(left, right) <= 0 ? left : right;
}

function zeroLike({ currency }: Money): Money {
  return money(0n, currency);
}
