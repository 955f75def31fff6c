// The newest price of each instrument. The process that holds the FIX session gets them from the exchange and keeps
// them in the table at a bounded rate; the others, and a restart, read them from there.
import type { Price } from '@simplebank/money';
import type { MarketStore, QuoteRecord } from './store.ts';

/**
 * Milliseconds. The exchange quotes several times a second, so an older quote is of an exchange that is away, and
 * no price to buy or to value at.
 */
export const oldestQuoteMs = 10_000;

export interface QuoteBoard {
  /** Undefined when there is none that is young enough. */
  quote(symbol: string): QuoteRecord | undefined;
  /** Milliseconds since the epoch, also when it is too old to count; 0 when there was none. */
  quotedAtMs(symbol: string): number;
  /** Prices that are not given stay as they were. */
  update(symbol: string, prices: { bid?: Price; ask?: Price; last?: Price }, at: Date): void;
  /** Writes what has changed since the last time. */
  save(): Promise<void>;
  /** Reads what the session's holder has written. */
  load(): Promise<void>;
}

/** `now` in milliseconds since the epoch, as the quotes' own times are. */
export function createQuoteBoard(
  store: Pick<MarketStore, 'quotes' | 'saveQuotes'>,
  now: () => number,
): QuoteBoard {
  const quotes = new Map<string, QuoteRecord>();
  /** What is known of instruments that have not been quoted on both sides yet. */
  const incomplete = new Map<string, { bid?: Price; ask?: Price; last?: Price }>();
  const changed = new Set<string>();

  return {
    quote(symbol) {
      const quote = quotes.get(symbol);
      return quote === undefined || now() - quote.at.getTime() > oldestQuoteMs ? undefined : quote;
    },
    quotedAtMs: (symbol) => quotes.get(symbol)?.at.getTime() ?? 0,
    update(symbol, prices, at) {
      const { bid, ask, last } = { ...incomplete.get(symbol), ...quotes.get(symbol), ...prices };
      if (bid === undefined || ask === undefined || last === undefined) {
        incomplete.set(symbol, { ...incomplete.get(symbol), ...prices });
        return;
      }
      incomplete.delete(symbol);
      quotes.set(symbol, { bid, ask, last, at });
      changed.add(symbol);
    },
    async save() {
      if (changed.size === 0) return;
      const symbols = [...changed];
      changed.clear();
      const toSave = new Map(
        symbols.flatMap((symbol) => {
          const quote = quotes.get(symbol);
          return quote === undefined ? [] : [[symbol, quote] as const];
        }),
      );
      await store.saveQuotes(toSave);
    },
    async load() {
      for (const [symbol, quote] of await store.quotes()) quotes.set(symbol, quote);
    },
  };
}
