// Part of the drop-in's suite: how subgraphs are reached.
import assert from 'node:assert/strict';
import { LocalGraphQLDataSource, RemoteGraphQLDataSource } from '@apollo/gateway';
import {
  AuthorizingSource,
  openServer,
  type Check,
  type Context,
  type GatewayKind,
} from './apollo-gateway.suite.ts';

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
