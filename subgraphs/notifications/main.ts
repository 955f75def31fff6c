// Wires the notifications service.
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { busOf } from '@simplebank/events';
import { listenForCompletions } from './listener.ts';
import { createLoaders } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import { createStore } from './store.ts';

export const start: StartService = async (host) => {
  const database = await host.database({
    name: 'notifications',
    folder: new URL('./migrations/', import.meta.url),
  });
  const store = createStore(database);
  const consumer = await listenForCompletions({ bus: await busOf(host), store, ...host });
  host.onStop(() => consumer.stop());
  return host.serveSubgraph({
    typeDefs: readTypeDefs(import.meta.url),
    resolvers: createResolvers(store),
    loaders: () => createLoaders(store),
  });
};
