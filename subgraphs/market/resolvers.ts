// The market subgraph. Instruments and quotes are for everyone who is signed in; executions only for who may act on
// their account, _entities included.
import {
  forbidden,
  PublicError,
  type Caller,
  type SubgraphContext,
  type SubgraphResolvers,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import { formatPrice, formatQuantity } from '@simplebank/money';
import type { Loaders } from './loaders.ts';
import { isKey } from './service.ts';
import type { ExecutionRecord, InstrumentRecord, QuoteRecord } from './store.ts';

/** In one question for quotes: the sum of their times stays exact, and no list on a screen is longer. */
const mostSymbols = 100;

type Context = SubgraphContext<Loaders>;

export const resolvers: SubgraphResolvers<Loaders> = {
  Query: {
    instruments: (_root: unknown, _args: unknown, { caller, loaders }: Context) =>
      signedIn(caller, () => loaders.allInstruments()),
    instrument: (_root: unknown, { symbol }: { symbol: string }, { caller, loaders }: Context) =>
      signedIn(caller, () => instrument(loaders, symbol)),
    quotes: (_root: unknown, { symbols }: { symbols: readonly string[] }, { caller, loaders }: Context) =>
      signedIn(caller, () => quotesOf(loaders, symbols)),
  },
  Instrument: {
    __resolveReference: ({ symbol }: { symbol: unknown }, { caller, loaders }: Context) =>
      signedIn(caller, () => instrument(loaders, symbol)),
    tickSize: ({ tickSize }: InstrumentRecord) => formatPrice(tickSize),
    lotSize: ({ lotSize }: InstrumentRecord) => formatQuantity(lotSize),
    quote: ({ symbol }: InstrumentRecord, _args: unknown, { loaders }: Context) => loaders.quote(symbol),
  },
  Quote: {
    bid: ({ bid }: QuoteRecord) => formatPrice(bid),
    ask: ({ ask }: QuoteRecord) => formatPrice(ask),
    last: ({ last }: QuoteRecord) => formatPrice(last),
    at: ({ at }: QuoteRecord) => at.toISOString(),
  },
  Execution: {
    __resolveReference: ({ id }: { id: unknown }, { caller, loaders }: Context) =>
      execution(caller, loaders, id),
    order: ({ orderId }: ExecutionRecord) => ({ id: orderId }),
    quantity: ({ quantity }: ExecutionRecord) => formatQuantity(quantity),
    price: ({ price }: ExecutionRecord) => formatPrice(price),
    executedAt: ({ executedAt }: ExecutionRecord) => executedAt.toISOString(),
  },
  Order: {
    __resolveReference: ({ id }: { id: string }) => ({ id }),
    executions: ({ id }: { id: string }, _args: unknown, { caller, loaders }: Context) =>
      executionsOf(caller, loaders, id),
  },
};

/** Reading `caller` has thrown UNAUTHENTICATED when there is none. */
function signedIn<T>(_caller: Caller, answer: () => T): T {
  return answer();
}

async function instrument(loaders: Loaders, symbol: unknown): Promise<InstrumentRecord | undefined> {
  return isKey(symbol) ? loaders.instruments.load(symbol) : undefined;
}

async function quotesOf(loaders: Loaders, symbols: readonly string[]) {
  if (symbols.length > mostSymbols) throw new PublicError(rejectionOf('TOO_MANY_SYMBOLS'));
  const wanted = [...new Set(symbols)].filter(isKey).toSorted();
  const found = await Promise.all(wanted.map((symbol) => loaders.instruments.load(symbol)));
  return {
    version: wanted.reduce((sum, symbol) => sum + loaders.quotedAtMs(symbol), 0),
    instruments: found.filter((record) => record !== undefined),
  };
}

/** A foreign execution and an unknown one answer alike. */
async function execution(caller: Caller, loaders: Loaders, id: unknown): Promise<ExecutionRecord> {
  const found = isKey(id) ? await loaders.executions.load(id) : undefined;
  if (found === undefined || !caller.accountIds.has(found.accountId)) throw forbidden();
  return found;
}

/** An order that was never routed has none; whose it is only the orders service knows. */
async function executionsOf(
  caller: Caller,
  loaders: Loaders,
  orderId: string,
): Promise<readonly ExecutionRecord[]> {
  if (!isKey(orderId)) throw forbidden();
  const found = await loaders.executionsByOrder.load(orderId);
  if (found === undefined) return [];
  if (!caller.accountIds.has(found.accountId)) throw forbidden();
  return found.executions;
}
