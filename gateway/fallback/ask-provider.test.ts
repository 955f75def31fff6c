// Another provider: the query that is asked of it, and whose answer goes where.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { print, validate } from 'graphql';
import type { ExecutionResult } from '../execution.ts';
import type { RunAgain } from './degraded-result.ts';
import {
  answered,
  composedWithFallbacks,
  down,
  fallbackBench,
  neverAgain,
  runOf,
} from './fallback.fixture.ts';

const supergraph = composedWithFallbacks({
  prices: `
    type Query { me: User product(upc: ID!): Product products(first: Int): [Product] things: [Thing] }
    type Mutation { rename(upc: ID!): Product }
    type User { cart: Cart }
    type Cart { total: Int @fallback(mode: "provider", field: "estimate") @fallback(mode: "provider", field: "guess") @fallback(mode: "default", value: "0")
      estimate: Int guess: Int }
    type Product @key(fields: "upc") { upc: ID! name: String
      price(in: String): Int @fallback(mode: "provider", field: "cachedPrice") @fallback(mode: "omit")
      maker: Maker @fallback(mode: "provider", field: "oldMaker") }
    type Maker { name: String! @shareable }
    interface Thing { id: ID! size: Int }
    type Book implements Thing @key(fields: "id") { id: ID! size: Int @fallback(mode: "provider", field: "pages") pages: Int }
    type Film implements Thing @key(fields: "id") { id: ID! size: Int @fallback(mode: "provider", field: "minutes") minutes: Int }`,
  cache: `
    type Product @key(fields: "upc") { upc: ID! cachedPrice(in: String, day: Int): Int oldMaker: Maker }
    type Maker { name: String! @shareable }`,
});

/** Answers the second execution, and keeps what it was asked. */
function again(...results: (ExecutionResult | Error)[]): RunAgain & { readonly asked: string[] } {
  const asked: string[] = [];
  const run: RunAgain = async (document) => {
    assert.deepEqual(validate(supergraph.fullSchema, document), []);
    asked.push(print(document).replaceAll(/\s+/g, ' '));
    const result = results.shift();
    if (result === undefined) throw new Error('one execution too many');
    if (result instanceof Error) throw result;
    return result;
  };
  return Object.assign(run, { asked });
}

test('the provider is asked under the same response key, with what identifies the items and nothing else', async () => {
  const operation = fallbackBench(supergraph).operation(
    'query ($n: Int, $c: String, $x: ID!) { products(first: $n) { id: upc name cost: price(in: $c) } product(upc: $x) { name } }',
  );
  const result = answered(
    { products: [{ id: '1', name: 'a', cost: null }], product: null },
    down('products', 0),
  );
  const second = again(answered({ products: [{ id: '1', cost: 5 }] }));
  const { data, degraded, errors } = await operation.apply(result, runOf(), second);
  assert.deepEqual(second.asked, [
    'query ($n: Int, $c: String) { products(first: $n) { id: upc cost: cachedPrice(in: $c) } }',
  ]);
  assert.deepEqual(data, { products: [{ id: '1', name: 'a', cost: 5 }], product: null });
  assert.deepEqual(degraded, [
    { path: ['products', 0, 'cost'], reason: 'SERVICE_UNAVAILABLE', used: 'provider' },
  ]);
  assert.deepEqual(errors, []);
});

test('a list that changed in between is matched by keys, and an item that is gone has no value', async () => {
  const operation = fallbackBench(supergraph).operation('{ products { upc price } }');
  const items = (...upcs: string[]) => upcs.map((upc) => ({ upc, price: null }));
  const result = answered({ products: items('1', '2', '3') }, down('products'));
  const second = again(
    answered({
      products: [
        { upc: '9', price: 90 },
        { upc: '3', price: 30 },
        { upc: '1', price: 10 },
      ],
    }),
  );
  const { data, degraded } = await operation.apply(result, runOf(), second);
  assert.deepEqual(data, {
    products: [
      { upc: '1', price: 10 },
      { upc: '2', price: null },
      { upc: '3', price: 30 },
    ],
  });
  assert.deepEqual(degraded.map(({ used }) => used).toSorted(), ['omitted', 'provider', 'provider']);
});

test('an item that the client asks no key of is not matched: nothing is asked', async () => {
  const operation = fallbackBench(supergraph).operation('{ products { price } }');
  const result = answered({ products: [{ price: null }] }, down('products'));
  const { degraded } = await operation.apply(result, runOf(), neverAgain);
  assert.deepEqual(
    degraded.map(({ used }) => used),
    ['omitted'],
  );
});

test('an object that became another one is not matched', async () => {
  const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { upc price } }');
  const result = answered({ product: { upc: '1', price: null } }, down('product', 'price'));
  const { data } = await operation.apply(
    result,
    runOf(),
    again(answered({ product: { upc: '2', price: 5 } })),
  );
  assert.deepEqual(data, { product: { upc: '1', price: null } });
});

test('an object of a provider is asked with the selection of the field', async () => {
  const operation = fallbackBench(supergraph).operation('{ product(upc: 1) { maker { called: name } } }');
  const result = answered({ product: { maker: null } }, down('product', 'maker'));
  const second = again(answered({ product: { maker: { called: 'm' } } }));
  const { data } = await operation.apply(result, runOf(), second);
  assert.deepEqual(second.asked, ['{ product(upc: 1) { maker: oldMaker { called: name } } }']);
  assert.deepEqual(data, { product: { maker: { called: 'm' } } });
});

test('each implementer has its own provider', async () => {
  const operation = fallbackBench(supergraph).operation('{ things { __typename id size } }');
  const things = [
    { __typename: 'Book', id: '1', size: null },
    { __typename: 'Film', id: '1', size: null },
  ];
  const second = again(answered({ things: things.map((thing, index) => ({ ...thing, size: index + 10 })) }));
  const { data } = await operation.apply(answered({ things }, down('things')), runOf(), second);
  assert.deepEqual(second.asked, [
    '{ things { __typename id ... on Book { size: pages } ... on Film { size: minutes } } }',
  ]);
  assert.deepEqual(data, {
    things: [
      { __typename: 'Book', id: '1', size: 10 },
      { __typename: 'Film', id: '1', size: 11 },
    ],
  });
});

describe('when a provider fails', () => {
  const operation = fallbackBench(supergraph).operation('{ me { cart { total } } }');
  const failed = () => answered({ me: { cart: { total: null } } }, down('me', 'cart', 'total'));

  for (const { says, second, total, used } of [
    {
      says: 'by an error',
      second: answered({ me: { cart: { total: null } } }, down('me', 'cart', 'total')),
      total: 2,
      used: 'provider',
    },
    { says: 'above it', second: answered({ me: null }, down('me')), total: 2, used: 'provider' },
    { says: 'as a whole', second: answered(null, down()), total: 2, used: 'provider' },
    { says: 'by a bug', second: new Error('bug'), total: 2, used: 'provider' },
  ]) {
    test(`${says}, the next one is asked`, async () => {
      const runAgain = again(second, answered({ me: { cart: { total: 2 } } }));
      const { data, degraded } = await operation.apply(failed(), runOf(), runAgain);
      assert.deepEqual(runAgain.asked, [
        '{ me { cart { total: estimate } } }',
        '{ me { cart { total: guess } } }',
      ]);
      assert.deepEqual([data, degraded[0]?.used], [{ me: { cart: { total } } }, used]);
    });
  }

  test('and the next one too, the default is left', async () => {
    const runAgain = again(new Error('bug'), new Error('bug'));
    const { data, degraded } = await operation.apply(failed(), runOf(), runAgain);
    assert.deepEqual([data, degraded[0]?.used], [{ me: { cart: { total: 0 } } }, 'default']);
  });

  test('a null without an error is its answer', async () => {
    const runAgain = again(answered({ me: { cart: { total: null } } }));
    assert.equal((await operation.apply(failed(), runOf(), runAgain)).degraded[0]?.used, 'provider');
  });
});

test('nothing is asked when the deadline leaves no time', async () => {
  const bench = fallbackBench(supergraph);
  bench.clock.now = 996;
  const result = answered({ product: { price: null } }, down('product', 'price'));
  const operation = bench.operation('{ product(upc: 1) { price } }');
  const { degraded } = await operation.apply(result, runOf({ deadlineAt: 1_000 }), neverAgain);
  assert.deepEqual(
    degraded.map(({ used }) => used),
    ['omitted'],
  );
});

test('a mutation is never run a second time', async () => {
  const operation = fallbackBench(supergraph).operation('mutation { rename(upc: 1) { upc price } }');
  const result = answered({ rename: { upc: '1', price: null } }, down('rename', 'price'));
  const { degraded } = await operation.apply(result, runOf(), neverAgain);
  assert.deepEqual(
    degraded.map(({ used }) => used),
    ['omitted'],
  );
});
