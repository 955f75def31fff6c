// An order as it is kept: the domain's state with what the service knows besides, and how rows become one.
import type { OrderEventType } from './domain/order-events.ts';
import { replay } from './domain/order-history.ts';
import type { Order } from './domain/order-state.ts';
import { readEvent } from './event-codec.ts';
import { readState } from './state-codec.ts';

/** By these the way of an order is found in the logs of all services. */
export interface Origin {
  readonly correlationId: string;
  /** W3C trace context of the request that placed it. */
  readonly traceparent: string;
}

export interface StoredOrder {
  readonly order: Order;
  readonly origin: Origin;
  readonly placedAt: Date;
  readonly completedAt: Date | null;
}

/** An event of the log; its data is in the form of packages/contracts/order-events.ts. */
export interface LoggedEvent {
  readonly orderId: string;
  readonly sequence: number;
  readonly id: string;
  readonly type: OrderEventType;
  readonly occurredAt: Date;
  readonly data: unknown;
}

export interface OrderRow {
  readonly id: string;
  readonly account_id: string;
  readonly sequence: number;
  readonly state: string;
  readonly state_version: number;
  readonly correlation_id: string;
  readonly traceparent: string;
  readonly placed_at: Date;
  readonly completed_at: Date | null;
}

export interface EventRow {
  readonly order_id: string;
  readonly sequence: number;
  readonly id: string;
  readonly type: OrderEventType;
  readonly occurred_at: Date;
  readonly data: unknown;
}

export function storedOrder(row: OrderRow, order: Order = readState(row.state)): StoredOrder {
  const { correlation_id: correlationId, traceparent, placed_at: placedAt, completed_at: completedAt } = row;
  return { order, origin: { correlationId, traceparent }, placedAt, completedAt };
}

export function loggedEvent(row: EventRow): LoggedEvent {
  const { order_id: orderId, sequence, id, type, occurred_at: occurredAt, data } = row;
  return { orderId, sequence, id, type, occurredAt, data };
}

/** The state that the log tells of. */
export function replayed(orderId: string, log: readonly LoggedEvent[]): Order {
  const order = replay(log.map((event) => readEvent(orderId, event)));
  if (order === undefined) throw new Error(`order ${orderId} has no events`);
  return order;
}
