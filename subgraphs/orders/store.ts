// Orders in Postgres: the event log is the truth, the row beside it the state that the log adds up to, written
// in the same statement. Reads take lists of keys, so that a request needs one statement a type.
import {
  traceparentWithin,
  type Database,
  type PagePlace,
  type Queryable,
  type Transaction,
} from '@simplebank/chassis';
import { appendToOutbox, uuidv7, type EventEnvelope } from '@simplebank/events';
import type { OrderEvent } from './domain/order-events.ts';
import type { Order } from './domain/order-state.ts';
import { wireData } from './event-codec.ts';
import { loggedEvent, replayed, storedOrder } from './order-row.ts';
import type { EventRow, LoggedEvent, OrderRow, StoredOrder } from './order-row.ts';
import * as statements from './order-statements.ts';
import { stateText, stateVersion } from './state-codec.ts';

/** Events of one answer of Postgres: nearly every order has fewer, and a longer log is read in parts. */
export const logPartEvents = 10_000;

export interface Happened {
  readonly events: readonly OrderEvent[];
  readonly at: Date;
  /** The event or request that caused them. */
  readonly causationId: string | null;
}

export interface PageWanted {
  readonly accountId: string;
  /** The page begins behind this order; null for the newest. */
  readonly before: PagePlace | null;
  readonly length: number;
}

export interface EventsWanted {
  readonly orderId: string;
  readonly after: number;
  readonly length: number;
}

export interface OrdersStore {
  /** Answers false, and writes nothing, when the account has used the client's order id before. */
  insert(tx: Transaction, stored: StoredOrder, happened: Happened): Promise<boolean>;
  /** Must be the transaction's first call. Holds the order until the transaction ends. */
  lock(tx: Transaction, orderId: string): Promise<StoredOrder | undefined>;
  /** Records what has happened to a locked order, and `next`, the state that it leads to. */
  append(tx: Transaction, before: StoredOrder, next: Order, happened: Happened): Promise<StoredOrder>;
  orders(ids: readonly string[]): Promise<StoredOrder[]>;
  orderByClientId(accountId: string, clientOrderId: string): Promise<StoredOrder | undefined>;
  /** Newest first; the pages in the order in which they are asked for. */
  pages(wanted: readonly PageWanted[]): Promise<StoredOrder[][]>;
  ordersAfter(id: string, first: number): Promise<StoredOrder[]>;
  /** Oldest first; the parts in the order in which they are asked for. */
  events(wanted: readonly EventsWanted[]): Promise<LoggedEvent[][]>;
}

export function createStore(database: Database): OrdersStore {
  async function eventsOf(db: Queryable, wanted: readonly EventsWanted[]): Promise<LoggedEvent[][]> {
    const rows = await db.query<EventRow & { part: bigint }>(statements.eventsAfter, [
      wanted.map(({ orderId }) => orderId),
      wanted.map(({ after }) => after),
      wanted.map(({ length }) => length),
    ]);
    const parts = Map.groupBy(rows, ({ part }) => part);
    return wanted.map((_part, index) => (parts.get(BigInt(index + 1)) ?? []).map(loggedEvent));
  }

  /** A row that an older program wrote tells its state in a form of its own: its log is read instead. */
  async function read<Row extends OrderRow>(db: Queryable, rows: readonly Row[]): Promise<StoredOrder[]> {
    const old = rows.filter((row) => row.state_version !== stateVersion);
    if (old.length === 0) return rows.map((row) => storedOrder(row));
    const logs = await wholeLogs(
      db,
      old.map(({ id }) => id),
    );
    return rows.map((row) => {
      const log = logs.get(row.id);
      return log === undefined ? storedOrder(row) : storedOrder(row, replayed(row.id, log));
    });
  }

  /** Part by part, until the last part of each is a short one. */
  async function wholeLogs(db: Queryable, orderIds: readonly string[]) {
    const logs = new Map(orderIds.map((id): [string, LoggedEvent[]] => [id, []]));
    let open = [...logs];
    while (open.length > 0) {
      const wanted = open.map(([orderId, log]) => {
        return { orderId, after: log.at(-1)?.sequence ?? 0, length: logPartEvents };
      });
      const parts = await eventsOf(db, wanted);
      open = open.filter(([, log], index) => {
        const part = parts[index] ?? [];
        for (const event of part) log.push(event);
        return part.length === logPartEvents;
      });
    }
    return logs;
  }

  return {
    async insert(tx, stored, happened) {
      const { order, origin, placedAt } = stored;
      const { id, accountId, customerId, clientOrderId } = order.terms;
      const envelopes = envelopesOf(stored, order, happened);
      const inserted = await tx.query(statements.insertOrder, [
        eventRows(envelopes),
        id,
        accountId,
        customerId,
        clientOrderId,
        order.status,
        order.sequence,
        stateText(order),
        stateVersion,
        origin.correlationId,
        origin.traceparent,
        placedAt,
      ]);
      if (inserted.length === 0) return false;
      await appendToOutbox(tx, envelopes);
      return true;
    },

    async lock(tx, orderId) {
      const [stored] = await read(tx, await tx.query<OrderRow>(statements.lockOrder, [orderId]));
      return stored;
    },

    async append(tx, before, next, happened) {
      const outcome = 'outcome' in next ? (next.outcome ?? null) : null;
      const completedAt = outcome === null ? null : (before.completedAt ?? happened.at);
      const envelopes = envelopesOf(before, next, happened);
      const updated = await tx.query(statements.appendEvents, [
        eventRows(envelopes),
        next.terms.id,
        next.sequence,
        next.status,
        outcome,
        stateText(next),
        stateVersion,
        completedAt,
        before.order.sequence,
      ]);
      if (updated.length !== 1) throw new Error(`Bug: order ${next.terms.id} changed although it was locked`);
      await appendToOutbox(tx, envelopes);
      return { ...before, order: next, completedAt };
    },

    orders: async (ids) => read(database, await database.query<OrderRow>(statements.ordersById, [ids])),

    async orderByClientId(accountId, clientOrderId) {
      const values = [accountId, clientOrderId];
      const [stored] = await read(
        database,
        await database.query<OrderRow>(statements.orderByClientId, values),
      );
      return stored;
    },

    async pages(wanted) {
      const rows = await database.query<OrderRow & { page: bigint }>(statements.accountPages, [
        wanted.map(({ accountId }) => accountId),
        wanted.map(({ before }) => before?.at.toISOString() ?? 'infinity'),
        wanted.map(({ before }) => before?.id ?? ''),
        wanted.map(({ length }) => length),
      ]);
      const orders = await read(database, rows);
      return wanted.map((_page, index) =>
        orders.filter((_order, row) => rows[row]?.page === BigInt(index + 1)),
      );
    },

    async ordersAfter(id, first) {
      return read(database, await database.query<OrderRow>(statements.ordersAfter, [id, first]));
    },

    events: (wanted) => eventsOf(database, wanted),
  };
}

/** The events are the last ones of `next`, so that their numbers end with its sequence. */
function envelopesOf(
  { origin }: StoredOrder,
  next: Order,
  { events, at, causationId }: Happened,
): EventEnvelope[] {
  const { correlationId } = origin;
  const traceparent = traceparentWithin(origin.traceparent);
  const occurredAt = at.toISOString();
  return events.map((event, index) => ({
    id: uuidv7(),
    type: event.type,
    version: 1,
    source: 'orders',
    aggregateId: next.terms.id,
    sequence: next.sequence - events.length + 1 + index,
    correlationId,
    causationId,
    traceparent,
    occurredAt,
    data: wireData(event, next.terms),
  }));
}

function eventRows(envelopes: readonly EventEnvelope[]): string {
  const rows = envelopes.map(({ id, type, aggregateId, sequence, occurredAt, data, ...causes }) => ({
    id,
    order_id: aggregateId,
    sequence,
    type,
    occurred_at: occurredAt,
    data,
    correlation_id: causes.correlationId,
    causation_id: causes.causationId,
  }));
  return JSON.stringify(rows);
}
