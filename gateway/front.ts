// The gateway's GraphQL endpoint: @apollo/server on fastify around the engine.
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import fastifyApollo, { fastifyApolloDrainPlugin } from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import type { GraphQLFormattedError } from 'graphql';
import { publicErrorOf, type Logger } from '@simplebank/chassis';

/** Tokens in a document: an attack spends the server's time by long documents before anything is checked. */
const mostTokens = 2_000;

export interface FrontOptions {
  readonly app: FastifyInstance;
  readonly engine: GatewayInterface;
  readonly introspection: boolean;
  readonly log: Logger;
}

export async function serveFront({ app, engine, introspection, log }: FrontOptions): Promise<void> {
  const server = new ApolloServer({
    gateway: engine,
    introspection,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    parseOptions: { maxTokens: mostTokens },
    plugins: [fastifyApolloDrainPlugin(app) as ApolloServerPlugin],
    formatError: (formatted, error) => fromSubgraph(formatted) ?? publicErrorOf(formatted, error, log),
  });
  await server.start();
  await app.register(fastifyApollo(server), { path: '/graphql' });
}

/** A subgraph has masked its own errors already; its name stays inside. Undefined for the gateway's own errors. */
function fromSubgraph({ extensions, ...error }: GraphQLFormattedError): GraphQLFormattedError | undefined {
  if (extensions?.['serviceName'] === undefined) return undefined;
  const { serviceName: _inside, stacktrace: _never, ...visible } = extensions;
  return { ...error, extensions: visible };
}
