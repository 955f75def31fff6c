// Wires the fees service.
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { internalRoutes } from './endpoints.ts';
import { createLoaders } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import { createService } from './service.ts';
import { createStore } from './store.ts';

export const start: StartService = async (host) => {
  const database = await host.database({ name: 'fees', folder: new URL('./migrations/', import.meta.url) });
  const store = createStore(database);
  const now = () => new Date();
  return host.serveSubgraph({
    typeDefs: readTypeDefs(import.meta.url),
    resolvers: createResolvers(store, now),
    loaders: () => createLoaders(store),
    internal: internalRoutes(createService(store, now)),
  });
};
