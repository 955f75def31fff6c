import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isObjectType, isScalarType } from 'graphql';
import { composed } from '../reference/subgraphs.fixture.ts';
import { createApolloPlanner } from './apollo-planner.ts';
import { explainPlan } from './explain.ts';
import { PlanningFailed, SupergraphInvalid, type PlannableOperation, type Planner } from './planner.ts';

const sdl = composed({
  a: {
    sdl: `
      "All there is." type Query { u: U many: [Many] media: [Media] q: Query }
      type Mutation { change: Changed }
      type Changed { query: Query }
      union Many = A | B
      type A { x: U c: Int }
      type B { x: U c: String! }
      type U @key(fields: "id") { id: ID! name(length: Int): String moved: Int shared: Int secret: Int @inaccessible }
      interface Media @key(fields: "id") { id: ID! title: String }
      type Book implements Media @key(fields: "id") { id: ID! title: String @deprecated(reason: "old") }
      scalar Date @specifiedBy(url: "https://date.test")
    `,
  },
  b: {
    sdl: `
      type Query { latest: [Media] day: Int }
      type U @key(fields: "id") {
        id: ID!
        name(length: Int): String @external
        short: String @requires(fields: "name(length: 3)")
        score(of: Int): Int
        moved: Int @override(from: "a", label: "move")
        shared: Int @override(from: "a", label: "percent(40)")
      }
      type Media @key(fields: "id") @interfaceObject { id: ID! views: Int }
    `,
  },
});

async function planned(planner: Planner, text: string, options: Partial<PlannableOperation> = {}) {
  const plan = await planner.plan(
    {
      text,
      kind: 'query',
      isDeferred: false,
      overrideLabels: new Set(),
      overridePercentage: 100,
      ...options,
    },
    AbortSignal.timeout(10_000),
  );
  return `\n${explainPlan(plan)}\n`;
}

function disposable(planner: Planner): Planner & AsyncDisposable {
  return { ...planner, [Symbol.asyncDispose]: () => planner.close() };
}

test('shows clients the API schema, with its descriptions and directives', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  const { apiSchema } = planner;
  assert.equal(apiSchema.getQueryType()?.description, 'All there is.');
  const user = apiSchema.getType('U');
  assert.ok(isObjectType(user));
  assert.equal(user.getFields()['secret'], undefined);
  const book = apiSchema.getType('Book');
  assert.ok(isObjectType(book));
  assert.equal(book.getFields()['title']?.deprecationReason, 'old');
  const date = apiSchema.getType('Date');
  assert.ok(isScalarType(date));
  assert.equal(date.specifiedByURL, 'https://date.test');
});

test('plans one field with different arguments in two branches by the types of both', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  const text =
    'query ($n: Int) { many { ... on A { x { score(of: $n) } c } ... on B { x { score(of: 2) } c } } }';
  assert.equal(
    await planned(planner, text),
    `
Sequence
  Fetch a (query): { many { __typename ... on A { x { __typename id } c } ... on B { x { __typename id } c__alias_0: c } } }
    renames many.(B).c__alias_0 to c
  Parallel
    Entities b with $n: _entities at many[](A).x by U { __typename id } brings { ... on U { score(of: $n) } }
    Entities b: _entities at many[](B).x by U { __typename id } brings { ... on U { score(of: 2) } }
`,
  );
});

test('asks for an interface object by the name of its interface', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  assert.equal(
    await planned(planner, '{ media { views } }'),
    `
Sequence
  Fetch a (query): { media { __typename id } }
  Entities b: _entities at media[] by Media { __typename id } brings { ... on Media { views } }
    sends (Media).__typename as "Media"
`,
  );
});

test('plans a field that leads back to the root as a fetch at its place', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  assert.equal(
    await planned(planner, 'mutation { change { query { day } } }', { kind: 'mutation' }),
    `
Sequence
  Fetch a (mutation): { change { query { __typename } } }
  Fetch b (query) at change.query: { ... on Query { day } }
`,
  );
});

test('plans deferred parts with what they wait for', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  const text = '{ u { id ... @defer(label: "later") { score } } }';
  assert.equal(
    await planned(planner, text, { isDeferred: true }),
    `
Defer
  First: { u { id } }
    Fetch a (query) #0: { u { __typename id } }
  Later "later" at u after #0: { score }
    Entities b: _entities at u by U { __typename id } brings { ... on U { score } }
`,
  );
});

test('moves fields by the labels and the percentage of a request', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  assert.deepEqual(planner.overrides, { labels: ['move'], percentages: [40] });
  const movedIn = async (options: Partial<PlannableOperation>) =>
    /brings (.*)/.exec(await planned(planner, '{ u { moved shared } }', options))?.[1];
  assert.equal(await movedIn({}), undefined);
  assert.equal(await movedIn({ overrideLabels: new Set(['move']) }), '{ ... on U { moved } }');
  assert.equal(await movedIn({ overridePercentage: 39 }), '{ ... on U { shared } }');
  assert.equal(await movedIn({ overridePercentage: 40 }), undefined);
});

test('refuses operations that cannot be planned and goes on with the next', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  await assert.rejects(planned(planner, '{ u { nothing } }'), PlanningFailed);
  await assert.rejects(
    planned(planner, 'query ($representations: Int) { u { score(of: $representations) } }'),
    PlanningFailed,
  );
  assert.match(await planned(planner, '{ u { id } }'), /Fetch a/);
});

test('ends a plan that takes longer than its signal allows, and plans what waits behind it', async () => {
  await using planner = disposable(await createApolloPlanner(sdl));
  const slow = new AbortController();
  const operation = {
    kind: 'query',
    isDeferred: false,
    overrideLabels: new Set<string>(),
    overridePercentage: 0,
  } as const;
  const ended = planner.plan({ text: '{ u { id } }', ...operation }, slow.signal);
  const waiting = planned(planner, '{ u { name } }');
  slow.abort();
  await assert.rejects(ended, { name: 'PlanningFailed', message: 'Planning the operation took too long.' });
  assert.match(await waiting, /Fetch a/);
});

test('rejects plans under way when it is closed', async () => {
  const planner = await createApolloPlanner(sdl);
  const waiting = planned(planner, '{ u { id } }');
  await Promise.all([assert.rejects(waiting, PlanningFailed), planner.close()]);
  await assert.rejects(planned(planner, '{ u { id } }'), PlanningFailed);
});

test('refuses a text that is no supergraph', async () => {
  await assert.rejects(createApolloPlanner('type Query { a: Int }'), SupergraphInvalid);
  await assert.rejects(createApolloPlanner('type Query {'), SupergraphInvalid);
});

test('refuses to plan arguments from a context, which plans cannot hold', async () => {
  const withContext = composed({
    a: {
      sdl: `
        type Query { u: U }
        type U @key(fields: "id") @context(name: "c") { id: ID! n: String p: P }
        type P @key(fields: "id") { id: ID! f(x: String @fromContext(field: "$c { n }")): Int }
      `,
    },
    b: { sdl: 'type P @key(fields: "id") { id: ID! k: Int }' },
  });
  await using planner = disposable(await createApolloPlanner(withContext));
  await assert.rejects(planned(planner, '{ u { p { f } } }'), {
    name: 'PlanningFailed',
    message: '@fromContext is not supported.',
  });
});
