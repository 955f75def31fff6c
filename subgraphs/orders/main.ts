// Wires the orders service.
import { readTypeDefs, type StartService } from '@simplebank/chassis';
import { internalRoutes } from './endpoints.ts';
import { createLoaders } from './loaders.ts';
import { createResolvers } from './resolvers.ts';
import { wireOrders } from './wiring.ts';

export const start: StartService = async (host) => {
  const { service, store, runner } = await wireOrders(host);
  return host.serveSubgraph({
    typeDefs: readTypeDefs(import.meta.url),
    resolvers: createResolvers(service),
    loaders: () => createLoaders(store, runner),
    internal: internalRoutes(store, runner),
  });
};
