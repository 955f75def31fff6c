// Who may be answered by another one's execution, and who may not.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  codesOf,
  composedForEngine,
  gate,
  library,
  signedIn,
  TestEngine,
  unavailable,
  type Asking,
} from './engine.fixture.ts';
import { fallbackDefinition } from './fallback/fallback-directive.ts';
import type { SubgraphAnswer } from './subgraph-fetch.ts';
import type { OperationEvent } from './watch/engine-watch.ts';

const query = 'query ($id: ID! = "1") { book(id: $id) { title } }';

/** The shelf answers when the test says so, and says how often it has been asked. */
async function held(options: Parameters<typeof TestEngine.over>[1] = {}) {
  const events: OperationEvent[] = [];
  const watch = { operation: (event: OperationEvent) => void events.push(event) };
  const gateway = await TestEngine.over(library, { watch, ...options });
  const shelf = gate();
  let asked = 0;
  let arrived = gate();
  gateway.instead['shelf'] = async (): Promise<SubgraphAnswer> => {
    asked += 1;
    const title = `answer ${asked}`;
    arrived.open();
    arrived = gate();
    await shelf.passed;
    return { data: { book: { __typename: 'Book', title } }, errors: [] };
  };
  const first = async (asking: Asking = {}) => {
    const here = arrived.passed;
    const answer = gateway.run(query, asking);
    await here;
    return { answer };
  };
  return { gateway, events, shelf, first, asked: () => asked };
}

function until(deadlineAt: number): Asking {
  return { context: { deadlineAt } };
}

test('equal queries under way at once are executed once, and a later one anew', async () => {
  const { gateway, events, shelf, asked } = await held();
  await using _ = gateway;
  const deadline = until(performance.now() + 30_000);
  const answers = Array.from({ length: 50 }, () => gateway.run(query, deadline));
  shelf.open();
  for (const answer of await Promise.all(answers))
    assert.deepEqual(answer, { data: { book: { title: 'answer 1' } } });
  assert.equal(asked(), 1);
  assert.equal(events.filter(({ isShared }) => isShared).length, 49);
  assert.deepEqual(await gateway.run(query, deadline), { data: { book: { title: 'answer 2' } } });
});

for (const [what, one, other] of [
  ['variables', { variables: { id: '1' } }, { variables: { id: '2' } }],
  [
    'forwarded headers',
    { context: { headers: [['authorization', 'Ada']] } },
    { context: { headers: [['authorization', 'Bob']] } },
  ],
  ['a header that one of them lacks', { context: { headers: [['authorization', 'Ada']] } }, {}],
] as const) {
  test(`queries of different ${what} are executed each for itself`, async () => {
    const { gateway, shelf, asked } = await held();
    await using _ = gateway;
    const deadlineAt = performance.now() + 30_000;
    const withDeadline = (asking: Asking): Asking => ({
      ...asking,
      context: { ...asking.context, deadlineAt },
    });
    const answers = [one, other, one, other].map((asking) => gateway.run(query, withDeadline(asking)));
    shelf.open();
    await Promise.all(answers);
    assert.equal(asked(), 2);
  });
}

test('headers that only follow a request keep nobody from sharing', async () => {
  const { gateway, shelf, asked } = await held();
  await using _ = gateway;
  const deadlineAt = performance.now() + 30_000;
  const answers = ['a', 'b', 'c'].map((id) =>
    gateway.run(query, { context: { deadlineAt, tracingHeaders: [['x-correlation-id', id]] } }),
  );
  shelf.open();
  await Promise.all(answers);
  assert.equal(asked(), 1);
});

/** Everybody may see the cost, but only some the field that stands in for it. */
const guardedProvider = {
  costs: {
    sdl: `extend schema @link(url: "https://simplebank.dev/fallback/v0.1", import: ["@fallback"]) @composeDirective(name: "@fallback")
      ${fallbackDefinition}
      type Query { cost: Int @fallback(mode: "provider", field: "listCost") plain: Int }`,
  },
  lists: {
    sdl: 'type Query { listCost: Int @requiresScopes(scopes: [["read:cost"]]) }',
    resolvers: { Query: { listCost: () => 3 } },
  },
};

test('nobody gets what the rights of another one brought from a provider', async () => {
  await using gateway = await TestEngine.over(guardedProvider);
  const costs = gate();
  gateway.instead['costs'] = async () => {
    await costs.passed;
    return unavailable;
  };
  const deadline = until(performance.now() + 30_000);
  const rights = ['read:cost', 'read:nothing', 'read:cost'].map((scope) => signedIn(scope));
  const answers = rights.map((caller) => gateway.run('{ cost }', { ...deadline, caller }));
  costs.open();
  const [admin, guest, otherAdmin] = await Promise.all(answers);
  assert.deepEqual([admin?.data, guest?.data, otherAdmin?.data], [{ cost: 3 }, { cost: null }, { cost: 3 }]);
  assert.deepEqual(gateway.asked(), ['costs', 'costs', 'lists'], 'who has the same rights shares');
});

test('rights keep nobody from sharing what asks no provider', async () => {
  await using gateway = await TestEngine.over(guardedProvider);
  const deadline = until(performance.now() + 30_000);
  const rights = ['read:cost', 'read:nothing'].map((scope) => signedIn(scope));
  await Promise.all(rights.map((caller) => gateway.run('{ plain }', { ...deadline, caller })));
  assert.deepEqual(gateway.asked(), ['costs']);
});

test('a mutation is never shared', async () => {
  await using gateway = await TestEngine.over(library);
  const lend = 'mutation { lend(id: "1") { title } }';
  const deadline = until(performance.now() + 30_000);
  await Promise.all([gateway.run(lend, deadline), gateway.run(lend, deadline)]);
  assert.deepEqual(gateway.asked(), ['shelf', 'shelf']);
});

test('a query that has to be fresh joins none that began before it, and none joins it', async () => {
  const { gateway, shelf, first, asked } = await held();
  await using _ = gateway;
  const deadline = until(performance.now() + 30_000);
  const fresh = { ...deadline, extensions: { fresh: true } };
  const { answer } = await first(deadline);
  const { answer: later } = await first(fresh);
  const joining = gateway.run(query, deadline);
  shelf.open();
  assert.deepEqual(await later, { data: { book: { title: 'answer 2' } } });
  for (const older of [answer, joining])
    assert.deepEqual(await older, { data: { book: { title: 'answer 1' } } });
  assert.equal(asked(), 2);
  assert.deepEqual(
    gateway.requests.map(({ isUnshared = false }) => isUnshared),
    [false, true],
  );
});

test('nothing is shared where sharing is off', async () => {
  const { gateway, shelf, asked } = await held({ shareRequests: false });
  await using _ = gateway;
  const deadline = until(performance.now() + 30_000);
  const answers = [gateway.run(query, deadline), gateway.run(query, deadline)];
  shelf.open();
  await Promise.all(answers);
  assert.equal(asked(), 2);
});

test('a query on the next supergraph joins none on the last', async () => {
  const { gateway, shelf, first, asked } = await held();
  await using _ = gateway;
  const deadline = until(performance.now() + 30_000);
  const { answer } = await first(deadline);
  const next = {
    ...library,
    critics: { ...library.critics, sdl: `${library.critics.sdl} type Query { more: Int }` },
  };
  await gateway.engine.reload(composedForEngine(next));
  const later = gateway.run(query, deadline);
  shelf.open();
  assert.deepEqual(await answer, { data: { book: { title: 'answer 1' } } });
  assert.deepEqual(await later, { data: { book: { title: 'answer 2' } } });
  assert.equal(asked(), 2);
});

test('whoever has much more or any less time than the one under way is not tied to it', async () => {
  const { gateway, shelf, first, asked } = await held();
  await using _ = gateway;
  const deadlineAt = performance.now() + 30_000;
  const { answer } = await first(until(deadlineAt));
  const others = [deadlineAt + 90, deadlineAt + 150, deadlineAt - 1].map((at) =>
    gateway.run(query, until(at)),
  );
  shelf.open();
  const titles = (await Promise.all([answer, ...others])).map(
    ({ data }) => (data as { book: { title: string } }).book.title,
  );
  assert.deepEqual([titles[0], titles[1]], ['answer 1', 'answer 1']);
  assert.deepEqual(titles.slice(2).toSorted(), ['answer 2', 'answer 3']);
  assert.equal(asked(), 3);
});

test('who joined a client that has gone is answered by an execution of their own, one for all of them', async () => {
  const { gateway, shelf, first, asked } = await held();
  await using _ = gateway;
  const deadlineAt = performance.now() + 30_000;
  const leaving = new AbortController();
  const { answer } = await first({ context: { deadlineAt, signal: leaving.signal } });
  const joined = Array.from({ length: 5 }, () => gateway.run(query, until(deadlineAt)));
  // They have joined once their microtasks are done.
  await new Promise<void>((resolve) => setImmediate(resolve));
  leaving.abort();
  shelf.open();
  await answer;
  for (const one of await Promise.all(joined))
    assert.deepEqual(one, { data: { book: { title: 'answer 2' } } });
  assert.equal(asked(), 2);
});

test('a bug is an answer to each that shared it', async () => {
  await using gateway = await TestEngine.over(library);
  gateway.instead['shelf'] = () => Promise.reject(new Error('a bug'));
  const deadline = until(performance.now() + 30_000);
  const answers = await Promise.all([gateway.ask(query, deadline), gateway.ask(query, deadline)]);
  for (const answer of answers) {
    assert.deepEqual(answer.kind === 'refused' && codesOf(answer), ['INTERNAL_ERROR']);
  }
  assert.deepEqual(gateway.asked(), ['shelf']);
});
