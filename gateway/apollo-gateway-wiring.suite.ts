// Part of the drop-in's suite: where supergraphs come from, how subgraphs are reached, what plugins see.
import assert from 'node:assert/strict';
import { IntrospectAndCompose, LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer, HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import {
  AuthorizingSource,
  openServer,
  type Check,
  type Context,
  type GatewayKind,
} from './apollo-gateway.suite.ts';
import { composed, library, type SubgraphServers } from './subgraph-servers.fixture.ts';

type Hook = Extract<Parameters<GatewayKind['open']>[0]['supergraphSdl'], (...args: never) => unknown>;

/** A hook that hands out its callbacks, and counts how often it was cleaned up. */
function hookOf(first: string) {
  const seen: { given?: Parameters<Hook>[0]; cleanups: number } = { cleanups: 0 };
  const supergraphSdl: Hook = async (given) => {
    seen.given = given;
    return { supergraphSdl: first, cleanup: async () => void (seen.cleanups += 1) };
  };
  return { seen, supergraphSdl };
}

/** The library before `topStars` was added. */
function olderSupergraph({ urls }: SubgraphServers): string {
  const { shelf, critics } = library;
  assert.ok(shelf !== undefined && critics !== undefined);
  return composed({ shelf, critics: { sdl: critics.sdl.replace('type Query { topStars: Int }', '') } }, urls);
}

export function testSupergraphs(kind: GatewayKind, check: Check): void {
  check('takes a supergraph from a function, and a newer one by update()', async () => {
    const announced: string[] = [];
    const next = Promise.withResolvers<void>();
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) =>
        gateway.onSchemaLoadOrUpdate(({ coreSupergraphSdl }) => {
          if (announced.push(coreSupergraphSdl) === 2) next.resolve();
        }),
    });
    assert.equal(
      (await server.ask('{ topStars }')).errors?.[0]?.extensions?.['code'],
      'GRAPHQL_VALIDATION_FAILED',
    );
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.deepEqual(announced, [olderSupergraph(server.subgraphs), server.subgraphs.supergraph]);
    assert.deepEqual((await server.ask('{ topStars }')).data, { topStars: 5 });
  });

  check('keeps the old supergraph when a broken one comes, and takes the next good one', async () => {
    let announced = 0;
    const next = Promise.withResolvers<void>();
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) =>
        gateway.onSchemaLoadOrUpdate(() => {
          announced += 1;
          if (announced === 2) next.resolve();
        }),
    });
    try {
      hook?.seen.given?.update('type Query { broken: ');
    } catch {
      // ApolloGateway tells the manager, SimpleBankGateway its logger.
    }
    assert.deepEqual((await server.ask('{ whoAmI }')).data, { whoAmI: 'nobody' });
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.equal(announced, 2);
    assert.deepEqual((await server.ask('{ topStars }')).data, { topStars: 5 });
  });

  check('takes a manager: IntrospectAndCompose asks the subgraphs for their schemas', async () => {
    await using server = await openServer(kind, {
      options: ({ urls }) => ({
        supergraphSdl: new IntrospectAndCompose({
          subgraphs: Object.entries(urls).map(([name, url]) => ({ name, url })),
        }),
      }),
    });
    assert.deepEqual((await server.ask('{ book(id: "1") { title stars } }')).data, {
      book: { title: 'Dune', stars: 1 },
    });
  });

  check('lets a manager check whether the subgraphs are there', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    await using server = await openServer(kind, { options: ({ supergraph }) => (hook = hookOf(supergraph)) });
    const { supergraph } = server.subgraphs;
    await hook?.seen.given?.healthCheck(supergraph);
    await server.subgraphs.stop('critics');
    await assert.rejects(async () => hook?.seen.given?.healthCheck(supergraph), /critics/);
  });

  check('cleans its manager up when the server stops', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    const server = await openServer(kind, { options: ({ supergraph }) => (hook = hookOf(supergraph)) });
    assert.equal(hook?.seen.cleanups, 0);
    await server[Symbol.asyncDispose]();
    assert.equal(hook?.seen.cleanups, 1);
  });

  check('does not start on a broken supergraph', async () => {
    const gateway = kind.open({ supergraphSdl: 'type Query { broken: ' });
    const server = new ApolloServer({ gateway, logger: silent, stopOnTerminationSignals: false });
    await assert.rejects(server.start());
  });

  check('tells no listener that has unsubscribed', async () => {
    let hook: ReturnType<typeof hookOf> | undefined;
    const heard: string[] = [];
    const next = Promise.withResolvers<void>();
    await using server = await openServer(kind, {
      options: (subgraphs) => (hook = hookOf(olderSupergraph(subgraphs))),
      opened: (gateway) => {
        const leave = gateway.onSchemaLoadOrUpdate(() => {
          heard.push('first');
          leave();
        });
        gateway.onSchemaLoadOrUpdate(() => {
          if (heard.push('second') === 3) next.resolve();
        });
      },
    });
    hook?.seen.given?.update(server.subgraphs.supergraph);
    await next.promise;
    assert.deepEqual(heard, ['first', 'second', 'second']);
  });
}

export function testDataSources(kind: GatewayKind, check: Check): void {
  const authorizing = { buildService: ({ url = '' }: { url?: string }) => new AuthorizingSource({ url }) };

  check("lets a data source's willSendRequest set headers by the request's context", async () => {
    await using server = await openServer(kind, { options: () => authorizing });
    assert.deepEqual((await server.ask('{ whoAmI }', { user: 'ada' })).data, { whoAmI: 'ada' });
    assert.deepEqual((await server.ask('{ whoAmI }')).data, { whoAmI: 'nobody' });
  });

  check('never mixes equal requests of two users under way at once', async () => {
    await using server = await openServer(kind, { options: () => authorizing });
    const users = Array.from({ length: 20 }, (_, index) => `user-${index}`);
    const answers = await Promise.all(users.map((user) => server.ask('{ whoAmI }', { user })));
    assert.deepEqual(
      answers.map(({ data }) => data?.['whoAmI']),
      users,
    );
  });

  check('runs on local schemas by LocalGraphQLDataSource, which get the context too', async () => {
    await using server = await openServer(kind, {
      options: ({ schemas }) => ({
        buildService: ({ name }) => {
          const schema = schemas.get(name);
          assert.ok(schema !== undefined);
          return new LocalGraphQLDataSource(schema);
        },
      }),
    });
    const { data, errors } = await server.ask('{ books { title stars } }');
    assert.equal(errors, undefined);
    assert.deepEqual(data, {
      books: [
        { title: 'Dune', stars: 1 },
        { title: 'Emma', stars: 2 },
      ],
    });
    assert.equal(server.subgraphs.asked.length, 0);
  });

  check('takes any object that answers', async () => {
    await using server = await openServer(kind, {
      options: () => ({
        buildService: ({ name }) => ({
          process: async ({ request }) =>
            name === 'critics' && request.query?.includes('topStars') === true
              ? { data: { topStars: 3 } }
              : { data: null, errors: [{ message: 'Closed today.', extensions: { code: 'CLOSED' } }] },
        }),
      }),
    });
    const { data, errors } = await server.ask('{ topStars whoAmI }');
    assert.deepEqual(data, { topStars: 3, whoAmI: null });
    assert.equal(errors?.[0]?.message, 'Closed today.');
    assert.equal(errors[0].extensions?.['code'], 'CLOSED');
  });

  check(
    'lets didReceiveResponse change an answer, and leave something in the context for plugins',
    async () => {
      const left: unknown[] = [];
      class Noting extends RemoteGraphQLDataSource<Context & { note?: string }> {
        override didReceiveResponse({
          response,
          context,
        }: Parameters<NonNullable<RemoteGraphQLDataSource['didReceiveResponse']>>[0]) {
          context['note'] = 'seen';
          return { ...response, data: { ...response.data, whoAmI: 'somebody else' } };
        }
      }
      await using server = await openServer(kind, {
        options: () => ({ buildService: ({ url = '' }) => new Noting({ url }) }),
        plugins: [
          {
            requestDidStart: async () => ({
              willSendResponse: async ({ contextValue }) => void left.push({ ...contextValue }),
            }),
          },
        ],
      });
      assert.deepEqual((await server.ask('{ whoAmI }')).data, { whoAmI: 'somebody else' });
      assert.deepEqual(left, [{ note: 'seen' }]);
    },
  );

  check('goes on where a data source throws', async () => {
    await using server = await openServer(kind, {
      options: () => ({
        buildService: ({ name, url = '' }) =>
          name === 'shelf'
            ? new RemoteGraphQLDataSource({ url })
            : { process: () => Promise.reject(new Error('secret reason')) },
      }),
    });
    const { data, errors } = await server.ask('{ whoAmI topStars }');
    assert.deepEqual(data, { whoAmI: 'nobody', topStars: null });
    assert.equal(errors?.length, 1);
  });

  check('keeps to itself what a data source throws', async () => {
    await using server = await openServer(kind, {
      options: () => ({
        buildService: () => ({ process: () => Promise.reject(new Error('secret reason')) }),
      }),
    });
    assert.doesNotMatch(JSON.stringify(await server.ask('{ topStars }')), /secret reason/);
  });

  check("lets a subgraph's cache-control header decide that of the answer", async () => {
    await using server = await openServer(kind, {
      options: () => ({ buildService: ({ url = '' }) => new RemoteGraphQLDataSource({ url }) }),
    });
    server.subgraphs.answerHeaders = { 'cache-control': 'max-age=60, public' };
    const { http } = await server.server.executeOperation({ query: '{ topStars }' });
    assert.equal(http.headers.get('cache-control'), 'max-age=60, public');
  });
}

const silent = { debug() {}, info() {}, warn() {}, error() {} };

export function testPlugins(kind: GatewayKind, check: Check): void {
  check('tells plugins of the operation, of its errors with path and code, and of the answer', async () => {
    const heard: unknown[] = [];
    const plugin: ApolloServerPlugin<Context> = {
      requestDidStart: async () => ({
        didResolveOperation: async ({ operationName }) => void heard.push(['operation', operationName]),
        executionDidStart: async () => void heard.push(['executes']),
        didEncounterErrors: async ({ errors }) =>
          void heard.push(['errors', errors.map(({ path, extensions }) => [path, extensions['code']])]),
        willSendResponse: async ({ response: { body } }) =>
          void heard.push(['answer', body.kind === 'single' && body.singleResult.errors?.length]),
      }),
    };
    await using server = await openServer(kind, { plugins: [plugin] });
    await server.ask('query Failing { failing topStars }');
    assert.deepEqual(heard, [
      ['operation', 'Failing'],
      ['executes'],
      ['errors', [[['failing'], 'SHELF_BROKEN']]],
      ['answer', 1],
    ]);
  });

  check('tells plugins of documents that are refused', async () => {
    const codes: unknown[] = [];
    const plugin: ApolloServerPlugin<Context> = {
      requestDidStart: async () => ({
        didEncounterErrors: async ({ errors }) =>
          void codes.push(...errors.map(({ extensions }) => extensions['code'])),
      }),
    };
    await using server = await openServer(kind, { plugins: [plugin] });
    await server.ask('{ film }');
    await server.ask('{ book(');
    assert.deepEqual(codes, ['GRAPHQL_VALIDATION_FAILED', 'GRAPHQL_PARSE_FAILED']);
  });

  check('tells plugins of the schema, with the supergraph that it comes from', async () => {
    const loaded: unknown[] = [];
    await using server = await openServer(kind, {
      plugins: [
        {
          serverWillStart: async () => ({
            schemaDidLoadOrUpdate: ({ apiSchema, coreSupergraphSdl }) =>
              void loaded.push([apiSchema.getType('Book')?.name, coreSupergraphSdl]),
          }),
        },
      ],
    });
    assert.deepEqual(loaded, [['Book', server.subgraphs.supergraph]]);
  });

  check('lets a plugin answer in its place', async () => {
    await using server = await openServer(kind, {
      plugins: [
        {
          requestDidStart: async () => ({
            responseForOperation: async () => ({
              http: { headers: new HeaderMap() },
              body: { kind: 'single' as const, singleResult: { data: { topStars: 1 } } },
            }),
          }),
        },
      ],
    });
    assert.deepEqual((await server.ask('{ topStars }')).data, { topStars: 1 });
    assert.equal(server.subgraphs.asked.length, 0);
  });
}
