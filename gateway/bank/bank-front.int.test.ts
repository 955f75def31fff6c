// What the bank adds around the engine: rights out of tokens, each request in its own context, a supergraph that is
// followed, and what the logs tell.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import type { IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { answerJson, testHost, until, type PeerAnswer } from '@simplebank/testkit';
import { watchEngine } from './bank-engine.ts';
import { serveBankFront } from './bank-front.ts';
import { composed, critics, openGateway, shelfAndCritics } from './bank-gateway.fixture.ts';
import { createEngine } from '../engine.ts';
import type { SubgraphFetcher } from '../subgraph-fetch.ts';

const document = '{ book(id: "1") { title reviews } }';
const bookAnswer: PeerAnswer = (_request, response) =>
  answerJson(response, { data: { book: { __typename: 'Book', id: '1', title: 'Dune' } } });
const reviewsAnswer: PeerAnswer = (_request, response) =>
  answerJson(response, { data: { _entities: [{ reviews: ['good'] }] } });
const answers = { shelf: bookAnswer, critics: reviewsAnswer };
const open = (given: Partial<Record<keyof typeof answers, PeerAnswer>> = {}, environment = {}) =>
  openGateway({ supergraph: shelfAndCritics, answers: { ...answers, ...given }, environment });

const guarded = composed({
  shelf: `type Query { book(id: ID!): Book free: String }
          type Book @key(fields: "id") @authenticated { id: ID! title: String lentTo: String @requiresScopes(scopes: [["lending:read"]]) }
          type Mutation { lend(id: ID!): Book @requiresScopes(scopes: [["lending:write"]]) }`,
  critics,
});

test('who has not signed in gets UNAUTHENTICATED for what is guarded, and the rest', async () => {
  const shelf: PeerAnswer = (_request, response) => answerJson(response, { data: { free: 'as air' } });
  await using gateway = await openGateway({ supergraph: guarded, answers: { ...answers, shelf } });
  const { data, errors = [] } = await gateway.ask('{ free book(id: "1") { title } }');
  assert.deepEqual(data, { free: 'as air', book: null });
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions['code']]),
    [[['book'], 'UNAUTHENTICATED']],
  );
  assert.doesNotMatch(gateway.peers.shelf.requests[0]?.body ?? '', /book/);
});

test('a token opens what its scopes reach, and nothing beyond is asked of any subgraph', async () => {
  await using gateway = await openGateway({ supergraph: guarded, answers });
  const asked = '{ book(id: "1") { title lentTo } }';
  const { data, errors = [] } = await gateway.ask(asked, gateway.bearer({ scopes: ['lending:write'] }));
  assert.deepEqual(data, { book: { title: 'Dune', lentTo: null } });
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions['code']]),
    [[['book', 'lentTo'], 'UNAUTHORIZED_FIELD_OR_TYPE']],
  );
  assert.doesNotMatch(gateway.peers.shelf.requests[0]?.body ?? '', /lentTo/);
  await gateway.ask(asked, gateway.bearer({ scopes: ['lending:read'] }));
  assert.match(gateway.peers.shelf.requests[1]?.body ?? '', /lentTo/);
});

test('a mutation without its scope is not carried out', async () => {
  await using gateway = await openGateway({ supergraph: guarded, answers });
  const lend = 'mutation { lend(id: "1") { title } }';
  const { data, errors } = await gateway.ask(lend, gateway.bearer({ scopes: ['lending:read'] }));
  assert.deepEqual(data, { lend: null });
  assert.equal(errors?.[0]?.extensions['code'], 'UNAUTHORIZED_FIELD_OR_TYPE');
  assert.equal(gateway.peers.shelf.requests.length, 0);
});

/** Holds answers back until so many requests have come, so that all of them are under way at once. */
function together(count: number, answer: PeerAnswer): PeerAnswer {
  const waiting: (() => void)[] = [];
  return (request, response) => {
    waiting.push(() => void answer(request, response));
    if (waiting.length >= count) for (const go of waiting.splice(0)) go();
  };
}

test('callers who ask the same at once each reach the subgraphs with their own token and correlation id', async () => {
  const count = 20;
  await using gateway = await open({
    shelf: together(count, bookAnswer),
    critics: together(count, reviewsAnswer),
  });
  const sent = Array.from({ length: count }, (_, index) => ({
    ...gateway.bearer({ customerId: `cus-${index}` }),
    'x-correlation-id': `correlation-${index}`,
  }));
  await Promise.all(
    sent.map(async (headers) => {
      const { data, headers: answered } = await gateway.ask(document, headers);
      assert.deepEqual(data, { book: { title: 'Dune', reviews: ['good'] } });
      assert.equal(answered.get('x-correlation-id'), headers['x-correlation-id']);
    }),
  );
  const pairs = (given: readonly IncomingHttpHeaders[]) =>
    given.map((headers) => `${String(headers['x-correlation-id'])} ${headers.authorization}`).toSorted();
  for (const peer of [gateway.peers.shelf, gateway.peers.critics]) {
    assert.deepEqual(pairs(peer.requests.map(({ headers }) => headers)), pairs(sent));
  }
});

test('a new supergraph goes live without a restart, and a broken one leaves the one before', async () => {
  await using gateway = await open();
  await gateway.deploy('type Query { broken');
  const told = (message: string) => gateway.logs.filter(({ msg }) => msg === message);
  await until('the broken one is refused', () => told('the supergraph stays as it is').length > 0);
  assert.deepEqual((await gateway.ask(document)).data, { book: { title: 'Dune', reviews: ['good'] } });
  const next = `type Query { book(id: ID!): Book } type Book @key(fields: "id") { id: ID! title: String pages: Int }`;
  await gateway.deploy(composed({ shelf: next, critics }));
  await until('the new one is live', () => told('supergraph').some(({ outcome }) => outcome === 'live'));
  const { errors } = await gateway.ask('{ book(id: "1") { pages } }');
  assert.equal(errors, undefined);
  assert.match(gateway.peers.shelf.requests.at(-1)?.body ?? '', /pages/);
});

test('a mutation leaves a line that names its fields and its correlation id, and a query leaves none', async () => {
  const shelf: PeerAnswer = (_request, response) => answerJson(response, { data: { lend: null } });
  await using gateway = await open({ shelf });
  const headers = { 'x-correlation-id': 'correlation.of-1' };
  await gateway.ask('{ book(id: "1") { title } }', headers);
  await gateway.ask('mutation Lend { lend(id: "1") { title } }', headers);
  const lines = gateway.logs.filter(({ msg }) => msg === 'mutation');
  assert.deepEqual(
    lines.map(({ fields, correlationId }) => [fields, correlationId]),
    [[['lend'], 'correlation.of-1']],
  );
});

test("the client's correlation id comes back as it was, also with a dot in it", async () => {
  await using gateway = await open();
  const { headers } = await gateway.ask(document, { 'x-correlation-id': 'order.1001.x' });
  assert.equal(headers.get('x-correlation-id'), 'order.1001.x');
  assert.equal(gateway.peers.shelf.requests[0]?.headers['x-correlation-id'], 'order.1001.x');
});

test("a subgraph's error without a code gets one, and loses its text", async () => {
  const bare: PeerAnswer = (_request, response) =>
    answerJson(response, {
      data: { _entities: [{ reviews: null }] },
      errors: [{ message: 'secret', path: ['_entities', 0, 'reviews'] }],
    });
  await using gateway = await open({ critics: bare });
  const { data, errors = [], text } = await gateway.ask(document);
  assert.deepEqual(data, { book: { title: 'Dune', reviews: null } });
  assert.deepEqual(
    errors.map(({ path, extensions }) => [path, extensions['code']]),
    [[['book', 'reviews'], 'SERVICE_UNAVAILABLE']],
  );
  assert.doesNotMatch(text, /secret/);
});

test('the schema can be asked for unless that is off', async () => {
  const introspection = '{ __schema { queryType { name } } }';
  await using talkative = await open();
  assert.deepEqual((await talkative.ask(introspection)).data, { __schema: { queryType: { name: 'Query' } } });
  await using silent = await open({}, { INTROSPECTION: '0' });
  const { errors } = await silent.ask(introspection);
  assert.equal(errors?.[0]?.extensions['code'], 'GRAPHQL_VALIDATION_FAILED');
});

test('a document that was sent with its hash is known by the hash alone', async () => {
  await using gateway = await open();
  const extensions = { persistedQuery: { version: 1, sha256Hash: hash('sha256', document) } };
  const unknown = await gateway.ask('', {}, { extensions });
  assert.equal(unknown.errors?.[0]?.extensions['code'], 'PERSISTED_QUERY_NOT_FOUND');
  await gateway.ask(document, {}, { extensions });
  assert.equal((await gateway.ask('', {}, { extensions })).errors, undefined);
});

test('what the manifests of the applications ask is planned before the gateway serves, and before a new supergraph', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'manifests-test-'));
  const write = (version: string, ...documents: string[]) => {
    const entries = documents.map((text) => [hash('sha256', text), { name: 'Any', document: text }]);
    return writeFile(join(folder.path, `${version}.json`), JSON.stringify(Object.fromEntries(entries)));
  };
  const fromShelf = 'query Known { book(id: "1") { title } }';
  await write('1.0.0', fromShelf, 'subscription S { bookChanged { title } }', 'query Old { gone }');
  await using gateway = await open({}, { WARM_MANIFESTS: folder.path });
  const metric = async (name: string) =>
    (await (await fetch(`${gateway.url}/metrics`)).text()).split('\n').find((one) => one.startsWith(name));
  assert.match((await metric('gateway_documents{')) ?? '', / 1$/);
  assert.match((await metric('gateway_plans_total')) ?? '', / 1$/);
  await gateway.ask(fromShelf);
  assert.match((await metric('gateway_plans_total')) ?? '', / 1$/);
  await write('1.1.0', document);
  await gateway.deploy(`${shelfAndCritics}\n# the next one`);
  await until('the next is live', () => gateway.logs.some(({ outcome }) => outcome === 'live'));
  assert.equal(gateway.logs.find(({ outcome }) => outcome === 'live')?.['warmed'], 2 + 1);
});

test('operations, plans and reloads are counted with the metrics of the service', async () => {
  await using gateway = await open();
  await gateway.ask(`query Shelf ${document}`, { 'apollographql-client-name': 'web' });
  const text = await (await fetch(`${gateway.url}/metrics`)).text();
  const line = (name: string) => text.split('\n').find((one) => one.startsWith(name)) ?? `no ${name}`;
  assert.match(line('gateway_operations_total{operation="Shelf"'), /client="web",outcome="ok".* 1$/);
  assert.match(line('gateway_plans_total'), /service="gateway".* 1$/);
  assert.match(line('gateway_reloads_total'), / 0$/);
  assert.match(line('gateway_documents{'), / 1$/);
});

test('a bug shows its correlation id and nothing else, and the log has the rest', async () => {
  await using gateway = testHost({ service: 'gateway' });
  const fetcher: SubgraphFetcher = { fetch: () => Promise.reject(new Error('the secret')) };
  const engine = await createEngine({
    supergraph: shelfAndCritics,
    fetcher,
    watch: watchEngine(gateway.host),
  });
  gateway.host.onStop(() => engine.close());
  const { url } = await gateway.host.serveHttp((app) => serveBankFront(app, engine, gateway.host.log));
  const response = await fetch(`${url}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-correlation-id': 'correlation-7' },
    body: JSON.stringify({ query: document }),
  });
  assert.equal(response.status, 500);
  const { errors } = (await response.json()) as { errors: object[] };
  const message = 'Something went wrong here; quote the correlation id when you ask us.';
  const extensions = { code: 'INTERNAL_ERROR', correlationId: 'correlation-7' };
  assert.deepEqual(errors, [{ message, extensions }]);
  const [line, ...more] = gateway.logs.filter(({ level }) => level === 'error');
  assert.deepEqual([line?.['correlationId'], more.length], ['correlation-7', 0]);
  assert.match(JSON.stringify(line?.['err']), /the secret/);
});
