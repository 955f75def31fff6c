// GraphQL over WebSocket by the graphql-transport-ws protocol: subscriptions become live queries, other
// operations go to the gateway. The caller signs in by `connectionParams.authorization`.
import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { GraphQLError, type ExecutionArgs, type FormattedExecutionResult, type GraphQLSchema } from 'graphql';
import type { SubscribePayload } from 'graphql-ws';
import { serveSockets } from './socket-server.ts';
import { WebSocketServer } from 'ws';
import { backgroundContext, runInContext, type ServiceHost, type WorkContext } from '@simplebank/chassis';
import type { Changes } from './changes.ts';
import type { Cursors } from './cursor.ts';
import type { GatewayClient } from './gateway-client.ts';
import { abortableIterable } from './abortable-iterable.ts';
import { liveQuery } from './live-query.ts';
import { createPreparedDocuments } from './prepared-documents.ts';
import type { LiveField } from './twin.ts';

/** A document and its variables; larger messages close the socket. */
const largestMessageBytes = 64 * 1024;
/** A client that does not sign in by then is disconnected with 4408. */
const signInTimeoutMs = 3_000;
const mostSubscriptionsPerSocket = 100;

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

/** What an accepted operation carries to its execution. */
interface Accepted {
  readonly context: WorkContext;
  readonly run: (signal: AbortSignal) => AsyncGenerator<object, void, void>;
  readonly execute: () => Promise<object>;
}

export function serveSubscriptions(options: SubscriptionServerOptions): { stop(): Promise<void> } {
  const { host, server, schema, liveFields, gateway, liveGateway, changes, cursors } = options;
  const countRetry = host.metrics.counter(
    'live_query_retries_total',
    'Reads of live queries that were asked again.',
  );
  const documents = createPreparedDocuments(schema, liveFields);
  const sockets = new WebSocketServer({
    noServer: true,
    maxPayload: largestMessageBytes,
    perMessageDeflate: false,
  });
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    // The path is cut by hand: `new URL` throws for some of what a client may send, such as `//`.
    if (request.url?.split('?')[0] !== '/graphql') {
      // Node has taken its own listener off; without one the client's reset would end this process.
      socket.on('error', () => socket.destroy());
      socket.end('HTTP/1.1 404 Not Found\r\nconnection: close\r\n\r\n');
      return;
    }
    sockets.handleUpgrade(request, socket, head, (client) => sockets.emit('connection', client, request));
  });

  /** Errors go to the client as they are; otherwise what to run. */
  function accept(payload: SubscribePayload, authorization: string) {
    const operationName = payload.operationName ?? undefined;
    const variables = { ...payload.variables } as Record<string, unknown>;
    const { prepared, document } = documents.prepare(payload.query, operationName);
    if (prepared.kind === 'invalid') return prepared.errors;
    if (prepared.kind === 'unsupported') return [problem('OPERATION_NOT_SUPPORTED', prepared.message)];
    const context: WorkContext = { ...backgroundContext({}), authorization };
    if (prepared.kind === 'operation') {
      const execute = () =>
        runInContext(context, () =>
          host.tracing.inSpan('websocket operation', { kind: 'server' }, () =>
            gateway.ask(payload.query, variables, operationName),
          ),
        );
      return { document, accepted: { context, execute, run: async function* () {} } satisfies Accepted };
    }
    const live = prepared.document;
    let given: Record<string, unknown>;
    try {
      given = live.argumentsOf(variables);
    } catch (error) {
      return [
        problem(
          'BAD_USER_INPUT',
          error instanceof Error ? error.message : 'A variable does not fit its type.',
        ),
      ];
    }
    const scope = { field: live.field, key: String(given[live.live.key]) };
    const cursor = given['after'];
    const progress = typeof cursor === 'string' ? cursors.open(scope, cursor) : undefined;
    if (typeof cursor === 'string' && progress === undefined) {
      return [
        problem('CURSOR_INVALID', 'The cursor does not belong to this subscription; subscribe without it.'),
      ];
    }
    // Each read is a trace of its own, linked to the changes that it was made for: a subscription lives for hours.
    const ask = (query: string, values: Record<string, unknown>, links: readonly string[]) =>
      runInContext(context, () =>
        host.tracing.inSpan(`live ${live.field}`, { kind: 'consumer', links }, () =>
          liveGateway.ask(query, values),
        ),
      );
    const onRetry = (code: string) => {
      countRetry();
      runInContext(context, () => host.log.warn({ code, field: live.field }, 'live query asks again'));
    };
    const run = (signal: AbortSignal) =>
      liveQuery({ document: live, variables, scope, progress, ask, changes, cursors, onRetry, signal });
    return { document, accepted: { context, run, execute: async () => ({}) } satisfies Accepted };
  }

  const running = serveSockets(
    {
      schema,
      connectionInitWaitTimeout: signInTimeoutMs,
      // False closes the socket with 4403 Forbidden, as the protocol has it for a refused sign-in.
      async onConnect({ connectionParams }) {
        try {
          return (await host.accessTokens.verify(authorizationOf(connectionParams))) !== undefined;
        } catch {
          return false;
        }
      },
      onSubscribe(ctx, _id, payload) {
        if (Object.keys(ctx.subscriptions).length > mostSubscriptionsPerSocket) {
          return [
            problem(
              'TOO_MANY_SUBSCRIPTIONS',
              `A socket carries at most ${mostSubscriptionsPerSocket} operations.`,
            ),
          ];
        }
        const answer = accept(payload, authorizationOf(ctx.connectionParams) ?? '');
        if (!('accepted' in answer)) return answer;
        const { document, accepted } = answer;
        const operationName = payload.operationName ?? null;
        return { schema, document, operationName, contextValue: accepted } satisfies ExecutionArgs;
      },
      subscribe: ({ contextValue }) => abortableIterable((contextValue as Accepted).run),
      execute: ({ contextValue }) => (contextValue as Accepted).execute(),
      // Errors are formatted already; without this they would be taken for GraphQLErrors.
      onNext: (_ctx, _id, _payload, _args, result) => result as FormattedExecutionResult,
    },
    sockets,
    host.log,
  );
  return running;
}

function authorizationOf(parameters: Readonly<Record<string, unknown>> | undefined): string | undefined {
  const given = parameters?.['authorization'];
  return typeof given === 'string' ? given : undefined;
}

function problem(code: string, message: string): GraphQLError {
  return new GraphQLError(message, { extensions: { code } });
}
