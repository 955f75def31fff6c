// Fallbacks end to end: a subgraph is down, and its fields answer what the schema declares for that case, with
// `extensions.degraded` saying so.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codesOf,
  composedForEngine,
  degradedOf,
  signedIn,
  TestEngine,
  unavailable,
  type Asking,
} from '../engine.fixture.ts';
import { fallbackDefinition } from './fallback-directive.ts';

const upcs = ['1', '2'];
const numberOf = ({ upc }: { upc: string }): number => Number(upc);

const shop = {
  catalog: {
    sdl: 'type Query { products: [Product] } type Mutation { touch: Product } type Product @key(fields: "upc") { upc: ID! }',
    resolvers: {
      Query: { products: () => upcs.map((upc) => ({ upc })) },
      Mutation: { touch: () => ({ upc: '1' }) },
    },
  },
  prices: {
    sdl: `extend schema @link(url: "https://simplebank.dev/fallback/v0.1", import: ["@fallback"]) @composeDirective(name: "@fallback")
      ${fallbackDefinition}
      type Product @key(fields: "upc") { upc: ID!
        price(in: String!): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60) @fallback(mode: "provider", field: "listPrice")
        stock: Int @fallback(mode: "default", value: "0") note: String @fallback(mode: "omit") weight: Int
        cost: Int @fallback(mode: "provider", field: "listCost") @requiresScopes(scopes: [["read:cost"]]) }`,
    resolvers: {
      Product: {
        price: (product: { upc: string }) => numberOf(product) * 10,
        stock: () => 5,
        note: () => 'a note',
        weight: () => 2,
        cost: () => 1,
      },
    },
  },
  lists: {
    sdl: 'type Product @key(fields: "upc") { upc: ID! listPrice(in: String!): Int listCost: Int @requiresScopes(scopes: [["read:cost"]]) }',
    resolvers: {
      Product: { listPrice: (product: { upc: string }) => numberOf(product) * 100, listCost: () => 3 },
    },
  },
};

const query = 'query ($in: String = "EUR") { products { upc price(in: $in) stock note } }';
const ofAda: Asking = { context: { headers: [['authorization', 'Ada']] } };
const ofBob: Asking = { context: { headers: [['authorization', 'Bob']] } };

function products(more: (upc: string) => object): object {
  return { products: upcs.map((upc) => ({ upc, ...more(upc) })) };
}

const fromProvider = products((upc) => ({ price: Number(upc) * 100, stock: 0, note: null }));
const lastKnown = products((upc) => ({ price: Number(upc) * 10, stock: 0, note: null }));

test('a subgraph that is down costs nothing that its fields can do without', async () => {
  await using gateway = await TestEngine.over(shop);
  gateway.instead['prices'] = () => unavailable;
  const answer = await gateway.run(query, ofAda);
  assert.deepEqual([answer.data, answer.errors], [fromProvider, undefined]);
  assert.deepEqual(
    degradedOf(answer)
      .map(({ path, reason, used }) => `${path.join('.')} ${reason} ${used}`)
      .toSorted(),
    upcs.flatMap((_, index) => [
      `products.${index}.note SERVICE_UNAVAILABLE omitted`,
      `products.${index}.price SERVICE_UNAVAILABLE provider`,
      `products.${index}.stock SERVICE_UNAVAILABLE default`,
    ]),
  );
});

test('the last known value comes with its age, to whoever it was told, also after a reload', async () => {
  await using gateway = await TestEngine.over(shop);
  const whole = await gateway.run(query, ofAda);
  assert.deepEqual(whole, {
    data: products((upc) => ({ price: Number(upc) * 10, stock: 5, note: 'a note' })),
  });
  gateway.instead['prices'] = () => unavailable;
  const answer = await gateway.run(query, ofAda);
  assert.deepEqual([answer.data, answer.errors], [lastKnown, undefined]);
  const used = degradedOf(answer).filter(({ used }) => used === 'lastKnown');
  assert.equal(used.length, 2);
  for (const { ageMs = -1 } of used) assert.ok(ageMs >= 0 && ageMs < 60_000, String(ageMs));
  assert.deepEqual((await gateway.run(query, ofBob)).data, fromProvider, 'and to nobody else');
  const dollars = { ...ofAda, variables: { in: 'USD' } };
  assert.deepEqual((await gateway.run(query, dollars)).data, fromProvider, 'and for no other question');

  const { lists, ...others } = shop;
  const next = { ...others, lists: { ...lists, sdl: `${lists.sdl} extend type Product { more: Int }` } };
  await gateway.engine.reload(composedForEngine(next));
  assert.deepEqual((await gateway.run(query, ofAda)).data, lastKnown);
});

test('a field that declares none keeps its error, beside those that do', async () => {
  await using gateway = await TestEngine.over(shop);
  gateway.instead['prices'] = () => unavailable;
  const answer = await gateway.run('{ products { upc stock weight } }');
  assert.deepEqual(
    answer.data,
    products(() => ({ stock: 0, weight: null })),
  );
  assert.deepEqual(new Set(codesOf(answer)), new Set(['SERVICE_UNAVAILABLE']));
  assert.equal(degradedOf(answer).length, 2);
});

test('when the provider is down too the error stays', async () => {
  await using gateway = await TestEngine.over(shop);
  gateway.instead['prices'] = () => unavailable;
  gateway.instead['lists'] = () => unavailable;
  const answer = await gateway.run('{ products { price(in: "EUR") } }');
  assert.deepEqual(answer.data, { products: upcs.map(() => ({ price: null })) });
  assert.ok(codesOf(answer).length > 0);
  assert.equal(answer.extensions, undefined);
});

test('no fallback tells what its caller may not see', async () => {
  await using gateway = await TestEngine.over(shop);
  const cost = '{ products { upc cost } }';
  gateway.instead['prices'] = () => unavailable;
  const allowed = await gateway.run(cost, { caller: signedIn('read:cost') });
  assert.deepEqual(
    allowed.data,
    products(() => ({ cost: 3 })),
  );
  gateway.requests.splice(0);
  const denied = await gateway.run(cost, { caller: signedIn() });
  assert.deepEqual(
    denied.data,
    products(() => ({ cost: null })),
  );
  assert.deepEqual(new Set(codesOf(denied)), new Set(['UNAUTHORIZED_FIELD_OR_TYPE']));
  assert.deepEqual(gateway.asked(), ['catalog']);
});

test('what a subgraph answers itself, also null, is replaced by nothing', async () => {
  await using gateway = await TestEngine.over(shop);
  gateway.instead['prices'] = () => ({ data: { _entities: upcs.map(() => ({ stock: null })) }, errors: [] });
  const answer = await gateway.run('{ products { upc stock } }');
  assert.deepEqual(answer, { data: products(() => ({ stock: null })) });
});
