import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KeyRename } from '../planner/plan.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { composed } from './subgraphs.fixture.ts';
import type { Tree } from './merged-tree.ts';
import { renameKeys, renamePath, setValues } from './rewrites.ts';

const supergraph = readSupergraph(
  composed({
    a: {
      sdl: 'type Query { i: [I] } interface I { x: Int } type A implements I { x: Int } type B { x: Int }',
    },
  }),
);

const rename: KeyRename = {
  path: [
    { kind: 'key', name: 'i' },
    { kind: 'types', names: ['I'] },
    { kind: 'key', name: 'x_0' },
  ],
  to: 'x',
};

test('gives a key its name back in every object of the type', () => {
  const answer = JSON.parse(
    '{"i":[{"__typename":"A","x_0":null},{"__typename":"B","x_0":2},null,[{"x_0":3}]]}',
  ) as Tree;
  renameKeys(supergraph, [rename], answer, undefined);
  assert.equal(
    JSON.stringify(answer),
    '{"i":[{"__typename":"A","x":null},{"__typename":"B","x_0":2},null,[{"x":3}]]}',
  );
});

test('judges an entity that does not say its type by the type of the object that it belongs to', () => {
  const inner: KeyRename = { path: rename.path.slice(1), to: '__proto__' };
  const [ofA, ofB] = [{ x_0: 1 }, { x_0: 1 }];
  renameKeys(supergraph, [inner], ofA, 'A');
  renameKeys(supergraph, [inner], ofB, 'B');
  assert.equal(JSON.stringify([ofA, ofB]), '[{"__proto__":1},{"x_0":1}]');
});

test('translates the path of an error', () => {
  assert.deepEqual(renamePath([rename], ['i', 3, 'x_0', 'y']), ['i', 3, 'x', 'y']);
  assert.deepEqual(renamePath([rename], ['i', 3]), ['i', 3]);
  assert.deepEqual(renamePath([rename], ['j', 3, 'x_0']), ['j', 3, 'x_0']);
});

test('sets the type by which an interface object is asked for', () => {
  const representation = { __typename: 'A', x: 1 };
  const path = [
    { kind: 'types', names: ['I'] },
    { kind: 'key', name: '__typename' },
  ] as const;
  setValues(supergraph, [{ path, value: 'I' }], representation);
  assert.deepEqual(representation, { __typename: 'I', x: 1 });
});
