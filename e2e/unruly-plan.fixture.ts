// A plan whose end does not depend on timing, in a market that stands still and is deep: which orders are placed, and
// how each must end. Orders that meet other customers' orders come in rounds, one after the other in their symbol.
import type { OrderInput } from './orders.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

/** For the exchange: prices never move, and no order of a plan takes more than there is at the best price. */
export const stillMarket = {
  EXCHANGE_STILL: '1',
  EXCHANGE_LEVEL_MIN_SHARES: '1000000',
  EXCHANGE_LEVEL_MAX_SHARES: '1000000',
  // A slow machine must not make an order doubtful.
  EXCHANGE_ANSWER_TIMEOUT_MS: '30000',
} as const;

/** The exchange accepts no order in it. */
export const haltedSymbol = 'CYBERDYNE';
/** Only rounds trade in these. */
const roundSymbols = ['WAYNE', 'HOOLI'] as const;
const openSymbols = ['ACME', 'GLOBEX', 'INITECH', 'UMBRELLA', 'STARK'] as const;

export interface PlannedStep {
  readonly clientOrderId: string;
  readonly username: string;
  readonly order: OrderInput;
  /** Of a limit order, from the last price, which is the same at every moment. */
  readonly limitBasisPoints?: number;
  /** It rests in the book, and is canceled there. */
  readonly rests?: true;
  /** Refused at once, or an order with this outcome. */
  readonly ends: 'REFUSED' | 'FILLED' | 'PARTIALLY_FILLED' | 'CANCELED' | 'REJECTED';
}

/** A seller that rests between the market's two sides, and buyers that take from it before they take from the market. */
export interface PlannedRound {
  readonly maker: PlannedStep;
  readonly takers: readonly PlannedStep[];
}

export interface UnrulyPlan {
  /** Each by itself, in any order and at the same time. */
  readonly steps: readonly PlannedStep[];
  /** Each list in its order. */
  readonly rounds: readonly (readonly PlannedRound[])[];
}

const traders = [
  { username: 'barbara', accountIds: ['acc-2001', 'acc-2002'] },
  { username: 'edsger', accountIds: ['acc-2003', 'acc-2004'] },
  { username: 'katherine', accountIds: ['acc-2005', 'acc-2006'] },
];
export const planUsernames = ['ada', ...traders.map(({ username }) => username)];

export function planUnruly(seed: number, counts: { steps: number; rounds: number }): UnrulyPlan {
  const random = seededRandom(seed);
  return {
    steps: Array.from({ length: counts.steps }, (_, index) => step(random, `step-${index}`)),
    rounds: roundSymbols.map((symbol) =>
      Array.from({ length: counts.rounds }, (_, index) => round(random, symbol, `round-${symbol}-${index}`)),
    ),
  };
}

function step(random: SeededRandom, clientOrderId: string): PlannedStep {
  const { username, accountIds } = random.pick(traders);
  const order: OrderInput = {
    accountId: random.pick(accountIds),
    symbol: random.pick(openSymbols),
    side: random.pick(['BUY', 'SELL']),
    quantity: String(random.between(1, 60)),
  };
  const dice = random.next();
  // Towards the other side of the market, or away from it.
  const towards = (order.side === 'BUY' ? 1 : -1) * random.between(50, 300);
  if (dice < 0.5) return { clientOrderId, username, order, ends: 'FILLED' };
  const limit = { ...order, type: 'LIMIT' } as const;
  if (dice < 0.68)
    return { clientOrderId, username, order: limit, limitBasisPoints: towards, ends: 'FILLED' };
  if (dice < 0.8)
    return {
      clientOrderId,
      username,
      order: limit,
      limitBasisPoints: -towards,
      rests: true,
      ends: 'CANCELED',
    };
  if (dice < 0.87) {
    const ioc = { ...limit, timeInForce: 'IOC' } as const;
    return { clientOrderId, username, order: ioc, limitBasisPoints: -towards, ends: 'CANCELED' };
  }
  if (dice < 0.94)
    return { clientOrderId, username, order: { ...order, symbol: haltedSymbol }, ends: 'REJECTED' };
  return refusedStep(random, clientOrderId, { ...order, accountId: 'acc-1002' });
}

/** For what the orders service knows by itself; what others know, it leaves to the saga when they do not answer in time. */
function refusedStep(random: SeededRandom, clientOrderId: string, order: OrderInput): PlannedStep {
  const flaw = random.pick<Partial<OrderInput>>([
    { quantity: '0' },
    { type: 'LIMIT' },
    { limitPrice: '100.00' },
    { accountId: 'acc-1003' },
  ]);
  return { clientOrderId, username: 'ada', order: { ...order, ...flaw }, ends: 'REFUSED' };
}

/** The seller is taken in two parts; the second buyer takes less than what is left, or more and the rest elsewhere. */
function round(random: SeededRandom, symbol: string, name: string): PlannedRound {
  const offered = random.between(40, 60);
  const first = random.between(10, 30);
  const isTakenWhole = random.chance(0.5);
  const second = isTakenWhole ? offered - first + random.between(1, 20) : random.between(1, 9);
  const taker = (quantity: number, part: number): PlannedStep => {
    const { username, accountIds } = random.pick(traders);
    const order = {
      accountId: random.pick(accountIds),
      symbol,
      side: 'BUY',
      quantity: String(quantity),
    } as const;
    return { clientOrderId: `${name}-taker-${part}`, username, order, ends: 'FILLED' };
  };
  const { username, accountIds } = random.pick(traders);
  const maker: PlannedStep = {
    clientOrderId: `${name}-maker`,
    username,
    order: {
      accountId: random.pick(accountIds),
      symbol,
      side: 'SELL',
      quantity: String(offered),
      type: 'LIMIT',
    },
    limitBasisPoints: 0,
    ends: isTakenWhole ? 'FILLED' : 'PARTIALLY_FILLED',
  };
  return { maker, takers: [taker(first, 1), taker(second, 2)] };
}
