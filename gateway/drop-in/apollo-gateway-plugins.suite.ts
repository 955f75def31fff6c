// Part of the drop-in's suite: what Apollo Server's plugins see of it.
import assert from 'node:assert/strict';
import { HeaderMap, type ApolloServerPlugin } from '@apollo/server';
import { openServer, type Check, type Context, type GatewayKind } from './apollo-gateway.suite.ts';

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
