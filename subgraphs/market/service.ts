// Takes orders for the exchange, and cancels of them. An order is taken once its row is durable; sending it is the
// session's work.
import { backgroundContext, currentContext, PublicError, type Database } from '@simplebank/chassis';
import { rejectionOf, type cancelRoute, type ErrorCode, type routeOrder } from '@simplebank/contracts';
import { parsePrice, parseQuantity, type Parsed } from '@simplebank/money';
import type { z } from 'zod';
import { sameTerms, type RouteTerms } from './domain/route.ts';
import { changeRoutes } from './route-changes.ts';
import { insertRoute, routeById } from './route-store.ts';

/** What fits a FIX field; the ids and symbols of the bank do. */
const fixText = /^[\x21-\x7e]{1,64}$/;

/** What FIX and Postgres can hold as an id or a symbol; anything else, from outside, is the key of nothing. */
export function isKey(value: unknown): value is string {
  return typeof value === 'string' && /^[^\u0000-\u001f]+$/.test(value);
}

export interface RouteTaking {
  readonly database: Database;
  /** Something is due to be sent. */
  readonly onDue: () => void;
  /** Events have been committed. */
  readonly onEvents: () => void;
}

export async function takeOrder(
  { database, onDue }: RouteTaking,
  order: z.output<typeof routeOrder.request>,
): Promise<z.input<typeof routeOrder.response>> {
  const terms = termsOf(order);
  const context = currentContext() ?? backgroundContext({ orderId: terms.orderId });
  if (!(await insertRoute(database, terms, context))) {
    const known = await routeById(database, terms.orderId);
    if (known === undefined) throw new Error(`route ${terms.orderId} is there and is not`);
    if (!sameTerms(known.route.terms, terms)) return refused('ROUTE_ID_REUSED');
  }
  onDue();
  return { outcome: 'accepted' };
}

export async function takeCancel(
  { database, onDue, onEvents }: RouteTaking,
  orderId: string,
): Promise<z.input<typeof cancelRoute.response>> {
  if (!fixText.test(orderId)) return refused('UNKNOWN_ROUTE');
  const applied = await database.transaction((tx) =>
    changeRoutes(tx, [{ orderId, message: { kind: 'cancelWanted' } }]),
  );
  if (applied.length === 0) return refused('UNKNOWN_ROUTE');
  onEvents();
  onDue();
  return { outcome: 'accepted' };
}

/** The orders service has checked all of it; what cannot be sent is refused before it is taken. */
function termsOf(order: z.output<typeof routeOrder.request>): RouteTerms {
  for (const text of [order.orderId, order.accountId, order.symbol]) {
    if (!fixText.test(text)) throw badRequest(`${JSON.stringify(text)} does not fit a FIX field`);
  }
  if (order.orderType === 'LIMIT' && order.limitPrice === null)
    throw badRequest('a limit order lacks its limit');
  return {
    orderId: order.orderId,
    accountId: order.accountId,
    symbol: order.symbol,
    side: order.side,
    orderType: order.orderType,
    timeInForce: order.timeInForce,
    quantity: valueOf(parseQuantity(order.quantity), 'quantity'),
    limitPrice: order.limitPrice === null ? null : valueOf(parsePrice(order.limitPrice), 'limitPrice'),
  };
}

function valueOf<T>(parsed: Parsed<T>, field: string): T {
  if (parsed.ok) return parsed.value;
  throw badRequest(`${field} is ${parsed.reason}`);
}

function badRequest(message: string): PublicError {
  return new PublicError({ code: 'BAD_REQUEST', message });
}

function refused(code: ErrorCode) {
  return { outcome: 'rejected', rejection: rejectionOf(code) } as const;
}
