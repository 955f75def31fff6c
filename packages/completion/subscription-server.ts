// The live side of a BFF: subscriptions become live queries, which sockets share; other operations over a socket go to
// the gateway. The caller signs in by `connectionParams.authorization`.
import type { Server } from 'node:http';
import type { GraphQLSchema } from 'graphql';
import { backgroundContext, runInContext, type ServiceHost, type WorkContext } from '@simplebank/chassis';
import { acceptOperation, type Accepted, type OperationRequest } from './accept-operation.ts';
import type { Changes } from './changes.ts';
import type { Cursors } from './cursor.ts';
import type { GatewayAnswer, GatewayClient } from './gateway-client.ts';
import { signIn, type SignedIn } from './holder.ts';
import { LiveQueries, type LiveRead } from './live-queries.ts';
import { createPreparedDocuments } from './prepared-documents.ts';
import { serveSockets } from './socket-server.ts';
import type { LiveField } from './twin.ts';

export interface SubscriptionServerOptions {
  readonly host: ServiceHost;
  readonly server: Server;
  readonly schema: GraphQLSchema;
  readonly liveFields: Readonly<Record<string, LiveField>>;
  readonly gateway: GatewayClient;
  /** For the reads of live queries, so that many of them never take the connections of requests. */
  readonly liveGateway: GatewayClient;
  readonly changes: Changes;
  readonly cursors: Cursors;
}

export function serveSubscriptions(options: SubscriptionServerOptions): { stop(): Promise<void> } {
  const { host, server, schema, liveFields, cursors } = options;
  const documents = createPreparedDocuments(schema, liveFields);
  const countSlow = host.metrics.counter(
    'slow_subscribers_total',
    'Sockets that were closed because their client took too little; it resumes by its cursor.',
  );
  return serveSockets(
    server,
    {
      liveQueries: openLiveQueries(options),
      accept: (request): Accepted => acceptOperation({ documents, cursors }, request),
      signIn: (authorization): Promise<SignedIn | undefined> => signIn(host.accessTokens, authorization),
      execute: async (request, authorization) =>
        JSON.stringify(await execute(options, request, authorization)),
      onSlow: countSlow,
    },
    host.log,
  );
}

function openLiveQueries({ host, liveGateway, changes, cursors }: SubscriptionServerOptions): LiveQueries {
  const countRetry = host.metrics.counter(
    'live_query_retries_total',
    'Reads of live queries that were asked again.',
  );
  return new LiveQueries({
    changes,
    cursors,
    // Each read is a trace of its own, linked to the changes that it was made for: a subscription lives for hours.
    ask: ({ field, authorization, query, variables, causes }: LiveRead) =>
      runInContext(contextOf(authorization), () =>
        host.tracing.inSpan(`live ${field}`, { kind: 'consumer', links: causes }, () =>
          liveGateway.ask(query, variables),
        ),
      ),
    onRetry(code, field) {
      countRetry();
      host.log.warn({ code, field }, 'live query asks again');
    },
    onFault: (fault) => host.log.error({ err: fault }, 'a live query failed'),
  });
}

function execute(
  { host, gateway }: SubscriptionServerOptions,
  { query, variables, operationName }: OperationRequest,
  authorization: string,
): Promise<GatewayAnswer> {
  return runInContext(contextOf(authorization), () =>
    host.tracing.inSpan('websocket operation', { kind: 'server' }, () =>
      gateway.ask(query, variables, operationName),
    ),
  );
}

function contextOf(authorization: string): WorkContext {
  return { ...backgroundContext({}), authorization };
}
