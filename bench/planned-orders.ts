// What the customers order: small market orders over every account that can both sell and buy, so that shares and
// cash last for hours. The same for the same seed.
import { demoCustomers } from '@simplebank/contracts';
import { arrivalTimes, type ArrivalPlan } from './arrivals.ts';
import { seededRandom } from '../e2e/seeded-random.ts';

export interface PlannedOrder {
  /** Milliseconds after the start of the run. */
  readonly atMs: number;
  readonly username: string;
  readonly order: {
    readonly accountId: string;
    readonly symbol: string;
    readonly side: 'BUY' | 'SELL';
    readonly quantity: string;
  };
}

/** Few shares: the smallest of the accounts may order for a thousand dollars, and a tick of the market has 160. */
const mostShares = 3;

interface Holding {
  readonly username: string;
  readonly accountId: string;
  readonly symbol: string;
}

/** An account without cash can only sell, and would run dry in the middle of a run. */
const tradingAccounts: readonly (readonly Holding[])[] = demoCustomers.flatMap(({ username, accounts }) =>
  accounts
    .filter(({ status, cash }) => status === 'OPEN' && Number(cash) > 0)
    .map(({ id, shares }) => Object.keys(shares).map((symbol) => ({ username, accountId: id, symbol }))),
);

export const usernames: readonly string[] = [
  ...new Set(tradingAccounts.flatMap((holdings) => holdings.map(({ username }) => username))),
];

/** Each holding is sold and bought back in turn, so that it stays about what it was. */
export function planOrders(plan: ArrivalPlan, seed: number): PlannedOrder[] {
  const random = seededRandom(seed);
  const sold = new Map<Holding, number>();
  return arrivalTimes(plan, random).map((atMs) => {
    const holding = random.pick(random.pick(tradingAccounts));
    const shares = sold.get(holding);
    const quantity = shares ?? random.between(1, mostShares);
    if (shares === undefined) sold.set(holding, quantity);
    else sold.delete(holding);
    const { username, accountId, symbol } = holding;
    const side = shares === undefined ? 'SELL' : 'BUY';
    return { atMs, username, order: { accountId, symbol, side, quantity: String(quantity) } };
  });
}
