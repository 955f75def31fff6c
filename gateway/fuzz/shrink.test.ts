import { deepEqual, equal } from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse } from 'graphql';
import { shrink } from './shrink.ts';
import { shrinkOperation } from './shrink-operation.ts';
import { shrinkSubgraphs } from './shrink-subgraphs.ts';

test('shrinking ends with the smallest value that still fails', async () => {
  const shorter = (list: number[]) => list.map((_item, index) => list.toSpliced(index, 1));
  const hasBoth = async (list: number[]) => list.includes(3) && list.includes(5);
  deepEqual(await shrink([1, 2, 3, 4, 5, 6], shorter, hasBoth, 100), [3, 5]);
});

test('an operation loses what its failure does not need, and stays valid', async () => {
  const schema = buildSchema(
    'type Query { me: User } type User { id: ID, name(first: Int): String, boss: User }',
  );
  const text = `query Q($n: Int, $on: Boolean!) {
    me { ...F other: boss @include(if: $on) { id } }
    __typename
  }
  fragment F on User { id boss { label: name(first: $n) @skip(if: false) id } }`;
  const operation = { text, document: parse(text), variables: { n: 1, on: true } };
  const shrunk = await shrinkOperation(schema, operation, async ({ text: left }) => /\bname\b/.test(left));
  equal(shrunk.text.replaceAll(/\s+/g, ' '), '{ me { boss { name } } }');
  deepEqual(shrunk.variables, {});
});

test('subgraphs lose subgraphs, fields and directives', async () => {
  const sdls = {
    one: 'type Query { a: Int @shareable b: Int }',
    two: 'type Query { a: Int @shareable c: Int }',
  };
  const shrunk = await shrinkSubgraphs(sdls, async (left) => Object.values(left).join().includes('c: Int'));
  deepEqual(
    Object.entries(shrunk).map(([name, sdl]) => [name, sdl.replaceAll(/\s+/g, ' ')]),
    [['two', 'type Query { c: Int }']],
  );
});
