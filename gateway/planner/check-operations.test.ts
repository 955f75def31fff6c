import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findUnsendable } from './check-operations.ts';
import type { Plan } from './plan.ts';

function sending(operation: string): Plan {
  return {
    root: {
      kind: 'root',
      subgraph: 's',
      operationKind: 'query',
      operation,
      variables: [],
      outputRewrites: [],
    },
  };
}

for (const operation of [
  '{ a { x(n: 1, m: 2) x(m: 2, n: 1) } b: a { x } }',
  '{ a { ... on A { x(n: 1) } ... on B { x(n: 2) } } }',
  '{ a { ... on A { p { x(n: 1) } } ... on B { p { x(n: 2) } } } }',
  'query ($n: Int) { a { x(n: $n) ...f } } fragment f on T { y x(n: $n) }',
]) {
  test(`lets ${operation} pass`, () => assert.equal(findUnsendable(sending(operation)), undefined));
}

for (const [operation, reason] of [
  ['{ a { x(n: 1) x(n: 2) } }', 'a fetch from s asks for x: x(n: 1) and x(n: 2)'],
  ['{ a { x y: x x: y } }', 'a fetch from s asks for x: x and y'],
  ['{ a { x(n: 1) ... on A { x } } }', 'a fetch from s asks for x: x(n: 1) and x'],
  ['{ a { ... on A { x(n: 1) } } a { ... on A { x } } }', 'a fetch from s asks for x: x(n: 1) and x'],
  ['{ a { p { x } ...f } } fragment f on T { p { x: y } }', 'a fetch from s asks for x: x and y'],
  ['query ($n: Int, $n: [Int]) { a(n: $n) }', 'a fetch from s declares $n twice'],
] as const) {
  test(`finds that no subgraph takes ${operation}`, () =>
    assert.equal(findUnsendable(sending(operation)), reason));
}

test('knows by the possible types whether an interface and an object can be the same', () => {
  const plan = sending('{ a { ... on I { x(n: 1) } ... on A { x(n: 2) } } }');
  const types = (names: readonly string[]) => ({
    possibleTypes: (name: string) => new Set(name === 'I' ? names : [name]),
  });
  assert.equal(findUnsendable(plan, types(['B'])), undefined);
  assert.equal(findUnsendable(plan, types(['A', 'B'])), 'a fetch from s asks for x: x(n: 1) and x(n: 2)');
});
