// The native planner's process: what hangs in it, and what becomes of the others then.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composed } from '../reference/subgraphs.fixture.ts';
import { createNativePlanner } from './native-planner.ts';
import { PlanningFailed } from './planner.ts';

/** With each of them a level of the query has more ways to be planned. */
const subgraphs = 6;
/** With these the query below takes the native planner minutes. */
const levels = 8;

const sdl = composed(
  Object.fromEntries(
    Array.from({ length: subgraphs }, (_, index) => [
      `s${index}`,
      {
        sdl: `type Query { x: X @shareable }
          type X @key(fields: "id") @key(fields: "k${index}") { id: ID! k${index}: ID! n: X @shareable m: X @shareable f${index}: Int }`,
      },
    ]),
  ),
);

function below(level: number): string {
  return level === 0 ? 'f0 f1 f2 f3 f4 f5' : `n { ${below(level - 1)} } m { ${below(level - 1)} }`;
}

/** As many as there are threads for. */
const hopeless = Array.from({ length: 4 }, (_, index) => `{ x { a${index}: id ${below(levels)} } }`);
const hopelessMs = 100;
/** Longer than the process lives that the hopeless one is in. */
const besideMs = 2_500;
/** Far more than a new process needs. */
const patientMs = 20_000;

async function openNative() {
  const planner = await createNativePlanner(sdl);
  return {
    plan: (text: string, limitMs: number) =>
      planner.plan(
        { text, kind: 'query', isDeferred: false, overrideLabels: new Set(), overridePercentage: 0 },
        AbortSignal.timeout(limitMs),
      ),
    [Symbol.asyncDispose]: () => planner.close(),
  };
}

test('operations that hang in the native planner keep no thread from others, who are planned all the same', async () => {
  await using native = await openNative();
  const { plan } = native;
  const late = hopeless.map((text) => plan(text, hopelessMs));
  const others = ['{ x { id } }', '{ x { b: id } }'].map((text) => plan(text, patientMs));
  for (const outcome of await Promise.allSettled(late)) {
    assert.ok(outcome.status === 'rejected' && outcome.reason instanceof PlanningFailed);
    assert.match(outcome.reason.message, /too long/);
  }
  for (const { root } of await Promise.all(others)) assert.equal(root?.kind, 'root');
});

test('one that hangs takes nobody along who is planned beside it', async () => {
  await using native = await openNative();
  const { plan } = native;
  const [hangs = '', slow = ''] = hopeless;
  const late = plan(hangs, hopelessMs);
  // It is under way in the process that ends, and in the next one until its own time is up.
  const beside = plan(slow, besideMs);
  const startedAt = performance.now();
  await assert.rejects(late, /too long/);
  await assert.rejects(beside, /too long/);
  assert.ok(performance.now() - startedAt > besideMs - 500, 'it was not blamed for the end of the process');
  assert.equal((await plan('{ x { id } }', patientMs)).root?.kind, 'root');
});
