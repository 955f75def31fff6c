import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainPlan } from './explain.ts';
import { mergeSiblings } from './merge-siblings.ts';
import type { EntityFetch, PathSegment, PlanNode } from './plan.ts';

const field = (name: string): PathSegment => ({ kind: 'field', name });

interface Shape {
  readonly at: string;
  readonly selection: string;
  readonly subgraph?: string;
  readonly variables?: Readonly<Record<string, string>>;
  readonly fragments?: string;
  readonly id?: string;
}

function entities({ at, selection, subgraph = 's', variables = {}, fragments = '', id }: Shape): EntityFetch {
  const declared = Object.entries(variables).map(([name, type]) => `, $${name}: ${type}`);
  return {
    kind: 'entities',
    subgraph,
    operation: `query ($representations: [_Any!]!${declared.join('')}) {
      _entities(representations: $representations) { ... on U ${selection} } } ${fragments}`,
    variables: Object.keys(variables),
    lookups: [
      {
        alias: '_entities',
        representationsVariable: 'representations',
        paths: [[field(at)]],
        requires: [
          {
            kind: 'fragment',
            typeCondition: 'U',
            selections: [{ kind: 'field', source: 'id', name: 'id' }],
          },
        ],
        inputRewrites: [],
        outputRewrites: [],
      },
    ],
    ...(id === undefined ? {} : { id }),
  };
}

function merged(kind: 'sequence' | 'parallel', ...nodes: PlanNode[]) {
  const { root } = mergeSiblings({ root: { kind, nodes } });
  assert.ok(root !== undefined);
  return root;
}

test('makes one request of the lookups that a subgraph gets at the same time', () => {
  const root = merged(
    'parallel',
    entities({ at: 'a', selection: '{ x }', variables: { n: 'Int', m: 'Int' } }),
    entities({ at: 'b', selection: '{ y }', subgraph: 'other' }),
    entities({ at: 'c', selection: '{ z(n: $n) }', variables: { n: 'Int' } }),
  );
  assert.equal(
    explainPlan({ root }),
    `Parallel
  Entities s with $n $m:
    entities0 at a by U { id } brings { ... on U { x } }
    entities1 at c by U { id } brings { ... on U { z(n: $n) } }
  Entities other: _entities at b by U { id } brings { ... on U { y } }`,
  );
  const [first] = root.kind === 'parallel' ? root.nodes : [];
  assert.ok(first?.kind === 'entities');
  assert.equal(
    first.operation.replaceAll(/\s+/g, ' '),
    'query ($representations0: [_Any!]!, $representations1: [_Any!]!, $n: Int, $m: Int) ' +
      '{ entities0: _entities(representations: $representations0) { ... on U { x } } ' +
      'entities1: _entities(representations: $representations1) { ... on U { z(n: $n) } } }',
  );
});

test('makes one lookup with two paths of two that ask the same', () => {
  const root = merged(
    'parallel',
    entities({ at: 'a', selection: '{ x }' }),
    entities({ at: 'b', selection: '{ x }' }),
  );
  assert.equal(
    explainPlan({ root }),
    'Entities s: entities0 at a and b by U { id } brings { ... on U { x } }',
  );
});

test('keeps fragments of one name and names of the client apart', () => {
  const root = merged(
    'parallel',
    entities({ at: 'a', selection: '{ ...f }', fragments: 'fragment f on U { x }' }),
    entities({
      at: 'b',
      selection: '{ ...f z(n: $representations0) }',
      fragments: 'fragment f on U { y }',
      variables: { representations0: 'Int' },
    }),
  );
  assert.ok(root.kind === 'entities');
  assert.equal(
    root.operation.replaceAll(/\s+/g, ' '),
    'query ($representations0_: [_Any!]!, $representations1: [_Any!]!, $representations0: Int) ' +
      '{ entities0: _entities(representations: $representations0_) { ... on U { ...f } } ' +
      'entities1: _entities(representations: $representations1) { ... on U { ...f_1 z(n: $representations0) } } } ' +
      'fragment f on U { x } fragment f_1 on U { y }',
  );
});

test('leaves alone what runs one after the other and what a deferred part waits for', () => {
  const one = entities({ at: 'a', selection: '{ x }' });
  const two = entities({ at: 'b', selection: '{ x }' });
  assert.deepEqual(merged('sequence', one, two), { kind: 'sequence', nodes: [one, two] });
  const named = entities({ at: 'c', selection: '{ x }', id: '1' });
  assert.deepEqual(merged('parallel', one, named), { kind: 'parallel', nodes: [one, named] });
});

test('brings siblings of different branches into one wave where that saves a request', () => {
  const branch = (at: string): PlanNode => ({
    kind: 'sequence',
    nodes: [entities({ at, selection: '{ x }', subgraph: `of-${at}` }), entities({ at, selection: '{ y }' })],
  });
  assert.equal(
    explainPlan({ root: merged('parallel', branch('a'), branch('b')) }),
    `Sequence
  Parallel
    Entities of-a: _entities at a by U { id } brings { ... on U { x } }
    Entities of-b: _entities at b by U { id } brings { ... on U { x } }
  Entities s: entities0 at a and b by U { id } brings { ... on U { y } }`,
  );
});
