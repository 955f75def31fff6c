// One suite for ApolloGateway and the drop-in for it, both behind Apollo Server; and what only the drop-in does.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ApolloGateway } from '@apollo/gateway';
import { ApolloServer, HeaderMap } from '@apollo/server';
import { testDataSources } from './apollo-gateway-data-sources.suite.ts';
import { testPlugins } from './apollo-gateway-plugins.suite.ts';
import { testQueries } from './apollo-gateway-queries.suite.ts';
import { testSupergraphs } from './apollo-gateway-supergraphs.suite.ts';
import { checksOf, silent, type GatewayKind } from './apollo-gateway.suite.ts';
import { SimpleBankGateway, type SimpleBankGatewayOptions } from './apollo-gateway.ts';
import { library, SubgraphServers, vault } from '../subgraph-servers.fixture.ts';

const apolloGateway: GatewayKind = {
  name: 'ApolloGateway',
  open: (options) =>
    new ApolloGateway({ ...options, logger: silent } as ConstructorParameters<typeof ApolloGateway>[0]),
  skip: [
    {
      reason: 'its errors of transport have no path, and their message holds the address',
      tests: ['says where in the query a subgraph that is down is missing, and no word about the house'],
    },
    { reason: 'it adds extensions.serviceName', tests: ['names no subgraph in an error'] },
    {
      reason: 'it passes the message of anything that is thrown',
      tests: ['keeps to itself what a data source throws'],
    },
  ],
};

const simpleBankGateway: GatewayKind = {
  name: 'SimpleBankGateway',
  open: (options) => new SimpleBankGateway({ ...options, logger: silent }),
  skip: [],
};

for (const kind of [apolloGateway, simpleBankGateway]) {
  const { check, finish } = checksOf(kind);
  testQueries(kind, check);
  testSupergraphs(kind, check);
  testDataSources(kind, check);
  testPlugins(kind, check);
  finish();
}

async function openDropIn(options: Partial<SimpleBankGatewayOptions> = {}) {
  await using opened = new AsyncDisposableStack();
  const subgraphs = opened.use(await SubgraphServers.of({ ...library, vault }));
  const server = new ApolloServer({
    gateway: new SimpleBankGateway({ supergraphSdl: subgraphs.supergraph, ...options }),
    stopOnTerminationSignals: false,
  });
  await server.start();
  opened.defer(() => server.stop());
  const open = opened.move();
  return {
    subgraphs,
    async ask(query: string, headers: Record<string, string> = {}, extensions = {}) {
      const http = { method: 'POST', search: '', body: {}, headers: new HeaderMap(Object.entries(headers)) };
      const { body } = await server.executeOperation({ query, http, extensions });
      assert.ok(body.kind === 'single');
      return body.singleResult;
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}

test('SimpleBankGateway passes authorization, trace and correlation id on, and nothing else unless it is named', async () => {
  await using server = await openDropIn();
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  await server.ask('{ whoAmI }', {
    authorization: 'ada',
    traceparent,
    'x-correlation-id': 'c1',
    cookie: 'secret',
  });
  const { headers } = server.subgraphs.asked[0] ?? {};
  assert.equal(headers?.authorization, 'ada');
  assert.equal(headers?.['traceparent'], traceparent);
  assert.equal(headers['x-correlation-id'], 'c1');
  assert.equal(headers.cookie, undefined);
  await using other = await openDropIn({ forwardHeaders: ['Cookie'] });
  await other.ask('{ whoAmI }', { authorization: 'ada', cookie: 'named' });
  assert.equal(other.subgraphs.asked[0]?.headers.cookie, 'named');
  assert.equal(other.subgraphs.asked[0].headers.authorization, undefined);
});

test('SimpleBankGateway guards @authenticated and @requiresScopes, on which ApolloGateway does not start', async () => {
  await using server = await openDropIn({
    callerOf: ({ request }) => {
      const scopes = request.http?.headers.get('x-scopes');
      return { isAuthenticated: scopes != null, scopes: new Set(scopes?.split(' ')), policies: new Set() };
    },
  });
  const query = '{ secret hidden topStars }';
  assert.deepEqual({ ...(await server.ask(query)).data }, { secret: null, hidden: null, topStars: 5 });
  assert.deepEqual(
    { ...(await server.ask(query, { 'x-scopes': 'other' })).data },
    { secret: 'secret', hidden: null, topStars: 5 },
  );
  const all = await server.ask(query, { 'x-scopes': 'read:hidden' });
  assert.deepEqual({ ...all.data }, { secret: 'secret', hidden: 'hidden', topStars: 5 });
  const refusing = new ApolloGateway({ supergraphSdl: server.subgraphs.supergraph, logger: silent });
  await assert.rejects(refusing.load());
});

test('SimpleBankGateway gives a subgraph up at its deadline, and answers the rest', async () => {
  await using server = await openDropIn({ deadlineMs: 150 });
  const held = Promise.withResolvers<void>();
  server.subgraphs.beforeAnswer = ({ subgraph }) =>
    subgraph === 'critics' ? held.promise : Promise.resolve();
  const { data, errors } = await server.ask('{ whoAmI topStars }');
  held.resolve();
  assert.deepEqual({ ...data }, { whoAmI: 'nobody', topStars: null });
  assert.equal(errors?.[0]?.extensions?.['code'], 'DEADLINE_EXCEEDED');
});

test('SimpleBankGateway explains a request that asks for it, where that is on', async () => {
  await using server = await openDropIn({ explain: true });
  const { extensions = {} } = await server.ask('{ topStars }', {}, { explain: ['plan'] });
  const { text } = extensions['plan'] as { text: string[] };
  assert.deepEqual(text, ['Fetch critics (query): { topStars }']);
});
