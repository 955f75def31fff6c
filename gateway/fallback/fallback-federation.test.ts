// Fallbacks on real answers: subgraphs in memory, one of them down, planned and run as the engine does it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { print } from 'graphql';
import { Federation } from '../reference/subgraphs.fixture.ts';
import { createReferenceExecutor } from '../reference/reference-executor.ts';
import type { SubgraphAnswer, SubgraphRequest } from '../subgraph-fetch.ts';
import type { DegradedResult, FallbackRun } from './degraded-result.ts';
import { fallbackDefinition } from './fallback-directive.ts';
import { createFallbacks, type OperationFallbacks } from './fallbacks.ts';

const uses = `extend schema
  @link(url: "https://simplebank.dev/fallback/v0.1", import: ["@fallback"])
  @federation__composeDirective(name: "@fallback")
${fallbackDefinition}
`;

const upcs = ['1', '2', '3'];

const subgraphs = {
  catalog: {
    sdl: 'type Query { products: [Product] } type Product @key(fields: "upc") { upc: ID! name: String }',
    resolvers: {
      Query: { products: () => upcs.map((upc) => ({ upc, name: `product ${upc}` })) },
    },
  },
  prices: {
    sdl: `${uses} type Product @key(fields: "upc") { upc: ID!
      price(in: String!): Int @fallback(mode: "lastKnown", maxAgeSeconds: 60) @fallback(mode: "provider", field: "listPrice")
      stock: Int @fallback(mode: "omit") weight: Int }`,
    resolvers: {
      Product: { price: ({ upc }: { upc: string }) => Number(upc) * 10, stock: () => 5, weight: () => 2 },
    },
  },
  lists: {
    sdl: 'type Product @key(fields: "upc") { upc: ID! listPrice(in: String!): Int }',
    resolvers: { Product: { listPrice: ({ upc }: { upc: string }) => Number(upc) * 100 } },
  },
};

const pricesDown = {
  prices: (_request: SubgraphRequest): SubgraphAnswer => ({
    data: null,
    errors: [{ message: 'A service is unavailable.', extensions: { code: 'SERVICE_UNAVAILABLE' } }],
  }),
};

/** Executors may make objects without a prototype. */
function plain(data: unknown): unknown {
  return JSON.parse(JSON.stringify(data));
}

test('a subgraph that is down costs its fields nothing that they can do without', async () => {
  await using federation = await Federation.of(subgraphs);
  const variables = { in: 'EUR' };
  const query = 'query ($in: String!) { products { upc name price(in: $in) stock } }';
  const executable = await federation.executable(query);
  const { supergraph, apiSchema, operation } = executable;
  const fallbacks = createFallbacks(supergraph, apiSchema).forOperation(operation);
  assert.ok(fallbacks);
  const execute = createReferenceExecutor(executable);

  const run: FallbackRun = { variables, denied: [], context: federation.input().context };
  const answer = async (using: OperationFallbacks): Promise<DegradedResult> =>
    using.apply(await execute(federation.input(pricesDown, variables)), run, async (document) => {
      const again = await federation.executable(print(document));
      return createReferenceExecutor(again)(federation.input(pricesDown, variables));
    });

  const first = await answer(fallbacks);
  assert.deepEqual(
    plain(first.data),
    { products: upcs.map((upc) => ({ upc, name: `product ${upc}`, price: Number(upc) * 100, stock: null })) },
    'nothing is known yet, so the other provider answers',
  );
  assert.deepEqual(first.errors, []);
  assert.deepEqual(
    first.degraded.map(({ path, used }) => `${path.join('.')} ${used}`).toSorted(),
    ['0', '1', '2'].flatMap((index) => [
      `products.${index}.price provider`,
      `products.${index}.stock omitted`,
    ]),
  );

  fallbacks.record(await execute(federation.input({}, variables)), run);
  const second = await answer(fallbacks);
  assert.deepEqual(
    plain(second.data),
    { products: upcs.map((upc) => ({ upc, name: `product ${upc}`, price: Number(upc) * 10, stock: null })) },
    'now the last known values do',
  );
  assert.deepEqual(second.errors, []);
});

test('a field without a fallback keeps its error', async () => {
  await using federation = await Federation.of(subgraphs);
  const executable = await federation.executable('{ products { upc stock weight } }');
  const fallbacks = createFallbacks(executable.supergraph, executable.apiSchema).forOperation(
    executable.operation,
  );
  const result = await createReferenceExecutor(executable)(federation.input(pricesDown));
  const run: FallbackRun = { variables: {}, denied: [], context: federation.input().context };
  const degraded = await fallbacks?.apply(result, run, () => assert.fail('no provider is declared'));
  assert.equal(degraded?.degraded.length, 3);
  assert.ok((degraded?.errors.length ?? 0) > 0);
});
