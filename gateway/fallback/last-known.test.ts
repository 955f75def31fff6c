// Last known values: whose they are, how old they may be, how many are kept.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { normalised } from '../authorization/authorization.fixture.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import type { FallbackRun } from './degraded-result.ts';
import {
  answered,
  composedWithFallbacks,
  down,
  fallbackBench,
  neverAgain,
  runOf,
  type FallbackBench,
} from './fallback.fixture.ts';
import { createFallbacks } from './fallbacks.ts';
import { createLastKnown } from './last-known.ts';

const supergraph = composedWithFallbacks({
  shop: `
    type Query { product(upc: ID!): Product  products: [Product]  node: Node
      rate(of: String): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60) }
    type Mutation { rename(upc: ID!): Product }
    interface Node @key(fields: "upc") { upc: ID! stock: Int }
    type Product implements Node @key(fields: "upc") { upc: ID! name: String
      stock: Int @fallback(mode: "lastKnown", maxAgeSeconds: 60, shared: true)
      price(in: String): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60)
      maker: Maker @fallback(mode: "lastKnown", maxAgeSeconds: 60, shared: true) }
    type Maker { name: String city(short: Boolean): String plan: String @requiresScopes(scopes: [["plans"]]) }`,
});

const ann = runOf({ headers: [['authorization', 'Bearer ann']] });
const bob = runOf({ headers: [['authorization', 'Bearer bob']] });

async function afterFailure(
  bench: FallbackBench,
  text: string,
  failed: Record<string, unknown>,
  path: (string | number)[],
  run: FallbackRun,
) {
  const result = answered(structuredClone(failed), down(...path));
  const { data, degraded, errors } = await bench.operation(text).apply(result, run, neverAgain);
  return { data, degraded, errors };
}

test('the last known value comes with its age', async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { price } }';
  bench.operation(text).record(answered({ product: { price: 7 } }), ann);
  bench.clock.now = 1_234.4;
  assert.deepEqual(await afterFailure(bench, text, { product: { price: null } }, ['product', 'price'], ann), {
    data: { product: { price: 7 } },
    errors: [],
    degraded: [{ path: ['product', 'price'], reason: 'SERVICE_UNAVAILABLE', used: 'lastKnown', ageMs: 1234 }],
  });
});

test('a value older than maxAgeSeconds is not used, and the error stays', async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { price } }';
  bench.operation(text).record(answered({ product: { price: 7 } }), ann);
  bench.clock.now = 60_001;
  const failed = await afterFailure(bench, text, { product: { price: null } }, ['product', 'price'], ann);
  assert.deepEqual(failed, {
    data: { product: { price: null } },
    errors: [down('product', 'price')],
    degraded: [],
  });
  assert.equal(bench.lastKnown.entries, 0);
});

test("one caller's value never answers another, unless the schema says it is the same for all", async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { price stock } }';
  bench.operation(text).record(answered({ product: { price: 7, stock: 3 } }), ann);
  const nothing = { product: { price: null, stock: null } };
  const ofBob = await afterFailure(bench, text, nothing, ['product'], bob);
  assert.deepEqual(ofBob.data, { product: { price: null, stock: 3 } });
  const ofAnn = await afterFailure(bench, text, nothing, ['product'], ann);
  assert.deepEqual(ofAnn.data, { product: { price: 7, stock: 3 } });
});

test('a value does not reach a caller who may not see all of it, however it came into memory', async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { maker { name plan } } }';
  const guest = runOf({ denied: [{ path: ['product', 'maker', 'plan'], onTypes: undefined }] });
  bench.operation(text).record(answered({ product: { maker: { name: 'm', plan: null } } }), guest);
  assert.equal(bench.lastKnown.entries, 0);
  bench.operation(text).record(answered({ product: { maker: { name: 'm', plan: 'secret' } } }), ann);
  const nothing = { product: { maker: null } };
  assert.deepEqual((await afterFailure(bench, text, nothing, ['product', 'maker'], guest)).data, nothing);
  const ofBob = await afterFailure(bench, text, nothing, ['product', 'maker'], bob);
  assert.deepEqual(ofBob.data, { product: { maker: { name: 'm', plan: 'secret' } } });
});

test('a right that is missing elsewhere is no hindrance', async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { stock maker { plan } } }';
  const guest = runOf({ denied: [{ path: ['product', 'maker', 'plan'], onTypes: undefined }] });
  bench.operation(text).record(answered({ product: { stock: 3, maker: { plan: null } } }), guest);
  const failed = await afterFailure(
    bench,
    text,
    { product: { stock: null, maker: {} } },
    ['product', 'stock'],
    bob,
  );
  assert.deepEqual(failed.data, { product: { stock: 3, maker: {} } });
});

describe('whose value it is', () => {
  const rows = [
    {
      says: 'other arguments on the way',
      seen: '{ product(upc: 1) { price } }',
      failing: '{ product(upc: 2) { price } }',
      found: false,
    },
    {
      says: 'other arguments of the field',
      seen: '{ product(upc: 1) { price(in: "EUR") } }',
      failing: '{ product(upc: 1) { price(in: "USD") } }',
      found: false,
    },
    {
      says: 'another alias',
      seen: '{ product(upc: 1) { price } }',
      failing: '{ product(upc: 1) { price: price } }',
      found: true,
    },
  ];
  for (const { says, seen, failing, found } of rows) {
    test(`${says}: the value is ${found ? 'the same' : 'another'}`, async () => {
      const bench = fallbackBench(supergraph);
      bench.operation(seen).record(answered({ product: { price: 7 } }), ann);
      const { data } = await afterFailure(
        bench,
        failing,
        { product: { price: null } },
        ['product', 'price'],
        ann,
      );
      assert.deepEqual(data, { product: { price: found ? 7 : null } });
    });
  }

  test('variables count by their values', async () => {
    const bench = fallbackBench(supergraph);
    const text = 'query ($of: String) { rate(of: $of) }';
    bench.operation(text).record(answered({ rate: 7 }), runOf({ variables: { of: 'EUR' } }));
    const of = (value: string) =>
      afterFailure(bench, text, { rate: null }, ['rate'], runOf({ variables: { of: value } }));
    assert.deepEqual((await of('USD')).data, { rate: null });
    assert.deepEqual((await of('EUR')).data, { rate: 7 });
  });

  test('an entity is known by its key, in whatever list and operation it stands', async () => {
    const bench = fallbackBench(supergraph);
    const seen = '{ products { upc price } }';
    bench.operation(seen).record(
      answered({
        products: [
          { upc: '1', price: 7 },
          { upc: '2', price: 8 },
        ],
      }),
      ann,
    );
    const products = [
      { id: '2', price: null },
      { id: '1', price: null },
    ];
    const failing = '{ products { id: upc price } }';
    const { data } = await afterFailure(bench, failing, { products }, ['products'], ann);
    assert.deepEqual(data, {
      products: [
        { id: '2', price: 8 },
        { id: '1', price: 7 },
      ],
    });
  });

  test('an item of a list without its key is nobody', async () => {
    const bench = fallbackBench(supergraph);
    const text = '{ products { price } }';
    bench.operation(text).record(answered({ products: [{ price: 7 }] }), ann);
    assert.equal(bench.lastKnown.entries, 0);
    const { data } = await afterFailure(bench, text, { products: [{ price: null }] }, ['products'], ann);
    assert.deepEqual(data, { products: [{ price: null }] });
  });

  test('behind an interface the type must be asked for', async () => {
    const bench = fallbackBench(supergraph);
    bench
      .operation('{ product(upc: 1) { upc stock } }')
      .record(answered({ product: { upc: '1', stock: 7 } }), ann);
    const typed = '{ node { __typename upc stock } }';
    const node = { __typename: 'Product', upc: '1', stock: null };
    assert.deepEqual((await afterFailure(bench, typed, { node }, ['node'], ann)).data, {
      node: { ...node, stock: 7 },
    });
  });

  test('an object is kept with its selection, and a change to one answer does not reach the next', async () => {
    const bench = fallbackBench(supergraph);
    const text = '{ product(upc: 1) { maker { name } } }';
    const given = { product: { maker: { name: 'm' } } };
    bench.operation(text).record(answered(given), ann);
    given.product.maker.name = 'changed';
    const failed = { product: { maker: null } };
    assert.deepEqual((await afterFailure(bench, text, failed, ['product'], ann)).data, {
      product: { maker: { name: 'm' } },
    });
    const other = '{ product(upc: 1) { maker { city(short: true) } } }';
    assert.deepEqual((await afterFailure(bench, other, failed, ['product'], ann)).data, failed);
  });

  test('what a mutation answers counts for the entities in it only', async () => {
    const bench = fallbackBench(supergraph);
    bench.operation('mutation { rename(upc: 1) { price } }').record(answered({ rename: { price: 7 } }), ann);
    assert.equal(bench.lastKnown.entries, 0);
    bench
      .operation('mutation { rename(upc: 1) { upc price } }')
      .record(answered({ rename: { upc: '1', price: 7 } }), ann);
    assert.equal(bench.lastKnown.entries, 1);
  });
});

test('what was known before a reload is known after it, unless the field has another type now', async () => {
  const bench = fallbackBench(supergraph);
  const text = '{ product(upc: 1) { upc stock price } }';
  bench.operation(text).record(answered({ product: { upc: '1', stock: 3, price: 7 } }), ann);
  const next = readSupergraph(supergraph.sdl.replace('price(in: String): Int', 'price(in: String): String'));
  assert.notEqual(next.sdl, supergraph.sdl);
  const reloaded = createFallbacks(next, next.fullSchema, { lastKnown: bench.lastKnown, now: () => 0 });
  const result = answered({ product: { upc: '1', stock: null, price: null } }, down('product'));
  const operation = reloaded.forOperation(normalised(next, text));
  const { data } = (await operation?.apply(result, ann, neverAgain)) ?? {};
  assert.deepEqual(data, { product: { upc: '1', stock: 3, price: null } });
});

describe('what is recorded', () => {
  const text = '{ product(upc: 1) { price stock } }';

  test('of an answer with errors, what no error touches', () => {
    const bench = fallbackBench(supergraph);
    bench
      .operation(text)
      .record(answered({ product: { price: null, stock: 3 } }, down('product', 'price')), ann);
    assert.equal(bench.lastKnown.entries, 1);
  });

  test('a null that is an answer', async () => {
    const bench = fallbackBench(supergraph);
    bench.operation(text).record(answered({ product: { price: 7, stock: 3 } }), ann);
    bench.operation(text).record(answered({ product: { price: null, stock: 3 } }), ann);
    const failed = await afterFailure(
      bench,
      text,
      { product: { price: null, stock: 3 } },
      ['product', 'price'],
      ann,
    );
    assert.deepEqual([failed.data, failed.degraded.length], [{ product: { price: null, stock: 3 } }, 1]);
  });
});

describe('the bounds of what is kept', () => {
  const limits = { mostEntries: 2, mostBytes: 10_000, mostValueBytes: 4_000 };

  test('the value used longest ago goes first', () => {
    const kept = createLastKnown(limits, () => 0);
    kept.put('a', 1);
    kept.put('b', 2);
    assert.equal(kept.get('a', 1)?.value, 1);
    kept.put('c', 3);
    assert.deepEqual(
      ['a', 'b', 'c'].map((key) => kept.get(key, 1)?.value),
      [1, undefined, 3],
    );
  });

  test('bytes are counted and given back', () => {
    const kept = createLastKnown({ ...limits, mostEntries: 100 }, () => 0);
    for (let index = 0; index < 20; index += 1) kept.put(`key${index}`, 'x'.repeat(900));
    assert.ok(kept.bytes <= limits.mostBytes && kept.entries >= 4 && kept.entries < 20, String(kept.entries));
    const before = kept.bytes;
    kept.put('key19', 'x'.repeat(800));
    assert.equal(kept.bytes, before - 200);
  });

  test('a value that is too large is not kept', () => {
    const kept = createLastKnown(limits, () => 0);
    kept.put('a', 'x'.repeat(3_000));
    assert.equal(kept.entries, 0);
  });
});
