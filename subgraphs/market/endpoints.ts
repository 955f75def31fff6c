// What the market answers to other services: it takes orders and cancels, and tells instruments and executions.
import { answers, type InternalRoute } from '@simplebank/chassis';
import { cancelRoute, getInstrument, listExecutions, routeOrder } from '@simplebank/contracts';
import { formatPrice, formatQuantity } from '@simplebank/money';
import type { z } from 'zod';
import type { QuoteBoard } from './quotes.ts';
import { isKey, takeCancel, takeOrder, type RouteTaking } from './service.ts';
import type { MarketStore } from './store.ts';

interface MarketData {
  readonly store: MarketStore;
  readonly quotes: QuoteBoard;
}

export function internalRoutes(taking: RouteTaking, { store, quotes }: MarketData): InternalRoute[] {
  return [
    answers(getInstrument, ({ symbol }) => instrumentAnswer({ store, quotes }, symbol)),
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

async function instrumentAnswer(
  { store, quotes }: MarketData,
  symbol: string,
): Promise<z.input<typeof getInstrument.response>> {
  const [instrument] = isKey(symbol) ? await store.instrumentsBySymbol([symbol]) : [];
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
}
