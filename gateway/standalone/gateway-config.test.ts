// The settings of the standalone gateway: each is read, each reaches the part that it is for, and a slip is named.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engineOptionsOf, frontOptionsOf, serverOptionsOf, transportOptionsOf } from './config-options.ts';
import { ConfigInvalid, gatewayConfig, readGatewayConfig, type GatewayConfig } from './gateway-config.ts';

const limits = {
  longestFetchMs: 1,
  maxAnswerBytes: 2,
  maxConnections: 3,
  maxQueued: 4,
  connectMs: 5,
  idleConnectionMs: 6,
  mutationIdleMs: 7,
  retryRatio: 0.5,
  retryBurst: 8,
  breakerFailuresInRow: 9,
  breakerMinFetches: 10,
  breakerWindowMs: 11,
  breakerOpenMs: 12,
  breakerSlowMs: 13,
};

/** Every option, none of them at its default. */
const full = {
  supergraph: 'supergraph.graphql',
  supergraphPollMs: 50,
  host: '0.0.0.0',
  port: 4567,
  path: '/api',
  subgraphs: { shelf: { urls: ['http://127.0.0.1:1', 'http://127.0.0.1:2'], http2: true } },
  transport: limits,
  tls: { ca: 'ca.pem', cert: 'cert.pem', key: 'key.pem' },
  forwardHeaders: ['authorization', 'accept-language'],
  jwt: { jwksUrl: 'https://issuer.test/jwks', issuer: 'https://issuer.test', audience: 'gateway' },
  deadlineMs: 1_000,
  mostDeadlineMs: 2_000,
  planTimeoutMs: 3_000,
  stopMs: 4_000,
  statusCodes: '2026',
  csrfPrevention: ['x-mine'],
  cors: { origins: ['https://app.test'], credentials: true, maxAgeSeconds: 60 },
  compression: { thresholdBytes: 100 },
  persistedQueries: false,
  trustedDocuments: { manifest: 'manifest.json', only: false },
  mostInBatch: 5,
  bodyLimitBytes: 6_000,
  mostHttpConnections: 7,
  planner: 'apollo',
  introspection: true,
  defer: false,
  shareRequests: false,
  shareFetches: false,
  documentLimits: {
    tokens: 1,
    depth: 2,
    aliases: 3,
    rootFields: 4,
    directivesPerField: 5,
    directives: 6,
  },
  mostCost: 100,
  overrideLabels: ['label'],
  rejectUnauthorized: true,
  metrics: false,
  development: true,
} satisfies GatewayConfig;

test('every option is read', () => {
  assert.deepEqual(readGatewayConfig(full), full);
  // An option that is added has to be added above, too.
  assert.deepEqual(Object.keys(full).toSorted(), Object.keys(gatewayConfig.shape).toSorted());
});

test('the path of the supergraph is enough', () => {
  const { supergraph, port, host, supergraphPollMs, development, metrics } = readGatewayConfig({
    supergraph: 'a',
  });
  assert.deepEqual(
    { supergraph, port, host, supergraphPollMs, development, metrics },
    {
      supergraph: 'a',
      port: 4000,
      host: '127.0.0.1',
      supergraphPollMs: 1_000,
      development: false,
      metrics: true,
    },
  );
});

for (const [given, message] of [
  [{ supergraf: 'a' }, /supergraf/],
  [{ cors: { origins: '*', credential: true } }, /cors: .*credential/],
  [{ subgraphs: { shelf: { url: 'http://a' } } }, /subgraphs\.shelf: .*url/],
  [{ transport: { maxConnection: 1 } }, /transport: .*maxConnection/],
  [{ documentLimits: { depht: 1 } }, /documentLimits: .*depht/],
  [{ jwt: { jwksUrl: 'https://a.test', issuers: [] } }, /jwt: .*issuers/],
] as const) {
  test(`an option that does not exist is refused by its name: ${JSON.stringify(given)}`, () => {
    assert.throws(() => readGatewayConfig({ supergraph: 'a', ...given }), { name: 'ConfigInvalid', message });
  });
}

for (const [given, message] of [
  [{ supergraph: undefined }, /^supergraph: is missing/],
  [{ supergraph: 'a', port: 70_000 }, /^port: /],
  [{ supergraph: 'a', path: 'graphql' }, /^path: /],
  [{ supergraph: 'a', subgraphs: { shelf: { urls: ['shelf:4000'] } } }, /^subgraphs\.shelf\.urls\.0: /],
  [{ supergraph: 'a', statusCodes: '2024' }, /^statusCodes: /],
  [{ supergraph: 'a', planner: 'fast' }, /^planner: /],
  [{ supergraph: 'a', transport: { retryRatio: 2 } }, /^transport\.retryRatio: /],
  [{ supergraph: 'a', deadlineMs: 0, port: '1' }, /port: [^]*deadlineMs: /],
] as const) {
  test(`a value that cannot be is refused with the option's name: ${JSON.stringify(given)}`, () => {
    assert.throws(
      () => readGatewayConfig(given),
      (fault) => {
        assert.ok(fault instanceof ConfigInvalid);
        assert.match(fault.message, message);
        return true;
      },
    );
  });
}

test('the engine gets its options', () => {
  assert.deepEqual(engineOptionsOf(full), {
    planner: 'apollo',
    introspection: true,
    defer: false,
    shareRequests: false,
    documentLimits: full.documentLimits,
    mostCost: 100,
    overrideLabels: ['label'],
    rejectUnauthorized: true,
    planTimeoutMs: 3_000,
    explain: true,
  });
});

test('the front and the server get theirs', () => {
  const { callerOf, ...front } = frontOptionsOf(full);
  assert.equal(typeof callerOf, 'function');
  assert.deepEqual(front, {
    path: '/api',
    forwardHeaders: full.forwardHeaders,
    deadlineMs: 1_000,
    mostDeadlineMs: 2_000,
    statusCodes: '2026',
    csrfPrevention: ['x-mine'],
    cors: full.cors,
    compression: { thresholdBytes: 100 },
    persistedQueries: false,
    onlyTrusted: false,
    mostInBatch: 5,
  });
  assert.deepEqual(serverOptionsOf(full), {
    host: '0.0.0.0',
    port: 4567,
    bodyLimitBytes: 6_000,
    mostConnections: 7,
  });
});

test('the transport gets its options', async () => {
  const { http2, ...options } = await transportOptionsOf({ ...full, tls: undefined });
  assert.deepEqual(options, { deduplicates: false, limits });
  assert.deepEqual([http2?.('shelf'), http2?.('critics')], [true, false]);
  await assert.rejects(transportOptionsOf({ ...full, tls: { ca: '/no/such.pem' } }), { code: 'ENOENT' });
});

test('what is not set is left to the default of its part', async () => {
  const config = readGatewayConfig({ supergraph: 'a' });
  assert.deepEqual(engineOptionsOf(config), { introspection: false, explain: false });
  assert.deepEqual(frontOptionsOf(config), { persistedQueries: {} });
  assert.deepEqual(serverOptionsOf(config), { host: '127.0.0.1', port: 4000 });
  assert.deepEqual(Object.keys(await transportOptionsOf(config)), ['deduplicates', 'http2']);
});

test('development brings introspection, unless that is set', () => {
  const of = (given: object) =>
    engineOptionsOf(readGatewayConfig({ supergraph: 'a', ...given })).introspection;
  assert.equal(of({ development: true }), true);
  assert.equal(of({ development: true, introspection: false }), false);
});
