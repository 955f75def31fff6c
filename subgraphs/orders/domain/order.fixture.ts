// The example order of the tests: a sell or buy of 10 ACME, and the events that bring it to each status.
import assert from 'node:assert/strict';
import { price, quantity, usd } from '@simplebank/money';
import type { OrderCommand } from './order-commands.ts';
import type { OrderEvent, OrderEventType } from './order-events.ts';
import { apply, replay } from './order-history.ts';
import type { FeeQuote, Order, Rejection } from './order-state.ts';
import type { OrderTerms } from './order-terms.ts';
import { decide } from './order.ts';
import { isRefusal } from './refusal.ts';

export const terms: OrderTerms = {
  id: 'order-1',
  clientOrderId: 'client-1',
  accountId: 'acc-1',
  customerId: 'cus-1',
  symbol: 'ACME',
  side: 'SELL',
  orderType: 'MARKET',
  timeInForce: 'DAY',
  quantity: quantity('10'),
  limitPrice: null,
};

export const quote: FeeQuote = {
  scheduleId: 'schedule-1',
  estimate: usd('1.00'),
  ceiling: usd('2.00'),
  referencePrice: price('100.00'),
  fallback: false,
};

export const rejection: Rejection = { code: 'REJECTED_BY_MARKET', message: 'No.' };

export function execution(id: string, shares: string, at = '100.00') {
  return {
    executionId: id,
    quantity: quantity(shares),
    price: price(at),
    executedAt: '2026-11-22T14:30:00.000Z',
  };
}

const hold = { kind: 'shares', symbol: 'ACME', quantity: quantity('10') } as const;
const received: readonly OrderCommand[] = [
  { kind: 'place', terms },
  { kind: 'feeQuoted', quote },
];
const reserved: readonly OrderCommand[] = [...received, { kind: 'reserved', hold }];
const routed: readonly OrderCommand[] = [...reserved, { kind: 'routed' }];
const working: readonly OrderCommand[] = [...routed, { kind: 'marketPlaced', exchangeOrderId: 'X1' }];
const partlyFilled: readonly OrderCommand[] = [...working, { kind: 'executed', ...execution('E1', '4') }];

/** How an order gets to each status. */
export const waysTo = {
  RECEIVED: received,
  RESERVED: reserved,
  ROUTED: routed,
  IN_DOUBT: [...routed, { kind: 'marketInDoubt', reason: 'no answer' }],
  WORKING: working,
  PARTIALLY_FILLED: partlyFilled,
  PENDING_CANCEL: [...working, { kind: 'requestCancel' }],
  FILLED: [...partlyFilled, { kind: 'executed', ...execution('E2', '6') }],
  CANCELED: [...working, { kind: 'marketCanceled', cumulative: quantity('0') }],
  EXPIRED: [...working, { kind: 'marketExpired', cumulative: quantity('0') }],
  REJECTED: [...routed, { kind: 'marketRejected', rejection }],
} as const satisfies Record<string, readonly OrderCommand[]>;

/** The events of commands carried out one after the other; a refusal is a mistake of the test. */
export function eventsOf(commands: readonly OrderCommand[]): readonly OrderEvent[] {
  return commands.reduce<readonly OrderEvent[]>((events, command) => {
    const decision = decide(replay(events), command);
    if (isRefusal(decision)) assert.fail(`${command.kind}: ${decision.message}`);
    return [...events, ...decision];
  }, []);
}

export function orderAfter(commands: readonly OrderCommand[]): Order {
  const order = replay(eventsOf(commands));
  assert.ok(order !== undefined);
  return order;
}

/** What a command makes of an order: its events' types, or the code of the refusal. */
export function reaction(order: Order, command: OrderCommand): readonly OrderEventType[] | string {
  const decision = decide(order, command);
  return isRefusal(decision) ? decision.refused : decision.map(({ type }) => type);
}

/** The status that a command leads to, `-` when nothing is to be recorded, or the code of the refusal. */
export function statusAfter(order: Order, command: OrderCommand): string {
  const decision = decide(order, command);
  if (isRefusal(decision)) return decision.refused;
  return decision.length === 0 ? '-' : (apply(order, decision)?.status ?? 'none');
}
