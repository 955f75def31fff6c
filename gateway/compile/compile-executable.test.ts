// When an operation's generated code is made: once, and in the time that its first subgraph requests take anyway.
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { library, TestEngine } from '../engine.fixture.ts';

/** Everything that is made by the Function constructor while the test runs. */
function madeFunctions(t: TestContext): string[] {
  const made: string[] = [];
  const real = globalThis.Function;
  t.after(() => void (globalThis.Function = real));
  globalThis.Function = new Proxy(real, {
    construct(target, given) {
      made.push(String(given.at(-1)));
      return Reflect.construct(target, given) as object;
    },
  });
  return made;
}

test('an operation’s functions are made all at once, after its first requests have gone out, and only once', async (t) => {
  await using engine = await TestEngine.over(library);
  const made = madeFunctions(t);
  const madeWhenAsked: number[] = [];
  for (const name of Object.keys(library)) {
    engine.instead[name] = () => {
      madeWhenAsked.push(made.length);
      return Promise.resolve(undefined);
    };
  }
  const query = '{ book(id: "1") { title reviews } }';
  const first = await engine.run(query);
  assert.equal(madeWhenAsked[0], 0, 'nothing is made before the first fetch');
  assert.deepEqual(madeWhenAsked.slice(1), [1], 'the entities are collected by what is made');
  assert.match(made[0] ?? '', /function c0\(.*function p0\(/s);
  assert.deepEqual(await engine.run(query), first);
  assert.equal(made.length, 1);
});
