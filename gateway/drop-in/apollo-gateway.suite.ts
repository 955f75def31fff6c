// What a gateway behind Apollo Server does, held against ApolloGateway and against this package's drop-in alike. Where
// the two differ on purpose the test is skipped for one of them, with the reason (apollo-gateway.int.test.ts).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloServer, HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { RemoteGraphQLDataSource, type GraphQLDataSource, type SupergraphManager } from '@apollo/gateway';
import type { GatewayInterface } from '@apollo/server-gateway-interface';
import type { GraphQLFormattedError } from 'graphql';
import { library, SubgraphServers } from '../subgraph-servers.fixture.ts';

export interface GatewayOptions {
  readonly supergraphSdl: string | SupergraphManager | SupergraphManager['initialize'];
  readonly buildService?: (definition: { name: string; url?: string }) => GraphQLDataSource;
}

/** A logger for what is expected to go wrong. */
export const silent = { debug() {}, info() {}, warn() {}, error() {} };

/** One of those that are held to the suite. */
export interface GatewayKind {
  readonly name: string;
  open(options: GatewayOptions): GatewayInterface;
  readonly skip: readonly { readonly reason: string; readonly tests: readonly string[] }[];
}

export interface Context {
  readonly user?: string;
}

export interface Answer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions?: Record<string, unknown>;
}

interface Asked {
  readonly variables?: Record<string, unknown>;
  readonly operationName?: string;
  readonly user?: string;
  readonly headers?: Record<string, string>;
}

interface Opening {
  /** Called before the server is started. */
  readonly opened?: (gateway: GatewayInterface) => void;
  readonly options?: (subgraphs: SubgraphServers) => Partial<GatewayOptions>;
  readonly plugins?: ApolloServerPlugin<Context>[];
}

/** A started Apollo Server with the gateway before real subgraphs. */
export async function openServer(kind: GatewayKind, { opened: tell, options, plugins = [] }: Opening = {}) {
  await using opened = new AsyncDisposableStack();
  const subgraphs = opened.use(await SubgraphServers.of(library));
  const gateway = kind.open({ supergraphSdl: subgraphs.supergraph, ...options?.(subgraphs) });
  const server = new ApolloServer<Context>({
    gateway,
    plugins,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    stopOnTerminationSignals: false,
  });
  tell?.(gateway);
  await server.start();
  opened.defer(() => server.stop());
  const open = opened.move();
  return {
    subgraphs,
    server,
    gateway,
    async ask(query: string, { user, headers, ...rest }: Asked = {}): Promise<Answer> {
      const http = {
        method: 'POST',
        search: '',
        body: {},
        headers: new HeaderMap(Object.entries(headers ?? {})),
      };
      const { body } = await server.executeOperation(
        { query, http, ...rest },
        { contextValue: user === undefined ? {} : { user } },
      );
      assert.ok(body.kind === 'single');
      // As it goes over the wire: data objects have no prototype.
      return JSON.parse(JSON.stringify(body.singleResult)) as Answer;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** The same listening, asked over HTTP. */
export async function openHttp(kind: GatewayKind) {
  await using opened = new AsyncDisposableStack();
  const subgraphs = opened.use(await SubgraphServers.of(library));
  const server = new ApolloServer<Context>({
    gateway: kind.open({
      supergraphSdl: subgraphs.supergraph,
      buildService: ({ url = '' }) => new AuthorizingSource({ url }),
    }),
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
  });
  const { url } = await startStandaloneServer(server, {
    listen: { port: 0, host: '127.0.0.1' },
    context: async ({ req }) => ({ user: String(req.headers['x-user']) }),
  });
  opened.defer(() => server.stop());
  const open = opened.move();
  return {
    subgraphs,
    url,
    async post(body: unknown, headers: Record<string, string> = {}) {
      const response = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
      return { status: response.status, ...((await response.json()) as Answer) };
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

/** The way in which nearly every ApolloGateway passes its callers on. */
export class AuthorizingSource extends RemoteGraphQLDataSource<Context> {
  override willSendRequest({
    request,
    context,
  }: Parameters<NonNullable<RemoteGraphQLDataSource<Context>['willSendRequest']>>[0]): void {
    const { user } = context as Context;
    if (user !== undefined) request.http?.headers.set('authorization', user);
  }
}

export type Check = (title: string, run: () => Promise<void>) => void;

/** Registers tests, those that the kind is known to fail with the reason. */
export function checksOf(kind: GatewayKind): { check: Check; finish(): void } {
  const reasons = new Map(
    kind.skip.flatMap(({ reason, tests }) => tests.map((title) => [title, reason] as const)),
  );
  return {
    check(title, run) {
      const reason = reasons.get(title);
      reasons.delete(title);
      test(`${kind.name} ${title}`, reason === undefined ? {} : { skip: reason }, run);
    },
    /** A reason for a test that is gone would hide the next one of that name. */
    finish() {
      assert.deepEqual([...reasons.keys()], [], 'skipped tests that do not exist');
    },
  };
}
