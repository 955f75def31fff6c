// Wires the market service.
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { busOf, eventsMigrations, publishingInSpans, startRelay } from '@simplebank/events';
import { openExchangeSession } from './exchange-session.ts';
import { internalRoutes } from './endpoints.ts';
import { createLoaders } from './loaders.ts';
import { createQuoteBoard } from './quotes.ts';
import { resolvers } from './resolvers.ts';
import { createStore } from './store.ts';

export const start: StartService = async (host) => {
  const own = { name: 'market', folder: new URL('./migrations/', import.meta.url) };
  const database = await host.database({ name: 'events', folder: eventsMigrations }, own);
  const bus = publishingInSpans(await busOf(host), host.tracing);
  const relay = await startRelay({ database, bus, stream: host.name, log: host.log });
  host.onStop(() => relay.stop());
  const store = createStore(database);
  const quotes = createQuoteBoard(store, Date.now);
  const session = await openExchangeSession({ host, database, store, quotes, onEvents: relay.nudge });
  const taking = { database, onDue: session.nudge, onEvents: relay.nudge };
  const internal = internalRoutes(taking, { store, quotes });
  const loaders = () => createLoaders(store, quotes);
  return host.serveSubgraph({ typeDefs: readTypeDefs(import.meta.url), resolvers, loaders, internal });
};
