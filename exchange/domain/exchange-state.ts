// All customers' orders and the books in which the working ones rest: decide gives events for a command or a tick,
// evolve takes them in. Time, the background and the ids' prefix come from outside, so that the same commands at the
// same times give the same events, and a journal of events gives the same state.
import {
  evolveOrder,
  leaves,
  type ClientOrder,
  type OrderEvent,
  type OrderTerms,
  type RejectReason,
  type Side,
} from './client-order.ts';
import { comparePriority, matchBackground, matchIncoming, type Fill } from './match.ts';
import type { Background } from './price-process.ts';

export interface ExchangeState {
  /** Stands in every id, so that ids stay unique when the data folder is begun anew. */
  readonly idPrefix: string;
  readonly orders: Map<string, ClientOrder>;
  readonly orderIdByClOrdId: Map<string, string>;
  /** By symbol, in priority order. */
  readonly resting: Map<string, Record<Side, ClientOrder[]>>;
  nextArrival: number;
  nextExecution: number;
}

export interface Market {
  readonly background: Background;
  readonly tick: bigint;
  readonly halted: boolean;
}

/** Terms as they came over the wire: a quantity or limit that is no valid number is undefined. */
export interface PlaceOrder extends Omit<OrderTerms, 'quantity'> {
  readonly quantity: bigint | undefined;
  readonly ordType: 'market' | 'limit';
}

export const emptyState = (idPrefix: string): ExchangeState => ({
  idPrefix,
  orders: new Map(),
  orderIdByClOrdId: new Map(),
  resting: new Map(),
  nextArrival: 1,
  nextExecution: 1,
});

export function findByClOrdId(state: ExchangeState, clOrdId: string): ClientOrder | undefined {
  const orderId = state.orderIdByClOrdId.get(clOrdId);
  return orderId === undefined ? undefined : state.orders.get(orderId);
}

/** No events when the ClOrdID is known: an order is never accepted twice. `market` is undefined for an unknown symbol. */
export function decidePlace(
  state: ExchangeState,
  order: PlaceOrder,
  market: Market | undefined,
  at: number,
): OrderEvent[] {
  if (state.orderIdByClOrdId.has(order.clOrdId)) return [];
  const { clOrdId, symbol, side, limit, timeInForce, account } = order;
  const terms: OrderTerms = {
    clOrdId,
    symbol,
    side,
    quantity: order.quantity ?? 0n,
    limit,
    timeInForce,
    account,
  };
  const arrival = state.nextArrival;
  const orderId = `${state.idPrefix}-O${arrival}`;
  const reason = refuse(order, market);
  if (reason !== undefined) return [{ type: 'rejected', orderId, arrival, terms, reason }];
  if (market === undefined) throw new Error('an order without a market was not refused');

  // From here on it is accepted.
  const against: Side = side === 'buy' ? 'sell' : 'buy';
  const { bids, asks, reference } = market.background;
  const resting = state.resting.get(symbol)?.[against] ?? [];
  const fills = matchIncoming(terms, resting, side === 'buy' ? asks : bids, reference);
  const events: OrderEvent[] = [{ type: 'accepted', orderId, arrival, terms }];
  events.push(...trades(state, fills, orderId, at));
  const filled = fills.reduce((sum, fill) => sum + fill.quantity, 0n);
  if (timeInForce === 'ioc' && filled < terms.quantity)
    events.push({ type: 'canceled', orderId, by: undefined });
  return events;
}

/** The first check that fails names the reason. */
function refuse(
  { ordType, quantity, limit }: PlaceOrder,
  market: Market | undefined,
): RejectReason | undefined {
  if (market === undefined) return 'UNKNOWN_SYMBOL';
  if (market.halted) return 'HALTED';
  if (quantity === undefined || quantity <= 0n) return 'INCORRECT_QUANTITY';
  if (ordType === 'market') return limit === undefined ? undefined : 'INCORRECT_PRICE';
  return limit !== undefined && limit > 0n && limit % market.tick === 0n ? undefined : 'INCORRECT_PRICE';
}

export type CancelRefusal = 'UNKNOWN_ORDER' | 'TOO_LATE';

export function decideCancel(state: ExchangeState, clOrdId: string, by: string): OrderEvent | CancelRefusal {
  const order = findByClOrdId(state, clOrdId);
  if (order === undefined) return 'UNKNOWN_ORDER';
  return order.state === 'working' ? { type: 'canceled', orderId: order.orderId, by } : 'TOO_LATE';
}

/** What the new background of a tick trades with the orders that rest in one instrument. */
export function decideTick(state: ExchangeState, symbol: string, market: Market, at: number): OrderEvent[] {
  const book = state.resting.get(symbol);
  if (book === undefined || market.halted) return [];
  const { bids, asks } = market.background;
  const fills = [...matchBackground(book.buy, asks), ...matchBackground(book.sell, bids)];
  return trades(state, fills, undefined, at);
}

/** One event per customer's order that takes part; between two customers both get an execution of their own. */
function trades(
  state: ExchangeState,
  fills: readonly Fill[],
  takerId: string | undefined,
  at: number,
): OrderEvent[] {
  let next = state.nextExecution;
  const events: OrderEvent[] = [];
  for (const { quantity, price, restingId } of fills) {
    for (const orderId of [restingId, takerId]) {
      if (orderId === undefined) continue;
      events.push({ type: 'traded', orderId, execId: `${state.idPrefix}-E${next}`, quantity, price, at });
      next += 1;
    }
  }
  return events;
}

/** Changes the state in place, since it holds every order there ever was. Returns the order after the event. */
export function evolve(state: ExchangeState, event: OrderEvent): ClientOrder {
  const order = evolveOrder(state.orders.get(event.orderId), event);
  if (event.type === 'traded') state.nextExecution += 1;
  return putOrder(state, order);
}

/** Puts an order into its place, as an event does and as a snapshot does. */
export function putOrder(state: ExchangeState, order: ClientOrder): ClientOrder {
  state.orders.set(order.orderId, order);
  state.orderIdByClOrdId.set(order.clOrdId, order.orderId);
  state.nextArrival = Math.max(state.nextArrival, order.arrival + 1);
  // A rejected order may name any symbol; it must not leave a book behind.
  if (order.state === 'rejected') return order;
  const side = bookOf(state, order.symbol)[order.side];
  const at = side.findIndex(({ orderId }) => orderId === order.orderId);
  if (leaves(order) === 0n) {
    if (at !== -1) side.splice(at, 1);
  } else if (at !== -1) {
    side[at] = order;
  } else {
    const before = side.findIndex((other) => comparePriority(order, other) < 0);
    side.splice(before === -1 ? side.length : before, 0, order);
  }
  return order;
}

function bookOf(state: ExchangeState, symbol: string): Record<Side, ClientOrder[]> {
  const book = state.resting.get(symbol) ?? { buy: [], sell: [] };
  state.resting.set(symbol, book);
  return book;
}
