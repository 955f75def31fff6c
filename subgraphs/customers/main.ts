// Wires the customers service.
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { settings } from './config.ts';
import { internalRoutes } from './endpoints.ts';
import { createLoaders } from './loaders.ts';
import { resolvers } from './resolvers.ts';
import { seedDemoCustomers } from './seed.ts';
import { createStore } from './store.ts';

export const start: StartService = async (host) => {
  const { SEED_DEMO } = host.config(settings);
  const database = await host.database({
    name: 'customers',
    folder: new URL('./migrations/', import.meta.url),
  });
  if (SEED_DEMO) await seedDemoCustomers(database);
  const store = createStore(database);
  return host.serveSubgraph({
    typeDefs: readTypeDefs(import.meta.url),
    resolvers,
    loaders: () => createLoaders(store),
    internal: internalRoutes(store),
  });
};
