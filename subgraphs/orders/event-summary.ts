// One line for people about each event of an order.
import type { OrderEventData, WireMoney } from '@simplebank/contracts';
import type { OrderEventType } from './domain/order-events.ts';
import type { LoggedEvent } from './order-row.ts';

type Summaries = { readonly [T in OrderEventType]: (data: OrderEventData<T>) => string };

const summaries: Summaries = {
  OrderCreated: ({ side, quantity, symbol, orderType, limitPrice }) =>
    `${side === 'BUY' ? 'Buy' : 'Sell'} ${quantity} ${symbol} ${
      orderType === 'LIMIT' ? `at ${limitPrice} or better` : 'at the market price'
    }`,
  FeeQuoted: ({ estimate, fallback }) =>
    `Fee estimated at ${inWords(estimate)}${fallback ? ', by the last known schedule' : ''}`,
  StockReserved: ({ quantity, symbol }) => `${quantity} ${symbol} reserved`,
  CashReserved: ({ principal, fee }) =>
    `${inWords(principal)} reserved for the shares and ${inWords(fee)} for the fees`,
  ReservationRejected: ({ rejection }) => `Nothing reserved: ${rejection.message}`,
  OrderRouted: () => 'Handed to the market service',
  OrderPlaced: ({ exchangeOrderId }) => `At the exchange as ${exchangeOrderId}`,
  OrderInDoubt: () => 'The exchange has not answered yet; it is being asked',
  OrderRejected: ({ rejection }) => `Refused: ${rejection.message}`,
  OrderRejectedByMarket: ({ rejection }) => `Refused by the exchange: ${rejection.message}`,
  OrderExecuted: ({ side, quantity, symbol, price }) =>
    `${side === 'BUY' ? 'Bought' : 'Sold'} ${quantity} ${symbol} at ${price}`,
  OrderFilled: () => 'Filled',
  CancelRequested: () => 'Cancel asked for',
  CancelSent: () => 'Cancel sent to the exchange',
  CancelRejected: ({ rejection }) => `Not canceled: ${rejection.message}`,
  OrderCanceled: ({ canceled }) => `Canceled with ${canceled} still open`,
  OrderExpired: ({ canceled }) => `Expired with ${canceled} still open`,
  TradePosted: ({ principal }) => `Trade of ${inWords(principal)} posted to the ledger`,
  FeeCharged: ({ total }) => `Fee of ${inWords(total)} charged`,
  ReservationReleased: () => 'What was left of the reservation is released',
  OrderCompleted: ({ outcome }) => `Completed: ${outcome.toLowerCase().replace('_', ' ')}`,
};

export function summaryOf({ type, data }: LoggedEvent): string {
  // The log holds what the codec of the same type wrote.
  const summary = summaries[type] as (data: unknown) => string;
  return summary(data);
}

function inWords({ amount, currency }: WireMoney): string {
  return `${amount} ${currency}`;
}
