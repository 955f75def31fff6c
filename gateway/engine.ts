// The seam between the gateway's pipeline and what executes federated queries: anything that implements Apollo's
// GatewayInterface fits. Today @apollo/gateway as it comes, over a data source of our own.
import { ApolloGateway, type GraphQLDataSource } from '@apollo/gateway';
import type { GatewayInterface } from '@apollo/server-gateway-interface';

export interface EngineOptions {
  /** The composed supergraph; it names its subgraphs. */
  readonly supergraph: string;
  /** How to reach a subgraph by its name in the supergraph. */
  readonly dataSource: (name: string) => GraphQLDataSource;
  readonly warn: (message: string) => void;
}

export function createEngine({ supergraph, dataSource, warn }: EngineOptions): GatewayInterface {
  const silent = () => undefined;
  return new ApolloGateway({
    supergraphSdl: supergraph,
    logger: { debug: silent, info: silent, warn, error: warn },
    buildService: ({ name }) => dataSource(name),
  });
}
