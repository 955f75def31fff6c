// The next supergraph beside the live one: warmed before it goes live, refused without a trace when it is none, while
// requests end on the one they began with.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { becomesTrue, childrenOf } from '../bench/faults-stand.ts';
import { codesOf, composedForEngine, gate, library, TestEngine } from '../engine.fixture.ts';
import { fallbackDefinition } from '../fallback/fallback-directive.ts';
import { SupergraphInvalid } from '../planner/planner.ts';
import type { PlanEvent, ReloadEvent } from '../watch/engine-watch.ts';

/** The same library where the critics know one thing more, by the name of a version. */
function libraryWith(field: string) {
  const { shelf, critics } = library;
  return { shelf, critics: { ...critics, sdl: `${critics.sdl} extend type Book { ${field}: Int }` } };
}

const next = composedForEngine(libraryWith('stars'));
const query = '{ book(id: "1") { title reviews } }';

/** Far longer than a process takes to end. */
const endsMs = 10_000;

/** The live one, and one that waits for the next supergraph. */
const mostAtRest = 2;

function plannersBecome(count: number): Promise<boolean> {
  return becomesTrue(() => childrenOf(process.pid).length <= count, endsMs);
}

function watching() {
  const plans: PlanEvent[] = [];
  const reloads: ReloadEvent[] = [];
  const watch = {
    planned: (event: PlanEvent) => void plans.push(event),
    reloaded: (event: ReloadEvent) => void reloads.push(event),
  };
  return { plans, reloads, watch };
}

test('a new supergraph goes live with the plans of the documents that are in use', async () => {
  const { plans, reloads, watch } = watching();
  await using gateway = await TestEngine.over(library, { watch });
  const old = '{ book(id: "1") { stars } }';
  assert.equal((await gateway.ask(old)).kind, 'refused');
  await gateway.run(query);
  await gateway.run('query Named { whoAmI }', { operationName: 'Named' });
  plans.splice(0);
  await gateway.engine.reload(next, [{ text: old, operationName: undefined }]);
  assert.deepEqual(
    [plans.length, reloads.map(({ outcome, warmed }) => [outcome, warmed])],
    [3, [['live', 3]]],
  );
  await gateway.run(query);
  await gateway.run('query Named { whoAmI }', { operationName: 'Named' });
  assert.deepEqual((await gateway.run(old)).data, { book: { stars: null } });
  assert.equal(plans.length, 3, 'nothing had to be planned for a request');
});

test('a document that the next supergraph does not know keeps nothing from going live', async () => {
  const { reloads, watch } = watching();
  await using gateway = await TestEngine.over(libraryWith('stars'), { watch });
  const gone = '{ book(id: "1") { stars } }';
  await gateway.run(gone);
  await gateway.run(query);
  await gateway.engine.reload(composedForEngine(library));
  assert.equal(reloads[0]?.warmed, 1);
  const answer = await gateway.ask(gone);
  assert.deepEqual(answer.kind === 'refused' && codesOf(answer), ['GRAPHQL_VALIDATION_FAILED']);
});

/** Planners take it; what it declares makes no sense. */
const senseless = composedForEngine({
  ...library,
  critics: {
    ...library.critics,
    sdl: `extend schema @link(url: "https://simplebank.dev/fallback/v0.1", import: ["@fallback"]) @composeDirective(name: "@fallback")
      ${fallbackDefinition} type Book @key(fields: "id") { id: ID! reviews: [String!] @fallback(mode: "default", value: "7") }`,
  },
});

for (const [what, broken] of [
  ['is cut off', next.slice(0, next.length / 2)],
  ['is a schema but no supergraph', 'type Query { whoAmI: String }'],
  ['declares a fallback that makes no sense', senseless],
] as const) {
  test(`a supergraph that ${what} is refused, and the old one stays as it was`, async () => {
    const { plans, reloads, watch } = watching();
    await using gateway = await TestEngine.over(library, { watch });
    await gateway.run(query);
    await assert.rejects(gateway.engine.reload(broken), (fault) => fault instanceof SupergraphInvalid);
    assert.deepEqual(
      reloads.map(({ outcome }) => outcome),
      ['refused'],
    );
    assert.deepEqual((await gateway.run(query)).data, { book: { title: 'Dune', reviews: ['review of 1'] } });
    assert.equal(plans.length, 1, 'with its plans');
    assert.ok(await plannersBecome(mostAtRest), `planners: ${childrenOf(process.pid)}`);
    await gateway.engine.reload(next);
    assert.deepEqual((await gateway.run('{ book(id: "1") { stars } }')).data, { book: { stars: null } });
  });
}

test('a request ends on the supergraph that it began with, and its planner waits for it', async () => {
  await using gateway = await TestEngine.over(libraryWith('stars'));
  const shelf = gate();
  const arrived = gate();
  gateway.instead['shelf'] = async () => {
    arrived.open();
    await shelf.passed;
    return { data: { book: { __typename: 'Book', id: '1', title: 'Dune' } }, errors: [] };
  };
  const answer = gateway.run('{ book(id: "1") { title stars } }');
  await arrived.passed;
  const old = gateway.engine.generation;
  await gateway.engine.reload(composedForEngine(library));
  assert.notEqual(gateway.engine.generation, old);
  await gateway.engine.reload(next);
  await gateway.engine.reload(composedForEngine(library));
  assert.equal(childrenOf(process.pid).length, 3);
  shelf.open();
  assert.deepEqual(await answer, { data: { book: { title: 'Dune', stars: null } } });
  assert.ok(await plannersBecome(mostAtRest));
});

test('reloads one after the other take turns with two processes, as a fork holds up requests', async () => {
  await using gateway = await TestEngine.over(library);
  await gateway.engine.reload(next);
  const both = childrenOf(process.pid);
  for (const sdl of [composedForEngine(library), next, composedForEngine(library)]) {
    await gateway.engine.reload(sdl);
    assert.deepEqual((await gateway.run(query)).data, { book: { title: 'Dune', reviews: ['review of 1'] } });
  }
  assert.deepEqual(childrenOf(process.pid), both);
});

test('of reloads that are asked for at once the last one stays', async () => {
  const { reloads, watch } = watching();
  await using gateway = await TestEngine.over(library, { watch });
  const broken = gateway.engine.reload('nothing');
  const texts = ['one', 'two', 'three'].map((field) => composedForEngine(libraryWith(field)));
  const outcomes = await Promise.allSettled([broken, ...texts.map((text) => gateway.engine.reload(text))]);
  assert.deepEqual(
    outcomes.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  );
  assert.equal(gateway.engine.generation.supergraph.sdl, texts[2]);
  await gateway.engine.reload(texts[2] ?? '');
  assert.equal(reloads.length, 4, 'the same text again is nothing new');
  assert.ok(await plannersBecome(mostAtRest), `planners: ${childrenOf(process.pid)}`);
});

test('closing ends every planner', async () => {
  const gateway = await TestEngine.over(library);
  await gateway.engine.reload(next);
  await gateway.engine.close();
  assert.ok(await plannersBecome(0), `planners: ${childrenOf(process.pid)}`);
});
