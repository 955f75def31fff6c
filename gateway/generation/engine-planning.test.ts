// Planning as the engine does it: what one planner cannot do another one does, what none can is an answer, an operation
// that ends the native planner harms no other, and @defer is delivered piece by piece.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codesOf, composedForEngine, gate, library, TestEngine } from '../engine.fixture.ts';
import { becomesTrue } from '../bench/faults-stand.ts';
import { createEngine } from '../engine.ts';
import { SupergraphInvalid } from '../planner/planner.ts';
import type { PlanEvent } from '../watch/engine-watch.ts';

/** Far longer than it takes to ask a subgraph in memory. */
const soonMs = 500;

/** Planning this query makes the native planner end its process. */
const deadly = '{ one { ... on A { x { f(a: 1) } } ... on B { x { f(a: 2) } } } }';
const unions = {
  s: {
    sdl: `type Query { one: [One] plain: String } union One = A | B type A { x: X } type B { x: X }
      type X @key(fields: "id") { id: ID! }`,
    resolvers: {
      Query: {
        plain: () => 'plain',
        one: () => [
          { __typename: 'A', x: { id: '1' } },
          { __typename: 'B', x: { id: '1' } },
        ],
      },
    },
  },
  t: {
    sdl: 'type X @key(fields: "id") { id: ID! f(a: Int): Int }',
    resolvers: { X: { f: (_: unknown, { a }: { a: number }) => a } },
  },
};

function watchPlans() {
  const plans: PlanEvent[] = [];
  return { plans, watch: { planned: (event: PlanEvent) => void plans.push(event) } };
}

test('an operation that ends the native planner is planned by the other one', async () => {
  const { plans, watch } = watchPlans();
  await using gateway = await TestEngine.over(unions, { watch });
  const { data, errors } = await gateway.run(deadly);
  assert.equal(errors, undefined);
  assert.deepEqual(data, { one: [{ x: { f: 1 } }, { x: { f: 2 } }] });
  assert.deepEqual((await gateway.run('{ plain }')).data, { plain: 'plain' }, 'and the native one is back');
  assert.deepEqual(
    plans.map(({ planner }) => planner),
    ['apollo', 'native'],
    'each plan is told with who made it',
  );
});

test('operations under way beside one that ends the native planner are planned all the same', async () => {
  const { plans, watch } = watchPlans();
  await using gateway = await TestEngine.over(unions, { watch });
  const queries = Array.from({ length: 12 }, (_, index) => `{ a${index}: plain }`);
  const answers = await Promise.all(
    [...queries.slice(0, 6), deadly, ...queries.slice(6)].map((query) => gateway.run(query)),
  );
  assert.deepEqual(
    answers.map(({ errors }) => errors),
    answers.map(() => undefined),
  );
  assert.deepEqual(answers[6]?.data, { one: [{ x: { f: 1 } }, { x: { f: 2 } }] });
  assert.deepEqual([plans.length, new Set(plans.map(({ outcome }) => outcome))], [13, new Set(['planned'])]);
});

test('what nobody can plan is null with an error, is remembered for a while, and then tried again', async (t) => {
  const { plans, watch } = watchPlans();
  await using gateway = await TestEngine.over(unions, { watch, planner: 'native' });
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const outcomes = () => plans.map(({ outcome }) => outcome);
  const notPlanned = {
    data: null,
    errors: [
      { message: 'No plan could be made for this operation.', extensions: { code: 'PLANNING_FAILED' } },
    ],
  };
  assert.deepEqual(await gateway.run(deadly), notPlanned);
  assert.deepEqual(await gateway.run(deadly), notPlanned);
  assert.deepEqual(outcomes(), ['failed']);
  t.mock.timers.tick(5_000);
  assert.deepEqual(await gateway.run(deadly), notPlanned);
  assert.deepEqual(outcomes(), ['failed', 'failed']);
  assert.deepEqual((await gateway.run('{ plain }')).data, { plain: 'plain' }, 'others are planned');
  assert.deepEqual(gateway.asked(), ['s']);
});

test('the correlation id stands in the answer that nothing was planned, and in its report', async () => {
  const reported: unknown[] = [];
  const watch = {
    failed: (_: unknown, { correlationId }: { readonly correlationId: string | undefined }) =>
      void reported.push(correlationId),
  };
  await using gateway = await TestEngine.over(unions, { watch, planner: 'native' });
  const { errors } = await gateway.run(deadly, {
    context: { tracingHeaders: [['x-correlation-id', 'c-8']] },
  });
  assert.deepEqual(errors?.[0]?.extensions, { code: 'PLANNING_FAILED', correlationId: 'c-8' });
  assert.deepEqual(reported, ['c-8']);
});

test('planning that takes longer than allowed fails like any other', async () => {
  await using gateway = await TestEngine.over(unions, { planTimeoutMs: 1, planner: 'apollo' });
  const many = Array.from(
    { length: 60 },
    (_, index) => `a${index}: one { ... on A { x { f(a: ${index}) } } }`,
  ).join(' ');
  const answer = await gateway.run(`{ ${many} }`);
  assert.deepEqual([answer.data, codesOf(answer)], [null, ['PLANNING_FAILED']]);
});

/** A feature that must be understood, and that Apollo's planner does not know; the native one asks for less. */
function withUnknownFeature(supergraph: string): string {
  return supergraph.replace(
    '@link(url: "https://specs.apollo.dev/link/v1.0")',
    '@link(url: "https://specs.apollo.dev/link/v1.0") @link(url: "https://example.com/unheard/v0.1", for: EXECUTION)',
  );
}

test('a supergraph that only one of the planners takes has only that one', async () => {
  const supergraph = withUnknownFeature(composedForEngine(unions));
  await assert.rejects(
    TestEngine.over(unions, { supergraph, planner: 'apollo' }),
    (fault) => fault instanceof SupergraphInvalid,
  );
  const gateway = await TestEngine.over(unions, { supergraph });
  assert.deepEqual((await gateway.run('{ plain }')).data, { plain: 'plain' });
  for (let attempt = 0; attempt < 2; attempt += 1) {
    const answer = await gateway.run(deadly);
    assert.deepEqual([answer.data, codesOf(answer)], [null, ['PLANNING_FAILED']]);
  }
  // A planner that never was must not end the process when it is closed.
  await gateway.engine.close();
});

for (const [what, supergraph] of [
  ['that is no GraphQL', 'type Query {'],
  ['that is no supergraph', 'type Query { a: Int }'],
  ['that is empty', ''],
] as const) {
  test(`a text ${what} is refused as a supergraph`, async () => {
    const fetcher = { fetch: () => assert.fail('nothing is asked') };
    await assert.rejects(
      createEngine({ supergraph, fetcher }),
      (fault) => fault instanceof SupergraphInvalid,
    );
  });
}

const hanging = {
  ...unions,
  t: { ...unions.t, sdl: 'type Query { slow: Int } type X @key(fields: "id") { id: ID! }', resolvers: {} },
  u: {
    sdl: 'type X @key(fields: "id") { id: ID! g: Int }',
    resolvers: { X: { g: () => 7 } },
  },
};

// The native planner's own plans come in waves, each as slow as the slowest fetch of the one before, whoever needs that.
test('a subgraph that hangs keeps nothing back that needs nothing of it', async () => {
  await using gateway = await TestEngine.over(hanging);
  const slow = gate();
  gateway.instead['t'] = async () => {
    await slow.passed;
    return { data: { slow: 1 }, errors: [] };
  };
  const answer = gateway.run('{ slow one { ... on A { x { g } } } }');
  const isAsked = await becomesTrue(() => gateway.requests.some(({ subgraph }) => subgraph === 'u'), soonMs);
  slow.open();
  assert.deepEqual((await answer).data, { slow: 1, one: [{ x: { g: 7 } }, {}] });
  assert.ok(isAsked, 'the entities are asked for while the root field is under way');
});

const deferring = '{ book(id: "1") { title ... @defer(label: "late") { reviews } } }';

test('@defer: the first part comes while a subgraph still works on the second', async () => {
  await using gateway = await TestEngine.over(library);
  const critics = gate();
  gateway.instead['critics'] = async () => {
    await critics.passed;
    return { data: { _entities: [{ reviews: ['late'] }] }, errors: [] };
  };
  const answer = await gateway.ask(deferring, { acceptsIncremental: true });
  assert.ok(answer.kind === 'incremental');
  const payloads = answer.payloads[Symbol.asyncIterator]();
  assert.equal((await payloads.next()).value, '{"data":{"book":{"title":"Dune"}},"hasNext":true}');
  critics.open();
  assert.deepEqual(JSON.parse(String((await payloads.next()).value)), {
    incremental: [{ data: { reviews: ['late'] }, path: ['book'], label: 'late' }],
    hasNext: false,
  });
  assert.equal((await payloads.next()).done, true);
});

test('@defer to a client that takes one answer only, or where it is off, is no different from none', async () => {
  const whole = { data: { book: { title: 'Dune', reviews: ['review of 1'] } } };
  await using gateway = await TestEngine.over(library);
  assert.deepEqual(await gateway.run(deferring), whole);
  const off = deferring.replace('@defer(', '@defer(if: false, ');
  assert.deepEqual(await gateway.run(off, { acceptsIncremental: true }), whole);

  await using without = await TestEngine.over(library, { defer: false });
  const answer = await without.ask(deferring, { acceptsIncremental: true });
  assert.deepEqual(answer.kind === 'refused' && codesOf(answer), ['GRAPHQL_VALIDATION_FAILED']);
});

test('the reference executor and Apollo’s planner answer as the usual ones do', async () => {
  const query = '{ books { title reviews } book(id: "3") { title } }';
  const answers: unknown[] = [];
  for (const options of [{}, { executor: 'reference' }, { planner: 'apollo' }] as const) {
    await using gateway = await TestEngine.over(library, options);
    answers.push(await gateway.run(query));
  }
  assert.deepEqual(answers[1], answers[0]);
  assert.deepEqual(answers[2], answers[0]);
});
