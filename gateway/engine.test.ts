// The engine as a whole, over subgraphs in memory: what is paid once, what is refused and how, and that nothing that goes
// wrong inside is shown outside.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { anonymous, codesOf, library, TestEngine, type Asking } from './engine.fixture.ts';
import type { PlanEvent } from './watch/engine-watch.ts';

function planWatch() {
  const plans: PlanEvent[] = [];
  const faults: unknown[] = [];
  let reused = 0;
  const watch = {
    planned: (event: PlanEvent) => void plans.push(event),
    reused: () => void (reused += 1),
    failed: (fault: unknown) => void faults.push(fault),
  };
  return { watch, plans, faults, reused: () => reused };
}

/** What must not be shared is asked with a header of its own. */
function asClient(name: string): Asking {
  return { context: { headers: [['authorization', name]] } };
}

test('equal documents are planned once, also when they come at once', async () => {
  const { watch, plans, reused } = planWatch();
  await using gateway = await TestEngine.over(library, { watch });
  const query = '{ book(id: "1") { title reviews } }';
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) => gateway.run(query, asClient(`client ${index}`))),
  );
  for (const { data } of answers) {
    assert.deepEqual(data, { book: { title: 'Dune', reviews: ['review of 1'] } });
  }
  await gateway.run(query);
  assert.deepEqual([plans.length, reused()], [1, 20]);
  assert.equal(gateway.asked().length, 42, 'and each of them was executed');
});

test('values of variables are no part of a plan, those of conditions are', async () => {
  const { watch, plans } = planWatch();
  await using gateway = await TestEngine.over(library, { watch });
  const query =
    'query ($id: ID!, $all: Boolean = false) { book(id: $id) { title reviews @include(if: $all) } }';
  assert.deepEqual((await gateway.run(query, { variables: { id: '1' } })).data, { book: { title: 'Dune' } });
  assert.deepEqual((await gateway.run(query, { variables: { id: '2' } })).data, { book: { title: 'Emma' } });
  assert.deepEqual(gateway.asked(), ['shelf', 'shelf'], 'what is left out is not fetched');
  assert.equal(plans.length, 1);
  const { data } = await gateway.run(query, { variables: { id: '2', all: true } });
  assert.deepEqual(data, { book: { title: 'Emma', reviews: ['review of 2'] } });
  assert.equal(plans.length, 2);
});

test('operations of one document are planned each for itself', async () => {
  await using gateway = await TestEngine.over(library);
  const query = 'query A { a: book(id: "1") { title } } query B { b: book(id: "2") { title } }';
  assert.deepEqual((await gateway.run(query, { operationName: 'A' })).data, { a: { title: 'Dune' } });
  assert.deepEqual((await gateway.run(query, { operationName: 'B' })).data, { b: { title: 'Emma' } });
});

const nested = (levels: number): string => (levels === 0 ? '__typename' : `... { ${nested(levels - 1)} }`);
const refusals: readonly [what: string, query: string, code: string, asking?: Asking, status?: number][] = [
  ['that does not parse', '{ book(', 'GRAPHQL_PARSE_FAILED'],
  ['that is empty', '', 'GRAPHQL_PARSE_FAILED'],
  ['with more tokens than allowed', `{ ${'a: __typename '.repeat(6_000)} }`, 'GRAPHQL_PARSE_FAILED'],
  ['nested deeper than the parser’s stack', '{ a '.repeat(200_000), 'GRAPHQL_PARSE_FAILED'],
  ['with an unknown field', '{ film }', 'GRAPHQL_VALIDATION_FAILED'],
  ['without its operation', 'fragment F on Book { title }', 'GRAPHQL_VALIDATION_FAILED'],
  [
    'with more aliases than allowed',
    `{ ${Array.from({ length: 250 }, (_, index) => `a${index}: __typename`).join(' ')} }`,
    'QUERY_TOO_COMPLEX',
  ],
  ['with more root fields than allowed', `{ ${'whoAmI '.repeat(100)} }`, 'QUERY_TOO_COMPLEX'],
  [
    'with a variable of the wrong type',
    'query ($id: ID!) { book(id: $id) { title } }',
    'BAD_USER_INPUT',
    { variables: { id: { a: 1 } } },
  ],
  ['without a variable that is needed', 'query ($id: ID!) { book(id: $id) { title } }', 'BAD_USER_INPUT'],
  [
    'whose condition is null',
    'query ($all: Boolean = true) { whoAmI @include(if: $all) }',
    'BAD_USER_INPUT',
    { variables: { all: null } },
  ],
  [
    'that has no operation of that name',
    'query A { whoAmI }',
    'OPERATION_NOT_SUPPORTED',
    { operationName: 'B' },
  ],
  [
    'with two operations, none of them named',
    'query A { whoAmI } query B { whoAmI }',
    'OPERATION_NOT_SUPPORTED',
  ],
  ['with a subscription', 'subscription { lent { title } }', 'OPERATION_NOT_SUPPORTED'],
  [
    'with a mutation where only queries may come',
    'mutation { lend(id: "1") { title } }',
    'OPERATION_NOT_SUPPORTED',
    { allowMutation: false },
    405,
  ],
  ['that asks for the schema', '{ __schema { queryType { name } } }', 'GRAPHQL_VALIDATION_FAILED'],
];
test('a document that cannot run is refused before any subgraph is asked', async (t) => {
  await using gateway = await TestEngine.over(library);
  for (const [what, query, code, asking = {}, status = 400] of refusals) {
    await t.test(`${what}: ${code}`, async () => {
      const answer = await gateway.ask(query, asking);
      assert.ok(answer.kind === 'refused', JSON.stringify(answer));
      assert.ok(answer.errors.length > 0);
      assert.deepEqual(new Set(codesOf(answer)), new Set([code]));
      assert.equal(answer.status, status);
      assert.doesNotMatch(JSON.stringify(answer), /stack|node_modules|shelf\b/);
      assert.deepEqual(gateway.asked(), []);
    });
  }
  assert.deepEqual(
    (await gateway.run(`{ ${nested(30)} }`)).data,
    { __typename: 'Query' },
    'what is within the limits runs',
  );
});

test('an operation that costs more than allowed is refused by its variables', async () => {
  await using gateway = await TestEngine.over(
    {
      shelf: {
        sdl: `extend schema @link(url: "https://specs.apollo.dev/cost/v0.1", import: ["@listSize"])
          type Query { books(first: Int!): [Book!]! @listSize(slicingArguments: ["first"]) } type Book { title: String }`,
        resolvers: { Query: { books: () => [{ title: 'Dune' }] } },
      },
    },
    { mostCost: 50 },
  );
  const query = 'query ($first: Int!) { books(first: $first) { title } }';
  assert.deepEqual((await gateway.run(query, { variables: { first: 10 } })).data, {
    books: [{ title: 'Dune' }],
  });
  const answer = await gateway.ask(query, { variables: { first: 1_000 } });
  assert.deepEqual(answer.kind === 'refused' && codesOf(answer), ['QUERY_TOO_COMPLEX']);
});

test('the schema is shown where introspection is on, without what is federation’s own', async () => {
  await using gateway = await TestEngine.over(library, { introspection: true });
  const { data } = await gateway.run(
    '{ __schema { types { name } } __type(name: "Book") { fields { name } } whoAmI }',
  );
  const text = JSON.stringify(data);
  assert.match(text, /"name":"reviews"/);
  assert.match(text, /"whoAmI":"somebody"/);
  assert.doesNotMatch(text, /join__|_entities|_Any|link__/);
  assert.deepEqual(gateway.asked(), ['shelf'], 'no subgraph is asked for it');
});

test('a bug inside is an answer that tells nothing, and a report that tells all', async () => {
  const { watch, faults } = planWatch();
  await using gateway = await TestEngine.over(library, { watch });
  const bug = new Error('the secret of the house');
  gateway.instead['shelf'] = () => Promise.reject(bug);
  const answer = await gateway.ask('{ whoAmI }');
  assert.deepEqual(answer.kind === 'refused' && [answer.status, codesOf(answer)], [500, ['INTERNAL_ERROR']]);
  assert.doesNotMatch(JSON.stringify(answer), /secret/);
  assert.deepEqual(faults, [bug]);
});

test('the correlation id stands in the answer to a bug and in its report', async () => {
  const reported: unknown[] = [];
  const watch = {
    failed: (_: unknown, { correlationId }: { readonly correlationId: string | undefined }) =>
      void reported.push(correlationId),
  };
  await using gateway = await TestEngine.over(library, { watch });
  gateway.instead['shelf'] = () => Promise.reject(new Error('a bug'));
  const answer = await gateway.ask('{ whoAmI }', {
    context: { tracingHeaders: [['x-correlation-id', 'c-7']] },
  });
  assert.ok(answer.kind === 'refused');
  assert.deepEqual(answer.errors[0]?.extensions, { code: 'INTERNAL_ERROR', correlationId: 'c-7' });
  assert.deepEqual(reported, ['c-7']);
});

test('names that mean something to JavaScript are only names', async () => {
  await using gateway = await TestEngine.over(library);
  const query = `query ($__proto__: ID!, $constructor: Boolean = true) {
    __proto__: book(id: $__proto__) { constructor: title toString: reviews @include(if: $constructor) }
    hasOwnProperty: whoAmI }`;
  const answer = await gateway.ask(query, {
    variables: JSON.parse('{"__proto__":"1"}') as Record<string, unknown>,
  });
  assert.ok(answer.kind === 'executed', JSON.stringify(answer));
  assert.equal(
    answer.text,
    '{"data":{"__proto__":{"constructor":"Dune","toString":["review of 1"]},"hasOwnProperty":"somebody"}}',
  );
  assert.equal(
    Object.hasOwn(Object.prototype, 'constructor') && ({} as Record<string, unknown>)['title'],
    undefined,
  );
});

test('a variable that has the name of federation’s own reaches its subgraph under the client’s meaning', async () => {
  await using gateway = await TestEngine.over(library);
  const query = 'query ($representations: ID!) { book(id: $representations) { title reviews } }';
  const { data, errors } = await gateway.run(query, { variables: { representations: '2' } });
  assert.equal(errors, undefined);
  assert.deepEqual(data, { book: { title: 'Emma', reviews: ['review of 2'] } });
});

test('what a mutation reads joins no query that may have begun before it', async () => {
  const ways = ['compiled', 'reference'] as const;
  for (const executor of ways) {
    await using gateway = await TestEngine.over(library, { executor });
    const asked = async (query: string) => {
      await gateway.run(query);
      return gateway.requests
        .splice(0)
        .map(({ subgraph, operationKind, isUnshared = false }) => [subgraph, operationKind, isUnshared]);
    };
    assert.deepEqual(
      (await asked('mutation { lend(id: "1") { reviews } }')).at(-1),
      ['critics', 'query', true],
      executor,
    );
    assert.deepEqual((await asked('{ book(id: "1") { reviews } }')).at(-1), ['critics', 'query', false]);
  }
});

test('a request is asked in the name of its caller', async () => {
  await using gateway = await TestEngine.over(library);
  await gateway.run('{ book(id: "1") { reviews } }', { ...asClient('Ada'), caller: anonymous });
  for (const { context } of gateway.requests) assert.deepEqual(context.headers, [['authorization', 'Ada']]);
});
