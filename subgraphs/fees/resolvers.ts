// The fees subgraph. A charge is shown only to a caller who may act on its account; schedules are public.
import {
  forbidden,
  PublicError,
  type SubgraphContext,
  type SubgraphResolvers,
  requireCaller,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import { totalOf } from './domain/fee-schedule.ts';
import type { Loaders } from './loaders.ts';
import { moneyToWire } from '@simplebank/money';
import type { ChargeRecord, DatedSchedule, FeesStore } from './store.ts';

type Context = SubgraphContext<Loaders>;

/** Orders and executions have such ids; others are not asked for, since Postgres takes no text with a zero byte. */
const idPattern = /^[\x21-\x7e]{1,64}$/;
/** A schedule is for a day of these years, and of some other years Postgres knows no day. */
const firstYear = 1;
const lastYear = 9_999;

export function createResolvers(store: FeesStore, now: () => Date): SubgraphResolvers<Loaders> {
  return {
    Query: {
      async feeSchedule(_root: unknown, { at }: { at?: string | null }, context: Context) {
        requireCaller(context);
        const moment = at == null ? now() : new Date(at);
        const year = moment.getUTCFullYear();
        if (Number.isNaN(year) || year < firstYear || year > lastYear) throw badMoment();
        const schedule = await store.scheduleAt(moment);
        if (schedule === undefined) throw badMoment();
        return schedule;
      },
    },
    FeeSchedule: {
      effectiveFrom: ({ effectiveFrom }: DatedSchedule) => effectiveFrom.toISOString(),
      secFeePerMillion: ({ secFeePerMillion }: DatedSchedule) => moneyToWire(secFeePerMillion),
      tafCap: ({ tafCap }: DatedSchedule) => moneyToWire(tafCap),
    },
    FeeCharge: {
      async __resolveReference({ id }: { id: string }, { caller, loaders }: Context) {
        const { accountIds } = caller;
        const charge = isId(id) ? await loaders.charges.load(id) : undefined;
        if (charge === undefined || !accountIds.has(charge.accountId)) throw forbidden();
        return charge;
      },
      id: ({ executionId }: ChargeRecord) => executionId,
      order: ({ orderId }: ChargeRecord) => ({ __typename: 'Order', id: orderId }),
      commission: ({ commission }: ChargeRecord) => moneyToWire(commission),
      secFee: ({ secFee }: ChargeRecord) => moneyToWire(secFee),
      tradingActivityFee: ({ tradingActivityFee }: ChargeRecord) => moneyToWire(tradingActivityFee),
      total: (charge: ChargeRecord) => moneyToWire(totalOf(charge)),
      chargedAt: ({ chargedAt }: ChargeRecord) => chargedAt.toISOString(),
    },
    Order: {
      async fees({ id }: { id: string }, _args: unknown, { caller, loaders }: Context) {
        const { accountIds } = caller;
        if (!isId(id)) throw forbidden();
        const charges = await loaders.chargesOfOrder.load(id);
        // An order has one account, so one foreign charge means a foreign order.
        if (charges.some(({ accountId }) => !accountIds.has(accountId))) throw forbidden();
        return charges;
      },
    },
  };
}

/** References come as any JSON. */
function isId(id: unknown): boolean {
  return typeof id === 'string' && idPattern.test(id);
}

function badMoment(): PublicError {
  return new PublicError(rejectionOf('BAD_USER_INPUT'));
}
