// Price-time priority: who trades with whom, how much and at what price. Pure but for `Level.open`, from which it
// takes. A resting order's price is the trade's price; the background of a tick counts as younger than every
// customer's order, because it is replaced with each tick.
import { leaves, type ClientOrder, type Side } from './client-order.ts';
import type { Level } from './price-process.ts';

export interface Fill {
  readonly quantity: bigint;
  readonly price: bigint;
  /** The resting customer's order; undefined when the background was the other side. */
  readonly restingId: string | undefined;
}

/** Sorts resting orders of one side: market orders first, then the best price, then the oldest. */
export function comparePriority(a: ClientOrder, b: ClientOrder): number {
  if (a.limit === b.limit) return a.arrival - b.arrival;
  if (a.limit === undefined) return -1;
  if (b.limit === undefined) return 1;
  return a.limit > b.limit === (a.side === 'buy') ? -1 : 1;
}

const accepts = (side: Side, limit: bigint | undefined, price: bigint): boolean =>
  limit === undefined || (side === 'buy' ? price <= limit : price >= limit);

const isBetterOrEqual = (side: Side, price: bigint, other: bigint): boolean =>
  side === 'buy' ? price <= other : price >= other;

/** What an order that has just come takes from the other side: resting orders in priority, and the background. */
export function matchIncoming(
  incoming: { side: Side; limit: bigint | undefined; quantity: bigint },
  resting: readonly ClientOrder[],
  levels: readonly Level[],
  reference: bigint,
): Fill[] {
  const { side, limit } = incoming;
  const fills: Fill[] = [];
  let open = incoming.quantity;
  let [atOrder, atLevel] = [0, 0];
  while (open > 0n) {
    const order = resting[atOrder];
    const level = levels[atLevel];
    if (level?.open === 0n) {
      atLevel += 1;
      continue;
    }
    const orderPrice = order && (order.limit ?? fairPrice(side, limit, reference));
    if (
      order &&
      orderPrice !== undefined &&
      (!level || order.limit === undefined || isBetterOrEqual(side, orderPrice, level.price))
    ) {
      if (!accepts(side, limit, orderPrice)) break;
      const quantity = min(open, leaves(order));
      fills.push({ quantity, price: orderPrice, restingId: order.orderId });
      open -= quantity;
      atOrder += 1;
    } else if (level && accepts(side, limit, level.price)) {
      const quantity = min(open, level.open);
      level.open -= quantity;
      fills.push({ quantity, price: level.price, restingId: undefined });
      open -= quantity;
    } else {
      break;
    }
  }
  return fills;
}

/** What the background of a new tick takes from one side's resting orders, at the customers' limits. */
export function matchBackground(
  resting: readonly ClientOrder[],
  levels: readonly Level[],
): (Fill & { restingId: string })[] {
  const fills: (Fill & { restingId: string })[] = [];
  let atLevel = 0;
  for (const order of resting) {
    let open = leaves(order);
    while (open > 0n) {
      const level = levels[atLevel];
      if (level === undefined) return fills;
      if (level.open === 0n) {
        atLevel += 1;
        continue;
      }
      // Every later order asks for the same price or a better one, and levels only get worse.
      if (!accepts(order.side, order.limit, level.price)) return fills;
      const quantity = min(open, level.open);
      level.open -= quantity;
      open -= quantity;
      fills.push({ quantity, price: order.limit ?? level.price, restingId: order.orderId });
    }
  }
  return fills;
}

/** Two market orders meet at the market's price, and a limit never trades beyond itself. */
function fairPrice(side: Side, limit: bigint | undefined, reference: bigint): bigint {
  return limit === undefined || accepts(side, limit, reference) ? reference : limit;
}

const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);
