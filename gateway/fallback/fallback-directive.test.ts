// How @fallback lands in a supergraph, and what is refused when it is loaded.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { composedWithFallbacks, fallbackLinks } from './fallback.fixture.ts';
import { composed } from '../authorization/compose.fixture.ts';
import { SupergraphInvalid } from '../planner/planner.ts';
import { readFallbacks } from './fallback-directive.ts';

const read = (subgraphs: Record<string, string>) => {
  const supergraph = composedWithFallbacks(subgraphs);
  return readFallbacks(supergraph, supergraph.fullSchema);
};

test('composition keeps the order in which fallbacks are written', () => {
  const fallbacks = read({
    a: `type Query { a: A @fallback(mode: "omit") }
        type A @key(fields: "id") { id: ID!
          price: Int @fallback(mode: "lastKnown", maxAgeSeconds: 60) @fallback(mode: "provider", field: "cached")
            @fallback(mode: "default", value: "1") }`,
    b: 'type A @key(fields: "id") { id: ID! cached: Int }',
  });
  assert.deepEqual(Object.fromEntries(fallbacks), {
    'Query.a': [{ mode: 'omit' }],
    'A.price': [
      { mode: 'lastKnown', maxAgeMs: 60_000, shared: false },
      { mode: 'provider', field: 'cached' },
      { mode: 'default', value: 1 },
    ],
  });
});

test('several subgraphs that declare the same declare it once', () => {
  const declared =
    'price: Int @shareable @fallback(mode: "lastKnown", maxAgeSeconds: 60) @fallback(mode: "omit")';
  const fallbacks = read({
    a: `type Query { a: A } type A @key(fields: "id") { id: ID! ${declared} }`,
    b: `type A @key(fields: "id") { id: ID! ${declared} }`,
  });
  assert.deepEqual(
    fallbacks.get('A.price')?.map(({ mode }) => mode),
    ['lastKnown', 'omit'],
  );
});

test('the directive is found under the name that a subgraph gave it', () => {
  const sdl = fallbackLinks
    .replace('import: ["@fallback"]', 'import: [{ name: "@fallback", as: "@otherwise" }]')
    .replace('name: "@fallback")', 'name: "@otherwise")')
    .replace('directive @fallback', 'directive @otherwise');
  const supergraph = composed({ a: `${sdl} type Query { a: Int @otherwise(mode: "omit") }` });
  assert.deepEqual([...readFallbacks(supergraph, supergraph.fullSchema).keys()], ['Query.a']);
});

describe('refused when the supergraph is loaded', () => {
  const rows = [
    { field: 'a: Int! @fallback(mode: "omit")', says: /Query\.a: the field is Int!/ },
    { field: 'a: Int @fallback(mode: "guess")', says: /no mode "guess"/ },
    { field: 'a: Int @fallback(mode: "omit", field: "b") b: Int', says: /"omit" takes no field/ },
    {
      field: 'a: Int @fallback(mode: "omit") @fallback(mode: "default", value: "1")',
      says: /nothing is asked after "omit"/,
    },
    { field: 'a: Int @fallback(mode: "lastKnown")', says: /needs maxAgeSeconds/ },
    { field: 'a: Int @fallback(mode: "lastKnown", maxAgeSeconds: 0)', says: /needs maxAgeSeconds from 1/ },
    { field: 'a: Int @fallback(mode: "provider")', says: /needs the field/ },
    { field: 'a: Int @fallback(mode: "provider", field: "b")', says: /no field Query\.b/ },
    { field: 'a: Int @fallback(mode: "provider", field: "a")', says: /stand in for itself/ },
    { field: 'a: Int @fallback(mode: "provider", field: "b") b: Int!', says: /Query\.b is Int!, not Int/ },
    {
      field: 'a(x: Int): Int @fallback(mode: "provider", field: "b") b: Int',
      says: /does not take the argument x/,
    },
    { field: 'a: Int @fallback(mode: "provider", field: "b") b(x: Int!): Int', says: /needs the argument x/ },
    { field: 'a: Int @fallback(mode: "default")', says: /needs a value/ },
    { field: 'a: Int @fallback(mode: "default", value: "{")', says: /not JSON/ },
    { field: 'a: Int @fallback(mode: "default", value: "\\"1\\"")', says: /does not fit Int/ },
    {
      field: 'a: [Int!] @fallback(mode: "default", value: "[1, null]")',
      says: /value\[1\] must not be null/,
    },
    { field: 'a: E @fallback(mode: "default", value: "\\"Z\\"")', says: /does not fit E/ },
    { field: 'a: T @fallback(mode: "default", value: "{}")', says: /value\.n must not be null/ },
    { field: 'a: T @fallback(mode: "default", value: "{\\"n\\": 1, \\"o\\": 2}")', says: /T has no field o/ },
    { field: 'a: T @fallback(mode: "default", value: "[]")', says: /value must be an object/ },
    { field: 'a: U @fallback(mode: "default", value: "{\\"n\\": 1}")', says: /must name its type/ },
  ];
  for (const { field, says } of rows) {
    test(field, () => {
      const sdl = `type Query { ${field} c: E d: T e: U } enum E { X } type T { n: Int! m: Int } union U = T`;
      assert.throws(
        () => read({ a: sdl }),
        (error) => error instanceof SupergraphInvalid && says.test(error.message),
      );
    });
  }

  test('a mutation, which must say that it failed', () => {
    const sdl = 'type Query { a: Int } type Mutation { pay: Int @fallback(mode: "omit") }';
    assert.throws(() => read({ a: sdl }), /a mutation that failed must say so/);
  });

  test('lists of two subgraphs that do not end in one', () => {
    const a =
      'type Query { a: A } type A @key(fields: "id") { id: ID! p: Int @shareable @fallback(mode: "omit") }';
    const b =
      'type A @key(fields: "id") { id: ID! p: Int @shareable @fallback(mode: "lastKnown", maxAgeSeconds: 9) }';
    assert.throws(() => read({ a, b }), /Several subgraphs declare one after the other/);
  });
});

test('defaults of every kind are taken', () => {
  const sdl = `type Query {
      i: Int @fallback(mode: "default", value: "1")  l: [[Int]] @fallback(mode: "default", value: "[[1], null]")
      e: E @fallback(mode: "default", value: "\\"X\\"")  t: T @fallback(mode: "default", value: "{\\"n\\": 1}")
      u: U @fallback(mode: "default", value: "{\\"__typename\\": \\"T\\", \\"n\\": 1}")
      j: J @fallback(mode: "default", value: "{\\"any\\": [1]}")  n: Int @fallback(mode: "default", value: "null") }
    enum E { X } type T { n: Int! m: Int } union U = T scalar J`;
  assert.equal(read({ a: sdl }).size, 7);
});
