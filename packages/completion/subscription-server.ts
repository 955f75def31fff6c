// The live side of a BFF: subscriptions become live queries, which sockets and streams share; other operations that come
// by them go to the gateway.
import type { Server } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { GraphQLSchema } from 'graphql';
import {
  backgroundContext,
  consistencyIn,
  currentConsistency,
  runInContext,
  type ServiceHost,
  type WorkContext,
} from '@simplebank/chassis';
import { identified } from './answer-errors.ts';
import type { AppVersions } from './app-versions.ts';
import { acceptOperation, problem, type Accepted, type OperationRequest } from './accept-operation.ts';
import type { Changes } from './live/changes.ts';
import type { ClientDocuments } from './client-documents.ts';
import type { Cursors } from './live/cursor.ts';
import type { GatewayAnswer, GatewayClient } from './gateway-client.ts';
import { noHeldTokens, renewDue, type HeldTokens } from './sessions/held-tokens.ts';
import type { LiveLimitOptions } from './limits/live-limits.ts';
import { LivePlaces } from './limits/live-places.ts';
import { LiveFeeds } from './live/live-feeds.ts';
import type { LiveField } from './live/live-field.ts';
import { LiveQueries } from './live/live-queries.ts';
import { LiveStates } from './live/live-states.ts';
import type { LiveOptions, LiveRead } from './live/live-subscriber.ts';
import { OperationRefused } from './operation-request.ts';
import { createPreparedDocuments } from './live/prepared-documents.ts';
import { costOf, liveCost, type RateLimits } from './limits/rate-limits.ts';
import { serveSockets } from './sockets/socket-server.ts';
import { sessionEnded, type EndedSessions } from './sessions/session-ends.ts';
import type { OnTaken, SessionOptions } from './session-options.ts';
import { signIn } from './sessions/sign-in.ts';
import { createStreamServer } from './streams/stream-server.ts';

/** A subscription outlives its token by so much at most. */
const sweepMs = 5_000;

export interface SubscriptionServerOptions {
  readonly host: ServiceHost;
  readonly server: Server;
  readonly documents: ClientDocuments;
  readonly limits: RateLimits;
  readonly liveLimits: LiveLimitOptions;
  readonly schema: GraphQLSchema;
  readonly liveFields: Readonly<Record<string, LiveField>>;
  readonly gateway: GatewayClient;
  /** For the reads of live queries, so that many of them never take the connections of requests. */
  readonly liveGateway: GatewayClient;
  readonly changes: Changes;
  readonly cursors: Cursors;
  readonly endedSessions: EndedSessions;
  readonly onTaken?: OnTaken | undefined;
  /** By default every client brings its own token. */
  readonly heldTokens?: HeldTokens | undefined;
  readonly appVersions: AppVersions;
}

export interface SubscriptionServer {
  /** Sockets are opened at the server itself; streams at a route of this scope. */
  serveStreams(scope: FastifyInstance): void;
  stop(): Promise<void>;
}

export function serveSubscriptions(options: SubscriptionServerOptions): SubscriptionServer {
  const { host, server, schema, liveFields, cursors, endedSessions, heldTokens = noHeldTokens } = options;
  const tools = { documents: createPreparedDocuments(schema, liveFields), cursors };
  const countSlow = host.metrics.counter(
    'slow_subscribers_total',
    'Sockets and streams that were closed because their client took too little; it resumes by its cursor.',
  );
  const feeds = openFeeds(options);
  const places = openPlaces(options, feeds);
  const session: SessionOptions = {
    appVersions: options.appVersions,
    limits: options.limits,
    costOf: (request) => liveCost + costOf(textFor(options.documents, request)),
    places,
    liveQueries: feeds,
    accept: (request, lastEventId) =>
      withDocument(options.documents, request, (found) => acceptOperation(tools, found, lastEventId)),
    heldTokens,
    async signIn(authorization, held) {
      const signedIn = await signIn({ accessTokens: host.accessTokens, endedSessions }, authorization);
      return signedIn && held !== undefined ? { ...signedIn, held } : signedIn;
    },
    execute: async (request, authorization, signal) =>
      JSON.stringify(await execute(options, withText(options.documents, request), authorization, signal)),
    identified: (errors) => identified(errors, host.log),
    onSlow: countSlow,
    ...(options.onTaken === undefined ? {} : { onTaken: options.onTaken }),
  };
  const sockets = serveSockets(server, session, host.log);
  const streams = createStreamServer(session);
  let renewing = Promise.resolve();
  const sweep = setInterval(() => {
    feeds.sweep();
    renewing = renewing.then(() => renewDue([...sockets.sessions(), ...streams.opened()]));
  }, sweepMs);
  endedSessions.onEnded((sessionId) => {
    // First the error, which says why; it ends what runs on streams and sockets of others too.
    feeds.endSession(sessionId, problem('SESSION_ENDED', sessionEnded().message));
    sockets.endSession(sessionId);
    streams.endSession(sessionId);
  });
  return {
    serveStreams: (scope) => streams.serve(scope),
    async stop() {
      clearInterval(sweep);
      places.close();
      await Promise.all([sockets.stop(), streams.stop()]);
    },
  };
}

/** A document that is not served here is refused as any other that is not right. */
function withDocument(
  documents: ClientDocuments,
  request: OperationRequest,
  accept: (found: OperationRequest) => Accepted,
): Accepted {
  try {
    return accept(withText(documents, request));
  } catch (error) {
    if (!(error instanceof OperationRefused)) throw error;
    return { kind: 'refused', errors: [problem(error.code, error.message)] };
  }
}

function withText(documents: ClientDocuments, request: OperationRequest): OperationRequest {
  return { ...request, query: documents.textOf(request) ?? '' };
}

/** What a request costs by: a document that is not known costs nothing more, since nothing is done for it. */
function textFor(documents: ClientDocuments, request: OperationRequest): string {
  const variables = JSON.stringify(request.variables);
  try {
    return withText(documents, request).query + variables;
  } catch (error) {
    if (!(error instanceof OperationRefused)) throw error;
    return request.query + variables;
  }
}

function openFeeds({ host, liveGateway, changes, cursors }: SubscriptionServerOptions): LiveFeeds {
  const countRetry = host.metrics.counter(
    'live_query_retries_total',
    'Reads of live queries that were asked again.',
  );
  const countCoalesced = host.metrics.counter(
    'coalesced_updates_total',
    'States that a slow client never got, since a newer one came before it could take them.',
  );
  const options: LiveOptions = {
    changes,
    cursors,
    // Each read is a trace of its own, linked to the changes that it was made for: a subscription lives for hours.
    ask: ({ field, authorization, query, variables, causes, signal, isFresh = false }: LiveRead) =>
      runInContext(contextOf(authorization), () =>
        host.tracing.inSpan(`live ${field}`, { kind: 'consumer', links: causes }, () =>
          liveGateway.ask(query, variables, { signal, isFresh }),
        ),
      ),
    onRetry(code, field) {
      countRetry();
      host.log.warn({ code, field }, 'live query asks again');
    },
    onFault: (fault) => host.log.error({ err: fault }, 'a live query failed'),
  };
  return new LiveFeeds(new LiveQueries(options), new LiveStates({ ...options, onCoalesced: countCoalesced }));
}

/** Counted against their limits, and shown as metrics. */
function openPlaces(
  { host: { metrics }, liveLimits }: SubscriptionServerOptions,
  feeds: LiveFeeds,
): LivePlaces {
  const countRefused = metrics.labelledCounter(
    'live_refused_total',
    'Sockets, streams and operations on them that were refused, by the limit.',
    'limit',
  );
  const places = new LivePlaces(liveLimits, countRefused);
  metrics.gauge('live_connections', 'Sockets and streams that are open.', {
    label: 'transport',
    read: async () => new Map(Object.entries(places.open)),
  });
  metrics.gauge('live_operations', 'Operations on sockets and streams; live queries, that many share.', {
    label: 'counted',
    read: async () =>
      new Map([
        ['operations', places.operations],
        ['live queries', feeds.running],
      ]),
  });
  return places;
}

async function execute(
  { host, gateway }: SubscriptionServerOptions,
  { query, variables, operationName, extensions }: OperationRequest,
  authorization: string,
  signal: AbortSignal,
): Promise<GatewayAnswer> {
  // Verified when its holder signed in, and remembered since.
  const caller = await host.accessTokens.verify(authorization).catch(() => undefined);
  const { idempotencyKey, consistency } = partsOf(extensions);
  const context: WorkContext = {
    ...contextOf(authorization),
    written: new Map(),
    ...(caller === undefined ? {} : { caller }),
    ...(typeof consistency === 'string' && consistencyIn(consistency) !== undefined ? { consistency } : {}),
  };
  return runInContext(context, () =>
    host.tracing.inSpan('websocket operation', { kind: 'server' }, async () =>
      withConsistency(await gateway.ask(query, variables, { operationName, idempotencyKey, signal })),
    ),
  );
}

/** What HTTP has headers for, and a socket has not. */
function partsOf(extensions: unknown): { readonly idempotencyKey?: unknown; readonly consistency?: unknown } {
  return typeof extensions === 'object' && extensions !== null ? extensions : {};
}

function withConsistency(answer: GatewayAnswer): GatewayAnswer & { readonly extensions?: object } {
  const consistency = currentConsistency();
  return consistency === undefined ? answer : { ...answer, extensions: { consistency } };
}

function contextOf(authorization: string): WorkContext {
  return { ...backgroundContext({}), authorization };
}
