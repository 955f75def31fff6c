import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeferredExecutor } from './deferred-executor.ts';
import { shop } from './shop.fixture.ts';
import type { Federation } from './subgraphs.fixture.ts';

async function payloads(
  federation: Federation,
  query: string,
  answers: Parameters<Federation['input']>[0] = {},
) {
  const execute = createDeferredExecutor(await federation.executable(query));
  const found: unknown[] = [];
  for await (const payload of execute(federation.input(answers)))
    found.push(JSON.parse(JSON.stringify(payload)));
  return found;
}

test('sends the primary part first and the deferred one at each place of a list', async () => {
  await using federation = await shop();
  assert.deepEqual(await payloads(federation, '{ items { id ... @defer(label: "later") { stars } } }'), [
    { data: { items: [{ id: '1' }, { id: '2' }, null, { id: '1' }] }, hasNext: true },
    {
      incremental: [0, 1, 3].map((index) => ({
        data: { stars: 5 },
        path: ['items', index],
        label: 'later',
      })),
      hasNext: false,
    },
  ]);
});

test('answers the primary part while a deferred part still waits for its subgraph', async () => {
  await using federation = await shop();
  const held = Promise.withResolvers<void>();
  const query = '{ first { id ... @defer { stars } } }';
  const execute = createDeferredExecutor(await federation.executable(query));
  const input = federation.input({
    reviews: async (request) => {
      await held.promise;
      return federation.ask(request);
    },
  });
  const iterator = execute(input)[Symbol.asyncIterator]();
  const first = await iterator.next();
  assert.equal(JSON.stringify(first.value), '{"data":{"first":{"id":"1"}},"hasNext":true}');
  held.resolve();
  const second = await iterator.next();
  assert.equal(
    JSON.stringify(second.value),
    '{"incremental":[{"data":{"stars":5},"path":["first"]}],"hasNext":false}',
  );
  assert.equal((await iterator.next()).done, true);
});

test('delivers a part within a part after the part around it', async () => {
  await using federation = await shop();
  const query = `{ latest { text ... @defer(label: "item") { item { title ... @defer(label: "film") { ... on Film { minutes postage } } } } } }`;
  assert.deepEqual(await payloads(federation, query), [
    { data: { latest: [{ text: 'good' }] }, hasNext: true },
    {
      incremental: [{ data: { item: { title: 'Two' } }, path: ['latest', 0], label: 'item' }],
      hasNext: true,
    },
    {
      incremental: [
        { data: { minutes: 90, postage: 'for null' }, path: ['latest', 0, 'item'], label: 'film' },
      ],
      hasNext: false,
    },
  ]);
});

test('keeps a null of a deferred part within the part, with the errors of its places', async () => {
  await using federation = await shop();
  const found = await payloads(federation, '{ pair { id ... @defer { stars } } }', {
    reviews: () => ({
      data: { _entities: [{ stars: 4 }, null] },
      errors: [{ message: 'no stars', path: ['_entities', 1, 'stars'] }],
    }),
  });
  assert.deepEqual(found[1], {
    incremental: [
      { data: { stars: 4 }, path: ['pair', 0] },
      { data: null, path: ['pair', 1], errors: [{ message: 'no stars', path: ['pair', 1, 'stars'] }] },
    ],
    hasNext: false,
  });
});

test('delivers a part that came along with the primary one, by the type of its place', async () => {
  await using federation = await shop();
  const query = '{ first { label { ... @defer { text } } ... on Book @defer(label: "b") { pages } } }';
  const [primary, ...later] = await payloads(federation, query);
  assert.deepEqual(primary, { data: { first: { label: {} } }, hasNext: true });
  const items = later.flatMap((payload) => (payload as { incremental?: unknown[] }).incremental ?? []);
  assert.deepEqual(
    new Set(items.map((item) => JSON.stringify(item))),
    new Set([
      '{"data":{"text":"label"},"path":["first","label"]}',
      '{"data":{"pages":100},"path":["first"],"label":"b"}',
    ]),
  );
});

test('ends after the first payload when the primary part is null', async () => {
  await using federation = await shop();
  const found = await payloads(federation, '{ first { id ... @defer { stars } } }', {
    catalog: () => ({ data: null, errors: [{ message: 'down' }] }),
  });
  assert.deepEqual(found, [{ data: null, errors: [{ message: 'down', path: ['first'] }], hasNext: false }]);
});

test('leaves introspection in the first payload', async () => {
  await using federation = await shop();
  const found = await payloads(
    federation,
    '{ first { id } ... @defer { __type(name: "Item") { name } latest { text } } }',
  );
  assert.deepEqual(found[0], { data: { first: { id: '1' }, __type: { name: 'Item' } }, hasNext: true });
  assert.deepEqual(found[1], {
    incremental: [{ data: { latest: [{ text: 'good' }] }, path: [] }],
    hasNext: false,
  });
});
