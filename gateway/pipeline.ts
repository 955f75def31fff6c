// The way of a request through the gateway, on one screen:
//   fastify         limits, correlation id, deadline, the caller's token verified (packages/chassis/http-server.ts)
//   @apollo/server  parse with a token limit, validate against the API schema, pick the operation
//   operationRules  no subscriptions here; a log line for each mutation
//   engine          plan by the supergraph, execute, merge (engine.ts, over subgraph-data-source.ts)
//   formatError     a subgraph's errors pass, inner names do not; the gateway's own faults are masked
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import fastifyApollo from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { getOperationAST, GraphQLError, Kind, type GraphQLFormattedError } from 'graphql';
import { graphqlSpans, publicErrorOf, type Logger } from '@simplebank/chassis';

/** Tokens in a document: an attack spends the server's time by long documents before anything is checked. */
const mostTokens = 2_000;

export interface PipelineOptions {
  readonly app: FastifyInstance;
  readonly engine: GatewayInterface;
  readonly introspection: boolean;
  readonly log: Logger;
}

export async function servePipeline({ app, engine, introspection, log }: PipelineOptions): Promise<void> {
  const server = new ApolloServer({
    gateway: engine,
    introspection,
    includeStacktraceInErrorResponses: false,
    csrfPrevention: true,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: mostTokens },
    persistedQueries: false,
    // The landing page would load scripts from elsewhere.
    plugins: [operationRules(log), graphqlSpans(), ApolloServerPluginLandingPageDisabled()],
    formatError: (formatted, error) =>
      fromSubgraph(formatted) ?? withoutPersisted(publicErrorOf(formatted, error, log)),
  });
  await server.start();
  // After the last request has been answered; signals are the business of whoever started this process.
  app.addHook('onClose', () => server.stop());
  await app.register(fastifyApollo(server), { path: '/graphql' });
}

/** What is executed here at all; and a line for each mutation, so that its correlation id is found here too. */
function operationRules(log: Logger): ApolloServerPlugin {
  return {
    async requestDidStart() {
      return {
        async didResolveOperation({ document, request: { operationName } }) {
          const operation = getOperationAST(document, operationName);
          if (operation == null)
            throw notSupported('operationName must name one of the operations of the document.');
          if (operation.operation === 'subscription')
            throw notSupported('Subscriptions are served over WebSocket only.');
        },
        async willSendResponse({ operation }) {
          if (operation?.operation !== 'mutation') return;
          const { selections } = operation.selectionSet;
          const fields = selections.flatMap((field) => (field.kind === Kind.FIELD ? [field.name.value] : []));
          log.info({ fields }, 'mutation');
        },
      };
    },
  };
}

function notSupported(message: string): GraphQLError {
  return new GraphQLError(message, {
    extensions: { code: 'OPERATION_NOT_SUPPORTED', http: { status: 400 } },
  });
}

/** The message stays as it is, since clients that try persisted queries know it and send the whole document then. */
function withoutPersisted(error: GraphQLFormattedError): GraphQLFormattedError {
  const isPersisted = error.extensions?.['code'] === 'PERSISTED_QUERY_NOT_SUPPORTED';
  return isPersisted ? { ...error, extensions: { code: 'OPERATION_NOT_SUPPORTED' } } : error;
}

/** A subgraph has masked its own errors already; its name stays inside. Undefined for the gateway's own errors. */
function fromSubgraph({ extensions, ...error }: GraphQLFormattedError): GraphQLFormattedError | undefined {
  if (extensions?.['serviceName'] === undefined) return undefined;
  const { serviceName: _inside, stacktrace: _never, ...visible } = extensions;
  return { ...error, extensions: visible };
}
