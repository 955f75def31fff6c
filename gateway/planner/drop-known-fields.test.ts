import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dropKnownFields } from './drop-known-fields.ts';
import { explainPlan } from './explain.ts';
import type { EntityFetch, EntityLookup, PathSegment, PlanNode, RootFetch } from './plan.ts';

const types = {
  possibleTypes: (name: string) => new Set(name === 'Item' ? ['Book', 'Film'] : [name]),
};

interface Shape {
  readonly subgraph?: string;
  readonly type?: string;
  readonly key?: string;
  readonly only?: string;
}

/** A lookup at `latest[].item`. */
function lookup({ type = 'Item', key = 'id', only }: Shape, alias = '_entities'): EntityLookup {
  const path: PathSegment[] = [
    { kind: 'field', name: 'latest' },
    { kind: 'items' },
    { kind: 'field', name: 'item' },
  ];
  return {
    alias,
    representationsVariable: `${alias}_representations`,
    paths: [only === undefined ? path : [...path, { kind: 'types', names: [only] }]],
    requires: [
      {
        kind: 'fragment',
        typeCondition: type,
        selections: ['__typename', key].map((name) => ({ kind: 'field', source: name, name })),
      },
    ],
    inputRewrites: [],
    outputRewrites: [],
  };
}

function entities(selection: string, shape: Shape = {}): EntityFetch {
  return {
    kind: 'entities',
    subgraph: shape.subgraph ?? 'catalog',
    operation: `query ($_entities_representations: [_Any!]!) {
      _entities(representations: $_entities_representations) { ... on ${shape.type ?? 'Item'} ${selection} } }`,
    variables: [],
    lookups: [lookup(shape)],
  };
}

function dropped(...nodes: PlanNode[]): string {
  return explainPlan(dropKnownFields({ root: { kind: 'sequence', nodes } }, types));
}

const byFilm: Shape = { type: 'Film', only: 'Film' };
const first = entities('{ __typename ... on Film { id weight } }');

test('drops a lookup whose fields have come by way of an interface', () => {
  assert.equal(
    dropped(first, entities('{ weight }', byFilm)),
    'Entities catalog: _entities at latest[].item by Item { __typename id } brings ' +
      '{ ... on Item { __typename ... on Film { id weight } } }',
  );
});

for (const [reason, second] of [
  ['another field', entities('{ weight size }', byFilm)],
  ['other arguments', entities('{ weight(unit: KG) }', byFilm)],
  ['another response key', entities('{ kg: weight }', byFilm)],
  ['another type', entities('{ weight }', { type: 'Book', only: 'Book' })],
  ['a wider type', entities('{ weight }', { type: 'Item' })],
  ['another subgraph', entities('{ weight }', { ...byFilm, subgraph: 'stock' })],
  ['a key that may be there when the first one is not', entities('{ weight }', { ...byFilm, key: 'code' })],
  ['fields of fields', entities('{ weight { id } }', byFilm)],
  ['a type only, which may be the real one', entities('{ __typename }', byFilm)],
  ['an id that a deferred part may wait for', { ...entities('{ weight }', byFilm), id: '1' }],
] as const) {
  test(`keeps a lookup with ${reason}`, () => {
    assert.equal(dropped(first, second), explainPlan({ root: { kind: 'sequence', nodes: [first, second] } }));
  });
}

test('keeps a lookup that runs at the same time as the one that brings its fields', () => {
  const plan = { root: { kind: 'parallel', nodes: [first, entities('{ weight }', byFilm)] } } as const;
  assert.equal(dropKnownFields(plan, types), plan);
});

test('keeps a lookup at a place to which objects have come since its fields came', () => {
  const root: RootFetch = {
    kind: 'root',
    subgraph: 'search',
    operationKind: 'query',
    operation: '{ latest { item { __typename id } } }',
    variables: [],
    outputRewrites: [],
  };
  const second = entities('{ weight }', byFilm);
  for (const nodes of [
    [first, root, second],
    [{ kind: 'parallel', nodes: [first, root] } as const, second],
  ]) {
    assert.equal(dropped(...nodes), explainPlan({ root: { kind: 'sequence', nodes } }));
  }
});

test('keeps a lookup of what objects could not be asked for before, as they lacked a field that it needs', () => {
  const needing = entities('{ weight }', { ...byFilm, key: 'size' });
  const early = entities('{ weight }', { key: 'size' });
  const sizes = entities('{ size }', { ...byFilm, subgraph: 'stock' });
  for (const nodes of [
    [early, sizes, needing],
    [{ kind: 'parallel', nodes: [early, sizes] } as const, needing],
  ]) {
    assert.equal(dropped(...nodes), explainPlan({ root: { kind: 'sequence', nodes } }));
  }
  assert.equal(
    dropped(sizes, early, needing),
    explainPlan({ root: { kind: 'sequence', nodes: [sizes, early] } }),
  );
});

test('drops what the root fetch of the same subgraph has brought', () => {
  const root: RootFetch = {
    kind: 'root',
    subgraph: 'catalog',
    operationKind: 'query',
    operation: '{ latest { item { __typename id weight } } }',
    variables: [],
    outputRewrites: [],
  };
  assert.equal(
    dropped(root, entities('{ weight }', byFilm)),
    'Fetch catalog (query): { latest { item { __typename id weight } } }',
  );
});

test('takes one lookup out of a request with several', () => {
  const both: EntityFetch = {
    kind: 'entities',
    subgraph: 'catalog',
    operation: `query ($a_representations: [_Any!]!, $b_representations: [_Any!]!, $n: Int) {
      a: _entities(representations: $a_representations) { ...f }
      b: _entities(representations: $b_representations) { ... on Film { size(n: $n) } } }
      fragment f on Film { weight }`,
    variables: ['n'],
    lookups: [lookup(byFilm, 'a'), lookup(byFilm, 'b')],
  };
  const { root } = dropKnownFields({ root: { kind: 'sequence', nodes: [first, both] } }, types);
  const second = root?.kind === 'sequence' ? root.nodes[1] : undefined;
  assert.ok(second?.kind === 'entities');
  assert.deepEqual(
    second.lookups.map(({ alias }) => alias),
    ['b'],
  );
  assert.equal(
    second.operation.replaceAll(/\s+/g, ' '),
    'query ($b_representations: [_Any!]!, $n: Int) { ' +
      'b: _entities(representations: $b_representations) { ... on Film { size(n: $n) } } }',
  );
});
