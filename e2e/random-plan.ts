// What a random run orders: the same for the same seed. Most of it is good, some of it is canceled at a random
// moment, some asks for more than the account holds, some is bad in one of the ways that the bank must refuse.
import type { OrderInput } from './orders.ts';
import { seededRandom, type SeededRandom } from './seeded-random.ts';

export interface PlannedOrder {
  readonly username: string;
  /** A limit order's price is added when it is sent, from the market's last price then. */
  readonly order: OrderInput;
  readonly limitBasisPoints?: number;
  /** An order that works in the book until it is filled or canceled. */
  readonly mayRest: boolean;
  readonly cancelAfterMs?: number;
  /** Two requests at once with one clientOrderId. */
  readonly sentTwice: boolean;
  /** The code with which it must be refused. */
  readonly refusedWith?: string;
}

/** Rich enough for any run, two accounts each. */
const traders = [
  { username: 'barbara', accountIds: ['acc-2001', 'acc-2002'] },
  { username: 'edsger', accountIds: ['acc-2003', 'acc-2004'] },
  { username: 'katherine', accountIds: ['acc-2005', 'acc-2006'] },
];
/** Owns a hundred shares of ACME and no cash: its orders contend for them. */
const poor = { username: 'ada', accountId: 'acc-1002', symbol: 'ACME' };

export const symbols = ['ACME', 'GLOBEX', 'INITECH', 'UMBRELLA', 'STARK', 'WAYNE', 'HOOLI', 'CYBERDYNE'];
export const usernames: readonly string[] = [poor.username, ...traders.map(({ username }) => username)];
export const accounts: readonly { username: string; accountId: string }[] = [
  poor,
  ...traders.flatMap(({ username, accountIds }) => accountIds.map((accountId) => ({ username, accountId }))),
];

/** A cancel within this time meets its order in any state from received to filled. */
const latestCancelMs = 250;
/** A good limit order may be this far from the market; beyond 20 % it would be refused. */
const farthestLimitBasisPoints = 150;

export function planOrders(seed: number, count: number): PlannedOrder[] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () => {
    const dice = random.next();
    if (dice < 0.08) return badOrder(random);
    return dice < 0.14 ? contendingOrder(random) : goodOrder(random);
  });
}

function goodOrder(random: SeededRandom): PlannedOrder {
  const { username, accountIds } = random.pick(traders);
  const isLimit = random.chance(0.4);
  const isIoc = random.chance(0.25);
  // A tick has some 160 shares on each side, so the large ones are filled in many parts.
  const shares = random.chance(0.1) ? random.between(100, 400) : random.between(1, 60);
  return {
    username,
    order: {
      accountId: random.pick(accountIds),
      symbol: random.pick(symbols),
      side: random.pick(['BUY', 'SELL']),
      quantity: String(shares),
      type: isLimit ? 'LIMIT' : 'MARKET',
      timeInForce: isIoc ? 'IOC' : 'DAY',
    },
    ...(isLimit && {
      limitBasisPoints: random.between(-farthestLimitBasisPoints, farthestLimitBasisPoints),
    }),
    mayRest: isLimit && !isIoc,
    ...(random.chance(0.2) && { cancelAfterMs: random.between(0, latestCancelMs) }),
    sentTwice: random.chance(0.05),
  };
}

/** More than the account holds once others have taken their part: filled, refused or rejected. */
function contendingOrder(random: SeededRandom): PlannedOrder {
  const { username, accountId, symbol } = poor;
  return {
    username,
    order: {
      accountId,
      symbol,
      side: random.pick(['BUY', 'SELL']),
      quantity: String(random.between(20, 150)),
    },
    mayRest: false,
    sentTwice: random.chance(0.2),
  };
}

const flaws: readonly { flaw: Partial<OrderInput>; limitBasisPoints?: number; refusedWith: string }[] = [
  { flaw: { quantity: '0' }, refusedWith: 'QUANTITY_NOT_POSITIVE' },
  { flaw: { quantity: '-5' }, refusedWith: 'QUANTITY_NOT_POSITIVE' },
  { flaw: { quantity: '1.5' }, refusedWith: 'QUANTITY_TOO_PRECISE' },
  { flaw: { symbol: 'NOSUCH' }, refusedWith: 'UNKNOWN_SYMBOL' },
  { flaw: { symbol: 'STARK', quantity: '5000' }, refusedWith: 'ORDER_LIMIT_EXCEEDED' },
  { flaw: { accountId: 'acc-1003' }, refusedWith: 'FORBIDDEN' },
  { flaw: { type: 'LIMIT' }, refusedWith: 'LIMIT_PRICE_REQUIRED' },
  { flaw: { limitPrice: '100.00' }, refusedWith: 'LIMIT_PRICE_NOT_ALLOWED' },
  { flaw: { type: 'LIMIT', limitPrice: '100.005' }, refusedWith: 'PRICE_OFF_TICK' },
  { flaw: { type: 'LIMIT' }, limitBasisPoints: 5_000, refusedWith: 'PRICE_OUT_OF_BAND' },
];

function badOrder(random: SeededRandom): PlannedOrder {
  const { username, accountIds } = random.pick(traders);
  const { flaw, limitBasisPoints, refusedWith } = random.pick(flaws);
  const order: OrderInput = {
    accountId: random.pick(accountIds),
    symbol: random.pick(symbols),
    side: random.pick(['BUY', 'SELL']),
    quantity: '10',
    ...flaw,
  };
  return {
    username,
    order,
    ...(limitBasisPoints !== undefined && { limitBasisPoints }),
    mayRest: false,
    sentTwice: false,
    refusedWith,
  };
}
