import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composed } from './subgraphs.fixture.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { mergeInto, newTree, readOwn, type Tree } from './merged-tree.ts';

const supergraph = readSupergraph(
  composed({ a: { sdl: 'type Query { i: I } interface I { x: Int } type A implements I { x: Int }' } }),
);

function merged(...sources: string[]): string {
  const tree = newTree();
  for (const source of sources) mergeInto(supergraph, tree, JSON.parse(source) as Tree);
  return JSON.stringify(tree);
}

test('merges objects key by key and lists index by index', () => {
  assert.equal(
    merged('{"a":{"b":1},"l":[{"x":1},{"x":2}]}', '{"a":{"c":2},"l":[{"y":1},{"y":2}]}'),
    '{"a":{"b":1,"c":2},"l":[{"x":1,"y":1},{"x":2,"y":2}]}',
  );
  assert.equal(
    merged('{"l":[[{"x":1}],[]]}', '{"l":[[{"y":1}],[{"y":2}]]}'),
    '{"l":[[{"x":1,"y":1}],[{"y":2}]]}',
  );
});

test('never replaces anything by null, and null by anything', () => {
  for (const value of ['{"b":1}', '[1]', '0', '""', 'false']) {
    assert.equal(merged(`{"a":${value}}`, '{"a":null}'), `{"a":${value}}`);
    assert.equal(merged('{"a":null}', `{"a":${value}}`), `{"a":${value}}`);
  }
  assert.equal(merged('{"a":null}', '{}'), '{"a":null}');
});

test('lets values of different kinds never pass for either of them, in any order', () => {
  for (const sources of [
    ['{"a":[]}', '{"a":"no list"}'],
    ['{"a":"no list"}', '{"a":{"b":1}}'],
    ['{"a":{"b":1}}', '{"a":"no list"}'],
  ]) {
    assert.equal(merged(...sources), '{"a":"no list"}');
  }
  const tree = newTree();
  mergeInto(supergraph, tree, { a: [] });
  mergeInto(supergraph, tree, { a: { b: 1 } });
  assert.deepEqual(tree['a'], Number.NaN);
});

test('replaces the name of an interface by that of an object, and not the other way round', () => {
  for (const order of [
    ['{"__typename":"I"}', '{"__typename":"A"}'],
    ['{"__typename":"A"}', '{"__typename":"I"}'],
  ]) {
    assert.equal(merged(...order), '{"__typename":"A"}');
  }
});

test('keeps names of inherited properties as keys of its own, and reads no inherited ones', () => {
  const text = '{"__proto__":{"x":1},"constructor":{"y":2},"toString":3}';
  assert.equal(merged(text, '{"__proto__":{"z":3}}'), text.replace('"x":1', '"x":1,"z":3'));
  assert.equal(readOwn({}, 'constructor'), undefined);
  assert.equal(readOwn([], 'length'), undefined);
  assert.equal(({} as Record<string, unknown>)['x'], undefined);
});

test('shares nothing with the answers that it merges', () => {
  const answer = { a: { b: [{ c: 1 }] } };
  const one = newTree();
  const two = newTree();
  mergeInto(supergraph, one, answer);
  mergeInto(supergraph, two, answer);
  mergeInto(supergraph, one, { a: { b: [{ d: 2 }] } });
  assert.equal(JSON.stringify(two), '{"a":{"b":[{"c":1}]}}');
});
