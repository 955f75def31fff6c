// The accounts service: the bank's double-entry ledger.
import { readFile } from 'node:fs/promises';
import type { StartService } from '@simplebank/chassis';
import { configSchema } from './config.ts';
import { internalRoutes } from './endpoints.ts';
import { createLoaders } from './loaders.ts';
import { resolvers } from './resolvers.ts';
import { seedDemo } from './seed.ts';
import { createLedger } from './service.ts';
import { createStore } from './store.ts';

export const start: StartService = async (host) => {
  const config = host.config(configSchema);
  const store = createStore(
    await host.database({ name: 'accounts', folder: new URL('./migrations/', import.meta.url) }),
  );
  const ledger = createLedger(store);
  if (config.SEED_DEMO) await seedDemo(ledger, host.log);
  return host.serveSubgraph({
    typeDefs: await readFile(new URL('./schema.graphql', import.meta.url), 'utf8'),
    resolvers,
    loaders: () => createLoaders(store),
    internal: internalRoutes(ledger),
  });
};
