import assert from 'node:assert/strict';
import { performance } from 'node:perf_hooks';
import { test } from 'node:test';
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import { createReferenceExecutor } from './reference-executor.ts';
import { shop } from './shop.fixture.ts';
import type { Federation } from './subgraphs.fixture.ts';

type Answers = Parameters<Federation['input']>[0];

async function run(federation: Federation, query: string, answers: Answers = {}, variables = {}) {
  const execute = createReferenceExecutor(await federation.executable(query));
  const result = await execute(federation.input(answers, variables));
  // Objects of graphql-js have no prototype; compared by what clients see.
  return JSON.parse(JSON.stringify(result)) as { data: unknown; errors: unknown[] };
}

const down: SubgraphAnswer = {
  data: null,
  errors: [{ message: 'Service unavailable.', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
};

test('asks for an entity that stands at several places once and shows it at each', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ items { id reviews { text } } }');
  const one = { id: '1', reviews: [{ text: 'on 1' }] };
  assert.deepEqual(data, { items: [one, { id: '2', reviews: [{ text: 'on 2' }] }, null, one] });
  assert.deepEqual(errors, []);
  const { variables } = JSON.parse(federation.requests[1]?.body ?? '');
  assert.deepEqual(variables, {
    representations: [
      { __typename: 'Item', id: '1' },
      { __typename: 'Item', id: '2' },
    ],
  });
});

test('learns the real type of an interface object from the subgraph that knows it', async () => {
  await using federation = await shop();
  const { data, errors } = await run(
    federation,
    '{ latest { item { __typename title ... on Film { minutes } } } }',
  );
  assert.deepEqual(data, { latest: [{ item: { __typename: 'Film', title: 'Two', minutes: 90 } }] });
  assert.deepEqual(errors, []);
});

test('drops a representation whose key is null, and sends a required field that is null', async () => {
  await using federation = await shop();
  const query = '{ pair { ... on Book { shelf } ... on Film { postage } } }';
  assert.deepEqual((await run(federation, query)).data, {
    pair: [{ shelf: 'shelf of c1' }, { postage: 'for null' }],
  });
  const first = { __typename: 'Book', id: '1', code: null };
  const without = await run(federation, query, {
    catalog: () => ({ data: { pair: [first] }, errors: [] }),
  });
  assert.equal(without.data, null);
  assert.deepEqual(codesAndPaths(without.errors), [['SUBGRAPH_INVALID_VALUE', ['pair', 0, 'shelf']]]);
  assert.equal(federation.requests.filter(({ subgraph }) => subgraph === 'stock').length, 1);
});

test('keeps aliases that are names of inherited properties apart from them', async () => {
  await using federation = await shop();
  const query =
    '{ first { __proto__: title constructor: reviews { toString: text } hasOwnProperty: weight } }';
  const { data, errors } = await run(federation, query);
  assert.equal(
    JSON.stringify(data),
    '{"first":{"__proto__":"One","constructor":[{"toString":"on 1"}],"hasOwnProperty":10}}',
  );
  assert.deepEqual(errors, []);
  const empty = await run(federation, '{ first { toString: weight constructor: id } }', {
    catalog: () => ({ data: { first: { __typename: 'Book', constructor: '1' } }, errors: [] }),
  });
  assert.deepEqual(empty.data, { first: { toString: null, constructor: '1' } });
  assert.equal(({} as Record<string, unknown>)['title'], undefined);
});

test('reports a failed fetch at each place of the entities it was to bring, and no second error for their nulls', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ items { id stars } }', { reviews: () => down });
  assert.deepEqual(data, { items: [null, null, null, null] });
  const at = (index: number) => ({ ...down.errors[0], path: ['items', index] });
  assert.deepEqual(errors, [at(0), at(3), at(1)]);
});

test('reports a failed root fetch at the fields it was to bring', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ all: items { id } latest { text } first { id } }', {
    catalog: () => down,
  });
  assert.equal(data, null);
  assert.deepEqual(errors, [
    { ...down.errors[0], path: ['all'] },
    { ...down.errors[0], path: ['first'] },
  ]);
});

test('translates the path of an error about one entity to every place where that entity stands', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ items { stars reviews { text } } }', {
    reviews: () => ({
      data: {
        _entities: [
          { stars: 1, reviews: null },
          { stars: 2, reviews: [] },
        ],
      },
      errors: [{ message: 'too many', path: ['_entities', 0, 'reviews'], extensions: { code: 'LIMIT' } }],
    }),
  });
  const one = { stars: 1, reviews: null };
  assert.deepEqual(data, { items: [one, { stars: 2, reviews: [] }, null, one] });
  assert.deepEqual(errors, [
    { message: 'too many', path: ['items', 0, 'reviews'], extensions: { code: 'LIMIT' } },
    { message: 'too many', path: ['items', 3, 'reviews'], extensions: { code: 'LIMIT' } },
  ]);
});

for (const [title, _entities] of [
  ['one entity too few', [{ reviews: [] }]],
  ['one entity too many', [{ reviews: [] }, { reviews: [] }, { reviews: [] }]],
  ['an object instead of a list of entities', { reviews: [] }],
] as const) {
  test(`takes none of the entities when a subgraph sends ${title}`, async () => {
    await using federation = await shop();
    const { data, errors } = await run(federation, '{ pair { id reviews { text } } }', {
      reviews: () => ({ data: { _entities }, errors: [] }),
    });
    assert.deepEqual(data, {
      pair: [
        { id: '1', reviews: null },
        { id: '2', reviews: null },
      ],
    });
    assert.deepEqual(codesAndPaths(errors), [
      ['SUBGRAPH_INVALID_VALUE', ['pair', 0]],
      ['SUBGRAPH_INVALID_VALUE', ['pair', 1]],
    ]);
  });
}

test('makes a value of a wrong kind null with an error at its place, and leaves the rest', async () => {
  await using federation = await shop();
  const { data, errors } = await run(
    federation,
    '{ items { title weight label { text } } first { title } }',
    {
      catalog: () => ({
        data: {
          items: [
            { __typename: 'Book', title: 'a', weight: 'heavy', label: 5 },
            { __typename: 'Item', title: 'b', weight: 1, label: null },
            { __typename: 'Nothing', title: 'c' },
            { __typename: 'Film', title: null, weight: 2, label: [] },
          ],
          first: { __typename: 'Book', title: 'd' },
        },
        errors: [],
      }),
    },
  );
  assert.deepEqual(data, {
    items: [{ title: 'a', weight: null, label: null }, { title: 'b', weight: 1, label: null }, null, null],
    first: { title: 'd' },
  });
  assert.deepEqual(codesAndPaths(errors), [
    ['SUBGRAPH_INVALID_VALUE', ['items', 0, 'weight']],
    ['SUBGRAPH_INVALID_VALUE', ['items', 0, 'label']],
    ['SUBGRAPH_INVALID_VALUE', ['items', 2]],
    ['SUBGRAPH_INVALID_VALUE', ['items', 3, 'title']],
  ]);
  assert.ok(!JSON.stringify(errors).includes('heavy'), 'no value of a subgraph in a message');
});

test('takes an answer with neither data nor errors for a fault', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ items { id } }', {
    catalog: () => ({ data: null, errors: [] }),
  });
  assert.deepEqual(data, { items: null });
  assert.deepEqual(codesAndPaths(errors), [['SUBGRAPH_INVALID_VALUE', ['items']]]);
});

test('runs the fields of a mutation in their order, each completed before the next begins', async () => {
  await using federation = await shop();
  const { data } = await run(
    federation,
    `mutation ($text: String!) {
      a: review(text: $text) { item { title } } b: rename(id: "1", title: "New") { title reviews { text } } reset
    }`,
    {},
    { text: 'hm' },
  );
  assert.deepEqual(data, {
    a: { item: { title: 'One' } },
    b: { title: 'New', reviews: [{ text: 'on 1' }] },
    reset: 7,
  });
  assert.deepEqual(
    federation.requests.map(({ subgraph, operationKind }) => `${operationKind} ${subgraph}`),
    ['mutation reviews', 'query catalog', 'mutation catalog', 'query reviews', 'mutation catalog'],
  );
});

test('starts no fetch after the deadline', async () => {
  await using federation = await shop();
  const execute = createReferenceExecutor(await federation.executable('{ items { id reviews { text } } }'));
  const input = federation.input();
  const past = { ...input, context: { ...input.context, deadlineAt: performance.now() } };
  const { data, errors } = await execute(past);
  assert.deepEqual({ ...data }, { items: null });
  assert.deepEqual(codesAndPaths(errors), [['DEADLINE_EXCEEDED', ['items']]]);
  assert.equal(federation.requests.length, 0);
});

test('answers introspection beside data', async () => {
  await using federation = await shop();
  const { data } = await run(
    federation,
    '{ __typename first { t: __typename } __type(name: "Item") { kind } }',
  );
  assert.deepEqual(data, { __typename: 'Query', first: { t: 'Book' }, __type: { kind: 'INTERFACE' } });
});

function codesAndPaths(errors: readonly unknown[]): unknown[] {
  return errors.map((error) => {
    const { path, extensions } = error as { path: unknown; extensions: { code: string } };
    return [extensions.code, path];
  });
}

test('needs no type of an object where nothing that is selected depends on it', async () => {
  await using federation = await shop();
  const { data, errors } = await run(federation, '{ latest { item { id stars ... on Item { id } } } }');
  assert.deepEqual(data, { latest: [{ item: { id: '2', stars: 5 } }] });
  assert.deepEqual(errors, []);
  assert.equal(federation.requests.length, 1);
  const withType = await run(federation, '{ latest { item { __typename } } }', { catalog: () => down });
  assert.deepEqual(withType.data, { latest: [{ item: null }] });
  assert.deepEqual(codesAndPaths(withType.errors), [['SERVICE_UNAVAILABLE', ['latest', 0, 'item']]]);
});

test('answers null with an error for what the caller may not see, at the types where that is so', async () => {
  await using federation = await shop();
  const executable = await federation.executable('{ pair { __typename weight } first { title } }');
  const denied = [
    { path: ['pair', 'weight'], onTypes: new Set(['Book']) },
    { path: ['first', 'title'], onTypes: undefined },
  ];
  const pair = await createReferenceExecutor({ ...executable, denied })(federation.input());
  assert.equal(pair.data, null);
  assert.deepEqual(codesAndPaths(pair.errors), [
    ['UNAUTHORIZED_FIELD_OR_TYPE', ['pair', 0, 'weight']],
    ['UNAUTHORIZED_FIELD_OR_TYPE', ['first', 'title']],
  ]);
});
