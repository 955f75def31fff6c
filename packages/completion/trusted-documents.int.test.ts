// Trusted documents at a BFF over every transport: what is in a manifest runs, by hash or by text, and nothing else.
import assert from 'node:assert/strict';
import { hash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { answerJson, testPeer, testHost, type PeerAnswer } from '@simplebank/testkit';
import fastify from 'fastify';
import { createClientDocuments } from './client-documents.ts';
import { createGatewayClient } from './gateway-client.ts';
import { serveOperations } from './http-operations.ts';
import { createRateLimits } from './limits/rate-limits.ts';
import { startSubscriptions } from './subscription-server.fixture.ts';
import { noTrustedDocuments, readTrustedDocuments } from './trusted-documents.ts';

const shipped = ['{ hello }', 'subscription { orderUpdated(orderId: "ord-1", after: "0") { event } }'];
const sha256Of = (text: string) => hash('sha256', text);
const [helloHash, followHash] = shipped.map(sha256Of) as [string, string];

async function manifests(files: Readonly<Record<string, object>>) {
  const folder = await mkdtemp(join(tmpdir(), 'manifests-test-'));
  for (const [name, entries] of Object.entries(files)) {
    await writeFile(join(folder, name), JSON.stringify(entries));
  }
  return { folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

const versions = {
  '1.0.0.json': { [helloHash]: { name: 'Hello', document: shipped[0] } },
  '1.1.0.json': { [followHash]: { name: 'Follow', document: shipped[1] } },
};

async function trustedOfTest() {
  await using found = await manifests(versions);
  return readTrustedDocuments(found.folder);
}

async function openHttp(
  documents: ReturnType<typeof createClientDocuments>,
  answer: PeerAnswer = (_request, response) => answerJson(response, { data: { hello: 'world' } }),
) {
  const gateway = await testPeer(answer);
  const bff = testHost({ service: 'bff-web', addresses: { gateway: gateway.address } });
  const client = createGatewayClient(bff.host.openCalls(2));
  const limits = createRateLimits({ perAddress: 0, perCustomer: 0 });
  const app = fastify();
  await app.register(async (scope) =>
    serveOperations(scope, { documents, limits, gateway: client, log: bff.host.log }),
  );
  const url = `${await app.listen({ port: 0 })}/graphql`;
  const json = { 'content-type': 'application/json' };
  return {
    gateway,
    post: (body: unknown) => fetch(url, { method: 'POST', headers: json, body: JSON.stringify(body) }),
    get: (parameters: Record<string, string>, headers: Record<string, string> = {}) =>
      fetch(`${url}?${new URLSearchParams(parameters)}`, { headers: { ...json, ...headers } }),
    async [Symbol.asyncDispose]() {
      await app.close();
      await client.close();
      await bff[Symbol.asyncDispose]();
      await gateway[Symbol.asyncDispose]();
    },
  };
}

async function codeOf(response: Response): Promise<unknown> {
  const { errors } = (await response.json()) as { errors?: { extensions: { code: string } }[] };
  return errors?.[0]?.extensions.code;
}

const persisted = (sha256Hash: string) => ({ extensions: { persistedQuery: { version: 1, sha256Hash } } });

test('a document of any shipped version runs by its hash, in both spellings, and by its text', async () => {
  await using http = await openHttp(createClientDocuments(await trustedOfTest(), true));
  for (const asked of [persisted(helloHash), { documentId: `sha256:${helloHash}` }, { query: shipped[0] }]) {
    assert.equal((await http.post({ ...asked, variables: { a: 1 } })).status, 200);
    const { query, variables, extensions } = JSON.parse(http.gateway.requests.at(-1)?.body ?? '');
    assert.deepEqual([query, variables], [shipped[0], { a: 1 }]);
    assert.equal(extensions?.persistedQuery, undefined);
  }
});

test('in production nothing else reaches the gateway, in whatever form it is sent', async () => {
  await using http = await openHttp(createClientDocuments(await trustedOfTest(), true));
  const other = '{ hello  }';
  for (const refused of [
    await http.post({ query: other }),
    await http.post({ query: other, ...persisted(helloHash) }),
    await http.post({ query: other, documentId: helloHash }),
    await http.post({ query: other, ...persisted(sha256Of(other)) }),
    await http.post(persisted(sha256Of(other))),
    await http.get({ query: other }),
  ]) {
    assert.equal(refused.status, 403);
    assert.equal(await codeOf(refused), 'TRUSTED_DOCUMENTS_ONLY');
  }
  assert.equal(await codeOf(await http.post([{ query: other }])), 'BAD_REQUEST');
  assert.equal(http.gateway.requests.length, 0);
});

test('in development a document is registered once and then asked for by its hash', async () => {
  await using http = await openHttp(createClientDocuments(noTrustedDocuments, false));
  const asked = persisted(helloHash);
  assert.equal(await codeOf(await http.post(asked)), 'PERSISTED_QUERY_NOT_FOUND');
  assert.equal(await codeOf(await http.post({ query: '{ other }', ...asked })), 'BAD_REQUEST');
  assert.equal(http.gateway.requests.length, 0);
  assert.equal((await http.post({ query: '{ hello }', ...asked })).status, 200);
  assert.equal((await http.post(asked)).status, 200);
  assert.match(http.gateway.requests.at(-1)?.body ?? '', /\{ hello \}/);
});

test('what is registered in development is bounded', () => {
  const documents = createClientDocuments(noTrustedDocuments, false);
  const large = (name: string) => `{ ${name} } #${'x'.repeat(1024 * 1024)}`;
  for (const name of ['a', 'b', 'c', 'd', 'e']) {
    documents.textOf({ query: large(name), documentId: sha256Of(large(name)) });
  }
  assert.throws(() => documents.textOf({ documentId: sha256Of(large('a')) }), /PersistedQueryNotFound/);
  assert.equal(documents.textOf({ documentId: sha256Of(large('e')) }), large('e'));
});

test('a GET by hash is kept by its client alone, and asked for again costs no body', async () => {
  await using http = await openHttp(createClientDocuments(await trustedOfTest(), true));
  const parameters = { extensions: JSON.stringify(persisted(helloHash).extensions), variables: '{"a":1}' };
  const first = await http.get(parameters);
  assert.deepEqual(await first.json(), { data: { hello: 'world' } });
  assert.equal(first.headers.get('cache-control'), 'private, no-cache');
  assert.equal(first.headers.get('vary'), 'accept, authorization, cookie');
  assert.match(
    decodeURIComponent(http.gateway.requests[0]?.url ?? ''),
    /query=\{\+hello\+\}&variables=\{"a":1\}/,
  );
  const etag = first.headers.get('etag') ?? '';
  const again = await http.get({ documentId: helloHash }, { 'if-none-match': `"other", W/${etag}` });
  assert.deepEqual([again.status, await again.text(), again.headers.get('etag')], [304, '', etag]);
  const changed = await http.get({ documentId: helloHash }, { 'if-none-match': '"other"' });
  assert.equal(changed.status, 200);
});

test('an answer with errors is kept by nobody', async () => {
  const errors = [{ message: 'down', extensions: { code: 'SERVICE_UNAVAILABLE' } }];
  await using http = await openHttp(createClientDocuments(noTrustedDocuments, false), (_request, response) =>
    answerJson(response, { data: { hello: null }, errors }),
  );
  const answer = await http.get({ query: '{ hello }' });
  assert.equal(answer.headers.get('cache-control'), 'private, no-store');
  assert.equal(answer.headers.get('etag'), null);
});

test('over a socket a shipped subscription runs by its hash, and another document is refused', async () => {
  await using bff = await startSubscriptions({ trusted: await trustedOfTest() });
  bff.happens(1);
  const socket = await bff.socket();
  await socket.signIn();
  const subscribe = (id: string, payload: object) => socket.send({ id, type: 'subscribe', payload });
  subscribe('by-hash', { query: '', ...persisted(helloHash) });
  assert.equal((await socket.next('by-hash'))?.type, 'next');
  subscribe('by-id', { query: '', documentId: `sha256:${helloHash}` });
  assert.equal((await socket.next('by-id'))?.type, 'next');
  subscribe('other', { query: 'subscription { orderUpdated(orderId: "ord-2") { event } }' });
  const refused = await socket.next('other');
  assert.equal(refused?.type, 'error');
  assert.match(JSON.stringify(refused.payload), /TRUSTED_DOCUMENTS_ONLY/);
});

test('over server-sent events too', async () => {
  await using bff = await startSubscriptions({ trusted: await trustedOfTest() });
  const ask = (body: object) =>
    fetch(`${bff.url}/graphql/stream`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${bff.token}` },
      body: JSON.stringify(body),
    }).then((response) => response.text());
  assert.match(await ask({ documentId: helloHash }), /"hello":"world"/);
  assert.match(await ask({ query: '{ __typename }' }), /TRUSTED_DOCUMENTS_ONLY/);
});

test('a manifest whose document was changed is refused at the start, and so is a folder without one', async () => {
  await using changed = await manifests({
    '1.0.0.json': { [helloHash]: { name: 'Hello', document: '{ other }' } },
  });
  assert.throws(() => readTrustedDocuments(changed.folder), /is another text/);
  await using empty = await manifests({});
  assert.throws(() => readTrustedDocuments(empty.folder), /no manifest/);
});
