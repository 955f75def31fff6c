// What the market does for other services: takes orders for the exchange, and answers about instruments and
// executions. An order is taken once its row is durable; sending it is the session's work.
import {
  answers,
  backgroundContext,
  currentContext,
  PublicError,
  type Database,
  type InternalRoute,
} from '@simplebank/chassis';
import {
  cancelRoute,
  errorCodes,
  getInstrument,
  listExecutions,
  routeOrder,
  type ErrorCode,
} from '@simplebank/contracts';
import { formatPrice, formatQuantity, parsePrice, parseQuantity, type Parsed } from '@simplebank/money';
import type { z } from 'zod';
import { sameTerms, type RouteTerms } from './domain/route.ts';
import type { QuoteBoard } from './quotes.ts';
import { changeRoutes } from './route-changes.ts';
import { insertRoute, routeById } from './route-store.ts';
import type { MarketStore } from './store.ts';

/** What fits a FIX field; the ids and symbols of the bank do. */
const fixText = /^[\x21-\x7e]{1,64}$/;

export interface RouteTaking {
  readonly database: Database;
  /** Something is due to be sent. */
  readonly onDue: () => void;
  /** Events have been committed. */
  readonly onEvents: () => void;
}

export function internalRoutes(
  taking: RouteTaking,
  { store, quotes }: { store: MarketStore; quotes: QuoteBoard },
): InternalRoute[] {
  return [
    answers(getInstrument, async ({ symbol }) => {
      const [instrument] = await store.instrumentsBySymbol([symbol]);
      if (instrument === undefined) return { instrument: null };
      const { currency, tickSize, lotSize } = instrument;
      const quote = quotes.quote(symbol);
      return {
        instrument: {
          symbol,
          currency,
          tickSize: formatPrice(tickSize),
          lotSize: formatQuantity(lotSize),
          // The exchange is open around the clock.
          open: true,
          quote:
            quote === undefined
              ? null
              : { bid: formatPrice(quote.bid), ask: formatPrice(quote.ask), last: formatPrice(quote.last) },
        },
      };
    }),
    answers(routeOrder, (order) => takeOrder(taking, order)),
    answers(cancelRoute, ({ orderId }) => takeCancel(taking, orderId)),
    answers(listExecutions, async ({ afterPosition, first }) => ({
      executions: (await store.executionsAfter(afterPosition, first)).map((execution) => ({
        position: execution.position,
        executionId: execution.id,
        orderId: execution.orderId,
        accountId: execution.accountId,
        symbol: execution.symbol,
        side: execution.side,
        quantity: formatQuantity(execution.quantity),
        price: formatPrice(execution.price),
      })),
    })),
  ];
}

async function takeOrder(
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

async function takeCancel(
  { database, onDue, onEvents }: RouteTaking,
  orderId: string,
): Promise<z.input<typeof cancelRoute.response>> {
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
  return { outcome: 'rejected', rejection: { code, message: errorCodes[code].message } } as const;
}
