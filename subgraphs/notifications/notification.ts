// What the inbox says of an order that came to its end.
import type { OrderEventData } from '@simplebank/contracts';

export interface Message {
  readonly title: string;
  readonly body: string;
}

type Completed = OrderEventData<'OrderCompleted'>;

export function messageFor(order: Completed): Message {
  const verb = order.side === 'SELL' ? 'Sell' : 'Buy';
  const what = `${verb} ${order.quantity} ${order.symbol}`;
  return { title: `${what}: ${titleOf(order.outcome)}`, body: bodyOf(order) };
}

function titleOf(outcome: Completed['outcome']): string {
  switch (outcome) {
    case 'FILLED':
      return 'filled';
    case 'PARTIALLY_FILLED':
      return 'filled in part';
    case 'CANCELED':
      return 'canceled';
    case 'EXPIRED':
      return 'expired';
    case 'REJECTED':
      return 'rejected';
  }
}

function bodyOf({ outcome, side, cumulative, quantity, averagePrice, fees, rejection }: Completed): string {
  if (outcome === 'REJECTED') return rejection?.message ?? 'The order was rejected.';
  if (averagePrice === null) return 'Nothing was traded, and nothing is set aside for it any more.';
  const traded = `${cumulative} of ${quantity} ${side === 'SELL' ? 'sold' : 'bought'} at ${averagePrice} on average`;
  return `${traded}; fees ${fees.amount} ${fees.currency}.`;
}
