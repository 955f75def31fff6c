// One request's batches: each type is read by one statement, however often it is asked for. Quotes are in memory.
import DataLoader from 'dataloader';
import type { QuoteBoard } from './quotes.ts';
import type {
  ExecutionRecord,
  InstrumentRecord,
  MarketStore,
  OrderExecutions,
  QuoteRecord,
} from './store.ts';

export interface Loaders {
  readonly instruments: DataLoader<string, InstrumentRecord | undefined>;
  readonly executions: DataLoader<string, ExecutionRecord | undefined>;
  /** Undefined for an order that was never routed. */
  readonly executionsByOrder: DataLoader<string, OrderExecutions | undefined>;
  allInstruments(): Promise<InstrumentRecord[]>;
  quote(symbol: string): QuoteRecord | undefined;
  /** When it was quoted last, however long ago; 0 when it never was. */
  quotedAtMs(symbol: string): number;
}

export function createLoaders(store: MarketStore, quotes: QuoteBoard): Loaders {
  return {
    instruments: new DataLoader(async (symbols) => {
      const found = new Map(
        (await store.instrumentsBySymbol(symbols)).map((instrument) => [instrument.symbol, instrument]),
      );
      return symbols.map((symbol) => found.get(symbol));
    }),
    executions: new DataLoader(async (ids) => {
      const found = new Map((await store.executions(ids)).map((execution) => [execution.id, execution]));
      return ids.map((id) => found.get(id));
    }),
    executionsByOrder: new DataLoader(async (orderIds) => {
      const found = await store.executionsByOrder(orderIds);
      return orderIds.map((orderId) => found.get(orderId));
    }),
    allInstruments: () => store.instruments(),
    quote: (symbol) => quotes.quote(symbol),
    quotedAtMs: (symbol) => quotes.quotedAtMs(symbol),
  };
}
