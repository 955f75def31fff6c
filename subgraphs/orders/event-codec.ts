// An order's events as the log and the stream hold them (packages/contracts/order-events.ts), and back. Exact
// numbers are decimal strings there, and each event says whose it is, so that a follower needs nothing else.
import type { Currency, Price } from '@simplebank/money';
import {
  formatPrice,
  formatQuantity,
  isCurrency,
  moneyFromWire,
  moneyToWire,
  price,
  quantity,
} from '@simplebank/money';
import { orderEventSchemas, type OrderEventData as WireData } from '@simplebank/contracts';
import type { OrderEvent, OrderEventType } from './domain/order-events.ts';
import type { OrderTerms } from './domain/order-terms.ts';

type Wire = { [T in OrderEventType]: { readonly type: T; readonly data: WireData<T> } }[OrderEventType];

/** The event's data for log and stream; `terms` are those of its order. */
export function wireData(event: OrderEvent, terms: OrderTerms): object {
  return { accountId: terms.accountId, customerId: terms.customerId, ...ownData(event, terms) };
}

function ownData(event: OrderEvent, { symbol, side, quantity: ordered }: OrderTerms): object {
  switch (event.type) {
    case 'OrderCreated': {
      const { id: _aggregate, ...terms } = event.data;
      return { ...terms, quantity: formatQuantity(terms.quantity), limitPrice: priceText(terms.limitPrice) };
    }
    case 'FeeQuoted': {
      const { estimate, ceiling, referencePrice } = event.data;
      return {
        ...event.data,
        estimate: moneyToWire(estimate),
        ceiling: moneyToWire(ceiling),
        referencePrice: formatPrice(referencePrice),
      };
    }
    case 'StockReserved':
      return { ...event.data, quantity: formatQuantity(event.data.quantity) };
    case 'CashReserved':
      return {
        principal: moneyToWire(event.data.principal),
        fee: moneyToWire(event.data.fee),
        protectingLimit: priceText(event.data.protectingLimit),
      };
    case 'OrderExecuted':
      return {
        ...event.data,
        symbol,
        side,
        quantity: formatQuantity(event.data.quantity),
        price: formatPrice(event.data.price),
      };
    case 'OrderCanceled':
    case 'OrderExpired':
      return { canceled: formatQuantity(event.data.canceled) };
    case 'TradePosted':
      return {
        executionId: event.data.executionId,
        symbol,
        side,
        principal: moneyToWire(event.data.principal),
      };
    case 'FeeCharged':
      return { executionId: event.data.executionId, total: moneyToWire(event.data.total) };
    case 'OrderCompleted':
      return {
        ...event.data,
        symbol,
        side,
        quantity: formatQuantity(ordered),
        cumulative: formatQuantity(event.data.cumulative),
        averagePrice: priceText(event.data.averagePrice),
        fees: moneyToWire(event.data.fees),
      };
    case 'ReservationRejected':
    case 'OrderRouted':
    case 'OrderPlaced':
    case 'OrderInDoubt':
    case 'OrderRejected':
    case 'OrderRejectedByMarket':
    case 'OrderFilled':
    case 'CancelRequested':
    case 'CancelSent':
    case 'CancelRejected':
    case 'ReservationReleased':
      return event.data;
    default:
      return event satisfies never;
  }
}

/** An event of the log as the domain knows it. Throws a ZodError when it is not of its schema. */
export function readEvent(orderId: string, stored: { type: string; data: unknown }): OrderEvent {
  const wire = wireEvent(stored);
  switch (wire.type) {
    case 'OrderCreated': {
      const { data } = wire;
      const terms = { ...data, quantity: quantity(data.quantity), limitPrice: priceOf(data.limitPrice) };
      return { type: wire.type, data: { id: orderId, ...terms } };
    }
    case 'FeeQuoted': {
      const { scheduleId, estimate, ceiling, referencePrice, fallback } = wire.data;
      const amounts = { estimate: moneyFromWire(estimate), ceiling: moneyFromWire(ceiling) };
      return {
        type: wire.type,
        data: { scheduleId, ...amounts, referencePrice: price(referencePrice), fallback },
      };
    }
    case 'StockReserved':
      return {
        type: wire.type,
        data: { symbol: wire.data.symbol, quantity: quantity(wire.data.quantity) },
      };
    case 'CashReserved': {
      const { principal, fee, protectingLimit } = wire.data;
      const amounts = { principal: moneyFromWire(principal), fee: moneyFromWire(fee) };
      return { type: wire.type, data: { ...amounts, protectingLimit: priceOf(protectingLimit) } };
    }
    case 'ReservationRejected':
    case 'OrderRejected':
    case 'OrderRejectedByMarket':
    case 'CancelRejected':
      return { type: wire.type, data: { rejection: wire.data.rejection } };
    case 'OrderPlaced':
      return { type: wire.type, data: { exchangeOrderId: wire.data.exchangeOrderId } };
    case 'OrderInDoubt':
      return { type: wire.type, data: { reason: wire.data.reason } };
    case 'OrderExecuted': {
      const { executionId, executedAt, ...fill } = wire.data;
      const exact = { quantity: quantity(fill.quantity), price: price(fill.price) };
      return { type: wire.type, data: { executionId, ...exact, executedAt } };
    }
    case 'OrderCanceled':
    case 'OrderExpired':
      return { type: wire.type, data: { canceled: quantity(wire.data.canceled) } };
    case 'TradePosted': {
      const { executionId, principal } = wire.data;
      return { type: wire.type, data: { executionId, principal: moneyFromWire(principal) } };
    }
    case 'FeeCharged':
      return {
        type: wire.type,
        data: { executionId: wire.data.executionId, total: moneyFromWire(wire.data.total) },
      };
    case 'OrderCompleted': {
      const { outcome, cumulative, averagePrice, fees, rejection } = wire.data;
      const exact = { cumulative: quantity(cumulative), averagePrice: priceOf(averagePrice) };
      return { type: wire.type, data: { outcome, ...exact, fees: moneyFromWire(fees), rejection } };
    }
    case 'OrderRouted':
    case 'OrderFilled':
    case 'CancelRequested':
    case 'CancelSent':
    case 'ReservationReleased':
      return { type: wire.type, data: {} };
    default:
      return wire satisfies never;
  }
}

function wireEvent({ type, data }: { type: string; data: unknown }): Wire {
  if (!isEventType(type)) throw new Error(`the log holds an event of unknown type ${type}`);
  // The schema of a type makes the data of that type; TypeScript does not follow the type through the index.
  return { type, data: orderEventSchemas[type].parse(data) } as Wire;
}

function isEventType(type: string): type is OrderEventType {
  return Object.hasOwn(orderEventSchemas, type);
}

export function currencyOf(text: string): Currency {
  if (!isCurrency(text)) throw new Error(`unknown currency ${text}`);
  return text;
}

export function priceText(value: Price | null): string | null {
  return value === null ? null : formatPrice(value);
}

function priceOf(text: string | null): Price | null {
  return text === null ? null : price(text);
}
