// A federated subgraph on @apollo/server: schema, resolvers, the caller in the context, masked errors.
import { ApolloServer } from '@apollo/server';
import { readFileSync } from 'node:fs';
import {
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
} from '@apollo/server/plugin/disabled';
import { unwrapResolverError } from '@apollo/server/errors';
import { buildSubgraphSchema } from '@apollo/subgraph';
import type { GraphQLResolverMap } from '@apollo/subgraph/dist/schema-helper/resolverMap.js';
import fastifyApollo from '@as-integrations/fastify';
import type { FastifyInstance } from 'fastify';
import { GraphQLError, parse, type GraphQLFormattedError } from 'graphql';
import { unauthenticated } from './access-token.ts';
import { currentContext, type Caller } from './context.ts';
import { graphqlSpans } from './graphql-spans.ts';
import type { Logger } from './log.ts';
import { publicFault } from './rejection.ts';
import { failSpan } from './tracing.ts';

/** What resolvers get: the caller (asking for it without one is UNAUTHENTICATED) and the request's loaders. */
export interface SubgraphContext<Loaders> {
  readonly caller: Caller;
  readonly loaders: Loaders;
}

export type SubgraphResolvers<Loaders> = GraphQLResolverMap<SubgraphContext<Loaders>>;

export interface SubgraphOptions<Loaders> {
  readonly typeDefs: string;
  readonly resolvers: SubgraphResolvers<Loaders>;
  /** Made anew for each request, so that one customer's batch never serves another. */
  readonly loaders: (caller: () => Caller) => Loaders;
}

/** The service's schema.graphql, which stands beside the given module. */
export function readTypeDefs(moduleUrl: string): string {
  return readFileSync(new URL('./schema.graphql', moduleUrl), 'utf8');
}

export async function serveSubgraph<Loaders>(
  app: FastifyInstance,
  { typeDefs, resolvers, loaders }: SubgraphOptions<Loaders>,
  log: Logger,
): Promise<void> {
  type Context = SubgraphContext<Loaders>;
  const server = new ApolloServer<Context>({
    schema: buildSubgraphSchema([
      { typeDefs: parse(typeDefs), resolvers: resolvers as GraphQLResolverMap<unknown> },
    ]),
    introspection: true,
    includeStacktraceInErrorResponses: false,
    // The gateway is the only client; browsers never reach a subgraph.
    csrfPrevention: false,
    allowBatchedHttpRequests: false,
    stopOnTerminationSignals: false,
    plugins: [
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginLandingPageDisabled(),
      graphqlSpans(),
    ],
    formatError: (formatted, error) => publicErrorOf(formatted, error, log),
  });
  await server.start();
  // After the last request has been answered; signals are the business of whoever started this process.
  app.addHook('onClose', () => server.stop());
  await app.register(fastifyApollo(server), {
    path: '/graphql',
    context: async () => new RequestContext(loaders(callerOrThrow)),
  });
}

// A class, since @apollo/server copies the context's own properties: a getter among them would be read at once,
// and every request without a token would fail as a whole.
class RequestContext<Loaders> implements SubgraphContext<Loaders> {
  readonly loaders: Loaders;

  constructor(loaders: Loaders) {
    this.loaders = loaders;
  }

  get caller(): Caller {
    return callerOrThrow();
  }
}

/** The signed-in caller; UNAUTHENTICATED without one. For what any customer may see, but nobody else. */
export function requireCaller(context: { readonly caller: Caller }): Caller {
  return context.caller;
}

function callerOrThrow(): Caller {
  const caller = currentContext()?.caller;
  if (caller === undefined) throw unauthenticated();
  return caller;
}

/**
 * What of an error leaves the process: GraphQL's own errors and public ones as they are; a fault by its public
 * text and code; everything else as INTERNAL_ERROR, with the details only in the log.
 */
function publicErrorOf(formatted: GraphQLFormattedError, error: unknown, log: Logger): GraphQLFormattedError {
  const origin = unwrapResolverError(error);
  const { stacktrace: _stacktrace, ...extensions } = formatted.extensions ?? {};
  if (
    origin instanceof GraphQLError &&
    (origin.originalError === undefined || origin.originalError instanceof GraphQLError)
  ) {
    if (extensions['code'] !== 'INTERNAL_SERVER_ERROR') return { ...formatted, extensions };
  }
  const correlationId = currentContext()?.correlationId;
  log.error({ err: origin, path: formatted.path }, 'resolver failed');
  const { code, message } = publicFault(origin);
  failSpan(code);
  return { ...formatted, message, extensions: { code, correlationId } };
}
