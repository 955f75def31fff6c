// Answers made by hand, with faults in them, and what fallbacks make of them.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalised } from '../authorization/authorization.fixture.ts';
import {
  answered,
  composedWithFallbacks,
  down,
  failure,
  fallbackBench,
  neverAgain,
  runOf,
} from './fallback.fixture.ts';
import { createFallbacks } from './fallbacks.ts';

const supergraph = composedWithFallbacks({
  shop: `
    type Query { product(upc: ID!): Product  products: [Product]  thing: Thing  rate(of: String): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60) }
    type Mutation { rename(upc: ID!): Product }
    type Product @key(fields: "upc") { upc: ID! name: String
      note: String @fallback(mode: "omit")
      maker: Maker @fallback(mode: "lastKnown", maxAgeSeconds: 60, shared: true) @fallback(mode: "default", value: "{\\"name\\": \\"unknown\\", \\"size\\": 1}")
    }
    type Maker { name: String! size: Int! home: String }
    interface Thing { label: String @fallback(mode: "default", value: "\\"?\\"") }
    type Book implements Thing { label: String pages: Int @fallback(mode: "omit") }
    type Film implements Thing { label: String @fallback(mode: "omit") pages: Int }`,
  prices: `
    type Product @key(fields: "upc") { upc: ID! weight: Int
      price(in: String): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60)
      stock: Int @fallback(mode: "lastKnown", maxAgeSeconds: 60, shared: true) @fallback(mode: "default", value: "0") }`,
});

test('a supergraph without fallbacks needs none, and an operation without such a field costs nothing', () => {
  const plain = composedWithFallbacks({ a: 'type Query { a: Int }' });
  assert.equal(createFallbacks(plain, plain.fullSchema).isNeeded, false);
  const fallbacks = createFallbacks(supergraph, supergraph.fullSchema);
  assert.equal(fallbacks.isNeeded, true);
  assert.equal(fallbacks.forOperation(normalised(supergraph, '{ products { upc weight } }')), undefined);
});

test('an operation without lastKnown fields records nothing', () => {
  const bench = fallbackBench(supergraph);
  assert.equal(bench.operation('{ products { note } }').records, false);
  assert.equal(bench.operation('{ products { upc stock } }').records, true);
});

test('an omitted field is null without its error, and is listed', async () => {
  const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { name note } }');
  const result = answered({ product: { name: 'a', note: null } }, down('product', 'note'));
  assert.deepEqual(await operation.apply(result, runOf(), neverAgain), {
    data: { product: { name: 'a', note: null } },
    errors: [],
    degraded: [{ path: ['product', 'note'], reason: 'SERVICE_UNAVAILABLE', used: 'omitted' }],
  });
});

describe('what is a fault', () => {
  const rows = [
    { code: 'DEADLINE_EXCEEDED', path: ['product', 'note'], degrades: true },
    { code: 'SUBGRAPH_INVALID_VALUE', path: ['product', 'note'], degrades: true },
    { code: 'INTERNAL_SERVER_ERROR', path: ['product', 'note'], degrades: true },
    { code: 'SERVICE_UNAVAILABLE', path: ['product'], degrades: true },
    { code: 'FORBIDDEN', path: ['product', 'note'], degrades: false },
    { code: 'UNAUTHORIZED_FIELD_OR_TYPE', path: ['product', 'note'], degrades: false },
    { code: '', path: ['product', 'note'], degrades: false },
    { code: 'SERVICE_UNAVAILABLE', path: ['product', 'name'], degrades: false },
    { code: 'SERVICE_UNAVAILABLE', path: ['products'], degrades: false },
    { code: 'SERVICE_UNAVAILABLE', path: [], degrades: false },
  ];
  for (const { code, path, degrades } of rows) {
    test(`${code || 'an error without a code'} at "${path.join('.')}" ${degrades ? 'degrades' : 'leaves'} product.note`, async () => {
      const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { note } }');
      const result = answered({ product: { note: null } }, failure(code, ...path));
      const { degraded, errors } = await operation.apply(result, runOf(), neverAgain);
      assert.equal(degraded.length, degrades ? 1 : 0);
      assert.equal(errors.length, degrades ? 0 : 1);
    });
  }

  test('an error below the field is one of the field', async () => {
    const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { maker { title: name } } }');
    const result = answered({ product: { maker: null } }, down('product', 'maker', 'title'));
    const { degraded, data, errors } = await operation.apply(result, runOf(), neverAgain);
    assert.deepEqual(data, { product: { maker: { title: 'unknown' } } });
    assert.deepEqual([degraded[0]?.used, errors], ['default', []]);
  });

  test('a fault and a refusal below one field leave it as it is', async () => {
    const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { maker { name size } } }');
    const result = answered(
      { product: { maker: null } },
      down('product', 'maker', 'name'),
      failure('FORBIDDEN', 'product', 'maker', 'size'),
    );
    assert.deepEqual((await operation.apply(result, runOf(), neverAgain)).degraded, []);
  });

  test('a null without an error is an answer', async () => {
    const operation = fallbackBench(supergraph).operation('{ products { upc note } }');
    const result = answered(
      {
        products: [
          { upc: '1', note: null },
          { upc: '2', note: null },
        ],
      },
      down('products', 1, 'note'),
    );
    const { degraded } = await operation.apply(result, runOf(), neverAgain);
    assert.deepEqual(
      degraded.map(({ path }) => path),
      [['products', 1, 'note']],
    );
  });

  test('errors at a hundred items stand for all items, since executors list no more', async () => {
    const operation = fallbackBench(supergraph).operation('{ products { note } }');
    const products = Array.from({ length: 150 }, () => ({ note: null }));
    const errors = products.slice(0, 100).map((_, index) => down('products', index));
    const result = await operation.apply(answered({ products }, ...errors), runOf(), neverAgain);
    assert.equal(result.degraded.length, 150);
    assert.deepEqual(result.errors, []);
  });
});

describe('which errors stay', () => {
  const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { name note weight } }');

  test('an error of the whole entity goes when every null in it has its fallback', async () => {
    const result = answered({ product: { name: 'a', note: null, weight: 1 } }, down('product'));
    assert.deepEqual((await operation.apply(result, runOf(), neverAgain)).errors, []);
  });

  test('it stays while another null may be its doing', async () => {
    const result = answered({ product: { name: 'a', note: null, weight: null } }, down('product'));
    const { errors, degraded } = await operation.apply(result, runOf(), neverAgain);
    assert.deepEqual([errors, degraded.length], [[down('product')], 1]);
  });

  test('errors of other fields stay, and so do those without a path', async () => {
    const others = [
      down('product', 'name'),
      { message: 'no path', extensions: { code: 'SERVICE_UNAVAILABLE' } },
    ];
    const result = answered(
      { product: { name: null, note: null, weight: 1 } },
      down('product', 'note'),
      ...others,
    );
    assert.deepEqual((await operation.apply(result, runOf(), neverAgain)).errors, others);
  });
});

describe('defaults', () => {
  test('a default object has the keys and the order that the client asked for', async () => {
    const operation = fallbackBench(supergraph).operation(
      '{ product(upc: 1) { maker { size is: __typename who: name home } } }',
    );
    const { data } = await operation.apply(
      answered({ product: { maker: null } }, down('product')),
      runOf(),
      neverAgain,
    );
    assert.equal(
      JSON.stringify(data),
      '{"product":{"maker":{"size":1,"is":"Maker","who":"unknown","home":null}}}',
    );
  });

  test('what an interface declares holds for implementers that declare nothing', async () => {
    const operation = fallbackBench(supergraph).operation('{ thing { __typename label } }');
    const book = answered({ thing: { __typename: 'Book', label: null } }, down('thing', 'label'));
    assert.deepEqual((await operation.apply(book, runOf(), neverAgain)).data, {
      thing: { __typename: 'Book', label: '?' },
    });
    const film = answered({ thing: { __typename: 'Film', label: null } }, down('thing', 'label'));
    assert.equal((await operation.apply(film, runOf(), neverAgain)).degraded[0]?.used, 'omitted');
  });

  test('without __typename nothing is done where the implementers differ', async () => {
    const operation = fallbackBench(supergraph).operation('{ thing { label } }');
    const result = answered({ thing: { label: null } }, down('thing', 'label'));
    assert.deepEqual((await operation.apply(result, runOf(), neverAgain)).degraded, []);
  });

  test("a field under a type condition is that type's", async () => {
    const operation = fallbackBench(supergraph).operation(
      '{ thing { __typename ... on Book { pages } ... on Film { pages } } }',
    );
    const result = (type: string) =>
      answered({ thing: { __typename: type, pages: null } }, down('thing', 'pages'));
    assert.equal((await operation.apply(result('Book'), runOf(), neverAgain)).degraded.length, 1);
    assert.equal((await operation.apply(result('Film'), runOf(), neverAgain)).degraded.length, 0);
  });
});

test('names that would reach a prototype are names like others', async () => {
  const operation = fallbackBench(supergraph).operation(
    '{ product(upc: 1) { __proto__: stock constructor: note } }',
  );
  const product: unknown = JSON.parse('{"__proto__": null, "constructor": null}');
  const result = await operation.apply(answered({ product }, down('product')), runOf(), neverAgain);
  assert.equal(JSON.stringify(result.data), '{"product":{"__proto__":0,"constructor":null}}');
  assert.equal(({} as Record<string, unknown>)['stock'], undefined);
});

test('an answer without data is left alone', async () => {
  const operation = fallbackBench(supergraph).operation('{ rate }');
  assert.deepEqual(await operation.apply(answered(null, down('rate')), runOf(), neverAgain), {
    data: null,
    errors: [down('rate')],
    degraded: [],
  });
});

test('no default is put where something is denied in it', async () => {
  const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { maker { name } } }');
  const denied = [{ path: ['product', 'maker', 'name'], onTypes: undefined }];
  const result = answered({ product: { maker: null } }, down('product'));
  assert.deepEqual((await operation.apply(result, runOf({ denied }), neverAgain)).data, {
    product: { maker: null },
  });
});
