// The subscriptions that the web application uses, each with the query twin that answers the same type.
import type { LiveField } from '@simplebank/completion';

/** Prices for people to read; replicas of the market that do not hold the exchange's session are up to so far behind. */
const quotesEveryMs = 1_000;

/** What a quote is made of, and nothing of anybody's own. */
const publicQuotes = [
  'QuotesUpdate.version',
  'QuotesUpdate.instruments',
  'Instrument.symbol',
  'Instrument.name',
  'Instrument.currency',
  'Instrument.tickSize',
  'Instrument.lotSize',
  'Instrument.quote',
  'Quote.bid',
  'Quote.ask',
  'Quote.last',
  'Quote.at',
];

export const liveFields: Readonly<Record<string, LiveField>> = {
  orderUpdated: { twin: 'orderUpdates', key: 'orderId', stream: 'orders' },
  // The ledger moves only for orders, and each of its changes is followed by an event of the order.
  accountUpdated: {
    twin: 'account',
    key: 'accountId',
    state: { twinKey: 'id', news: { stream: 'orders', by: 'accountId' } },
  },
  quotesUpdated: {
    twin: 'quotes',
    key: 'symbols',
    state: { pollMs: quotesEveryMs, isVersioned: true, forEveryone: publicQuotes },
  },
};
