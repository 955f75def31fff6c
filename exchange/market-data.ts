// Quotes for a client that asked for them: one full refresh per symbol at once, then whenever the quote has changed
// and the interval has passed. They are never stored: a quote that was missed is out of date.
import type { ApplicationMessage, Clock, MarketDataFullRefresh, MarketDataRequest } from '@simplebank/fix';
import { formatPrice } from './domain/decimal.ts';
import type { Market } from './domain/exchange-state.ts';

/** A quote that has not changed is sent again after so many milliseconds: its silence would look like our absence. */
const UNCHANGED_AFTER_MS = 2_000;

interface MarketDataOptions {
  readonly clock: Clock;
  /** Milliseconds between two refreshes of one symbol at least. */
  readonly intervalMs: number;
  readonly market: (symbol: string) => Market | undefined;
  readonly send: (message: ApplicationMessage) => void;
}

interface Feed {
  readonly mdReqId: string;
  readonly symbol: string;
  sentAt: number;
  sentQuote: string;
}

export class MarketData {
  readonly #options: MarketDataOptions;
  readonly #feeds = new Map<string, Feed>();

  constructor(options: MarketDataOptions) {
    this.#options = options;
  }

  /** A later request for a symbol replaces an earlier one. */
  request({ mdReqId, subscriptionRequestType, relatedSymbols }: MarketDataRequest): void {
    for (const { symbol } of relatedSymbols) {
      if (subscriptionRequestType === '2') {
        this.#feeds.delete(symbol);
        continue;
      }
      const feed: Feed = { mdReqId, symbol, sentAt: -Infinity, sentQuote: '' };
      if (!this.#refresh(feed)) this.#refuse(mdReqId, symbol);
      else if (subscriptionRequestType === '1') this.#feeds.set(symbol, feed);
    }
  }

  tick(): void {
    for (const feed of this.#feeds.values()) {
      if (this.#options.clock.now() - feed.sentAt >= this.#options.intervalMs) this.#refresh(feed);
    }
  }

  /** A client asks again after each logon. */
  clear(): void {
    this.#feeds.clear();
  }

  #refresh(feed: Feed): boolean {
    const market = this.#options.market(feed.symbol);
    if (market === undefined) return false;
    const { bids, asks, reference } = market.background;
    const [bid, ask] = [bids.find(({ open }) => open > 0n), asks.find(({ open }) => open > 0n)];
    const mdEntries: MarketDataFullRefresh['mdEntries'] = [
      ...(bid
        ? [{ mdEntryType: '0', mdEntryPx: formatPrice(bid.price), mdEntrySize: String(bid.open) } as const]
        : []),
      ...(ask
        ? [{ mdEntryType: '1', mdEntryPx: formatPrice(ask.price), mdEntrySize: String(ask.open) } as const]
        : []),
      { mdEntryType: '2', mdEntryPx: formatPrice(reference) },
    ];
    const quote = JSON.stringify(mdEntries);
    const now = this.#options.clock.now();
    if (quote === feed.sentQuote && now - feed.sentAt < UNCHANGED_AFTER_MS) return true;
    feed.sentQuote = quote;
    feed.sentAt = now;
    this.#options.send({
      msgType: 'W',
      mdReqId: feed.mdReqId,
      symbol: feed.symbol,
      mdEntries,
      transactTime: feed.sentAt,
    });
    return true;
  }

  #refuse(mdReqId: string, symbol: string): void {
    this.#options.send({
      msgType: 'j',
      refMsgType: 'V',
      businessRejectReason: '2',
      businessRejectRefId: mdReqId,
      text: `unknown symbol ${symbol}`,
    });
  }
}
