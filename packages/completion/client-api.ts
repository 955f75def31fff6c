// What every BFF offers its client at /graphql: queries and mutations pass through to the gateway, subscriptions are
// served here over WebSocket and as server-sent events.
import { readFileSync } from 'node:fs';
import type { FastifyInstance } from 'fastify';
import { buildSchema } from 'graphql';
import { currentContext, type RunningService, type ServiceHost } from '@simplebank/chassis';
import { busOf } from '@simplebank/events';
import {
  anyAppVersion,
  createAppVersions,
  refuseOldVersions,
  type AppVersionOptions,
} from './app-versions.ts';
import { followChanges } from './live/changes.ts';
import { createCursors } from './live/cursor.ts';
import { createGatewayClient } from './gateway-client.ts';
import { createClientDocuments } from './client-documents.ts';
import { serveOperations } from './http-operations.ts';
import { openMutationGuard, type IdempotencyOptions } from './mutations/open-mutation-guard.ts';
import { serveOwnRoutes, type OwnRoutes } from './own-routes.ts';
import { limitRequest, smallestCost } from './limits/limit-request.ts';
import { noLiveLimits, type LiveLimitOptions } from './limits/live-limits.ts';
import { createRateLimits, type RateLimitOptions } from './limits/rate-limits.ts';
import { authorizationBy, noHeldTokens, type HeldTokens } from './sessions/held-tokens.ts';
import { followSessionEnds, noEndedSessions, sessionEnded } from './sessions/session-ends.ts';
import type { OnTaken } from './session-options.ts';
import { serveSubscriptions } from './subscription-server.ts';
import { noTrustedDocuments, readTrustedDocuments } from './trusted-documents.ts';
import { newsOf, type LiveField } from './live/live-field.ts';

/** To each replica of the gateway: for queries and mutations, and apart from them for the reads of live queries. */
const requestConnections = 64;
const liveConnections = 16;
const keysGoAlong: IdempotencyOptions = { isRequired: false };
const noRateLimits: RateLimitOptions = { perAddress: 0, perCustomer: 0 };

export interface ClientApiOptions {
  /** The API schema that subscriptions are validated against. */
  readonly apiSchemaFile: string;
  /** Shared by all BFF processes, so that a cursor resumes at any of them. */
  readonly cursorSecret: string;
  /** Subscription fields, each with the query twin that it is served by. */
  readonly liveFields: Readonly<Record<string, LiveField>>;
  /** The manifests of what the client's builds ask; a document of theirs is found by its hash. */
  readonly manifestsFolder?: string;
  /** How much cost a second; by default no limit. */
  readonly rateLimits?: RateLimitOptions;
  /** How much may be live at once; by default no limit. */
  readonly liveLimits?: LiveLimitOptions;
  /** Of a request that brings none. */
  readonly deadlineMs?: number;
  /** Production: runs nothing but what is in a manifest. */
  readonly onlyTrusted?: boolean;
  /** Which versions of the application are served; by default nobody asks. */
  readonly appVersions?: AppVersionOptions;
  /** The stream on which the issuer says which sessions have ended; without it none ends before its tokens do. */
  readonly sessionEnds?: { readonly stream: string };
  /** How mutations are made safe to repeat; by default a key only goes along to the subgraphs. */
  readonly idempotency?: IdempotencyOptions;
  /** Tokens that this BFF keeps for its clients; by default every client brings its own. */
  readonly heldTokens?: HeldTokens;
  /** Hooks for all of its routes. */
  readonly hooks?: (app: FastifyInstance) => void;
  /** What it serves beside /graphql. */
  readonly ownRoutes?: OwnRoutes;
  /** Told of each end of a story that has arrived over a socket; costs a ping each. */
  readonly onTaken?: OnTaken;
}

export async function serveClientApi(host: ServiceHost, options: ClientApiOptions): Promise<RunningService> {
  const {
    heldTokens = noHeldTokens,
    onTaken,
    hooks = () => undefined,
    ownRoutes = () => undefined,
  } = options;
  const parts = await openParts(host, options);
  const { documents, limits, gateway, endedSessions } = parts;
  const routes = async (app: FastifyInstance): Promise<void> => {
    hooks(app);
    app.addHook('preHandler', async () => {
      if (endedSessions.isEnded(currentContext()?.caller?.sessionId)) throw sessionEnded();
    });
    const subscriptions = serveSubscriptions({ ...parts, host, onTaken, server: app.server, heldTokens });
    await app.register(async (served) => {
      refuseOldVersions(served, parts.appVersions);
      await served.register(async (scope) => {
        serveOperations(scope, { documents, limits, gateway, log: host.log });
        subscriptions.serveStreams(scope);
      });
      await served.register(async (scope) => serveOwnRoutes(scope, ownRoutes, limits));
    });
    // Before the server closes, since it waits for its sockets.
    app.addHook('preClose', () => subscriptions.stop());
  };
  const authorizationOf = authorizationBy(heldTokens);
  return host.serveHttp(routes, {
    deadlineMs: options.deadlineMs,
    authorizationOf: async (request) => {
      // Looking at credentials costs their address something, right or wrong: a session is looked up, a signature verified.
      const { authorization, cookie } = request.headers;
      if (authorization !== undefined || cookie !== undefined) {
        limitRequest(limits, request, smallestCost, {});
      }
      return authorizationOf(request);
    },
  });
}

async function openParts(host: ServiceHost, options: ClientApiOptions) {
  const { liveFields, manifestsFolder, onlyTrusted = false, sessionEnds } = options;
  const { rateLimits = noRateLimits, liveLimits = noLiveLimits, idempotency = keysGoAlong } = options;
  const trusted = manifestsFolder === undefined ? noTrustedDocuments : readTrustedDocuments(manifestsFolder);
  const guard = openMutationGuard(host, idempotency);
  const gateway = createGatewayClient(host.openCalls(requestConnections), guard);
  const liveGateway = createGatewayClient(host.openCalls(liveConnections));
  host.onStop(() => Promise.all([gateway.close(), liveGateway.close()]).then(() => undefined));
  const bus = await busOf(host);
  const changes = await followChanges(bus, newsOf(Object.values(liveFields)));
  host.onStop(() => changes.stop());
  const endedSessions =
    sessionEnds === undefined
      ? noEndedSessions
      : await followSessionEnds({ bus, stream: sessionEnds.stream, log: host.log });
  host.onStop(() => endedSessions.stop());
  return {
    documents: createClientDocuments(trusted, onlyTrusted),
    limits: createRateLimits(rateLimits),
    liveLimits,
    appVersions: options.appVersions === undefined ? anyAppVersion : createAppVersions(options.appVersions),
    schema: buildSchema(readFileSync(options.apiSchemaFile, 'utf8')),
    liveFields,
    gateway,
    liveGateway,
    changes,
    endedSessions,
    cursors: createCursors(options.cursorSecret),
  };
}
