// A customer's order as the exchange knows it, and the events that make it what it is.

export type Side = 'buy' | 'sell';
export type RejectReason = 'UNKNOWN_SYMBOL' | 'HALTED' | 'INCORRECT_QUANTITY' | 'INCORRECT_PRICE';

export interface Execution {
  readonly execId: string;
  readonly quantity: bigint;
  readonly price: bigint;
  /** Milliseconds since the epoch. */
  readonly at: number;
}

export interface OrderTerms {
  readonly clOrdId: string;
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: bigint;
  /** Undefined for a market order. */
  readonly limit: bigint | undefined;
  readonly timeInForce: 'day' | 'ioc';
  readonly account: string | undefined;
}

export interface ClientOrder extends OrderTerms {
  readonly orderId: string;
  /** Counts the orders up; of two at one price the lower one is served first. */
  readonly arrival: number;
  readonly state: 'working' | 'filled' | 'canceled' | 'rejected';
  readonly rejectReason: RejectReason | undefined;
  readonly executions: readonly Execution[];
  readonly cumulative: bigint;
}

export type OrderEvent =
  | {
      readonly type: 'accepted';
      readonly orderId: string;
      readonly arrival: number;
      readonly terms: OrderTerms;
    }
  | {
      readonly type: 'rejected';
      readonly orderId: string;
      readonly arrival: number;
      readonly terms: OrderTerms;
      readonly reason: RejectReason;
    }
  | ({ readonly type: 'traded'; readonly orderId: string } & Execution)
  /** `by` is the cancel request's own ClOrdID, or undefined for what an immediate-or-cancel order leaves. */
  | { readonly type: 'canceled'; readonly orderId: string; readonly by: string | undefined };

export const leaves = (order: ClientOrder): bigint =>
  order.state === 'working' ? order.quantity - order.cumulative : 0n;

/** In millionths, rounded half up; 0 before the first execution. */
export function averagePrice(order: ClientOrder): bigint {
  if (order.cumulative === 0n) return 0n;
  const total = order.executions.reduce((sum, { quantity, price }) => sum + quantity * price, 0n);
  return (total * 2n + order.cumulative) / (order.cumulative * 2n);
}

/** The order after the event; the first event of an order makes it. */
export function evolveOrder(order: ClientOrder | undefined, event: OrderEvent): ClientOrder {
  if (event.type === 'accepted' || event.type === 'rejected') {
    const { orderId, arrival, terms } = event;
    const fresh = { ...terms, orderId, arrival, executions: [], cumulative: 0n };
    return event.type === 'accepted'
      ? { ...fresh, state: 'working', rejectReason: undefined }
      : { ...fresh, state: 'rejected', rejectReason: event.reason };
  }
  if (order?.state !== 'working')
    throw new Error(`${event.type} on order ${event.orderId} that is ${order?.state}`);
  if (event.type === 'canceled') return { ...order, state: 'canceled' };
  const { execId, quantity, price, at } = event;
  const cumulative = order.cumulative + quantity;
  if (cumulative > order.quantity)
    throw new Error(`order ${order.orderId} would be filled beyond its quantity`);
  const executions = [...order.executions, { execId, quantity, price, at }];
  return { ...order, executions, cumulative, state: cumulative === order.quantity ? 'filled' : 'working' };
}
