// Each check of plans must bite: plans as planners have wrongly made them, and the right ones beside them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { buildPlaces } from '../compile/build-places.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { findMisread } from './check-calls.ts';
import { findUnprovided } from './check-provided.ts';
import { findUnfulfilled } from './check-required.ts';
import { findUnlikeShapes } from './check-shapes.ts';
import type { EntityFetch, Plan, RootFetch } from './plan.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@requires", "@external", "@provides", "@shareable"])\n`;
const { supergraphSdl, errors } = composeServices(
  Object.entries({
    shop: `type Query { best: Book @provides(fields: "title") newest: Book items: [Item] }
      type Book @key(fields: "isbn") { isbn: ID! title: String @external label: String @requires(fields: "title") }
      union Item = Book | Film
      type Film @key(fields: "number") { number: Int! name: String! }`,
    library: `type Book @key(fields: "isbn") { isbn: ID! title: String @shareable grams(exact: Boolean): Int }
      type Film @key(fields: "number") { number: Int! }`,
    post: `type Book @key(fields: "isbn") { isbn: ID! grams(exact: Boolean): Int @external
      freight: Int @requires(fields: "grams(exact: true)") }`,
  }).map(([name, sdl]) => ({ name, url: `http://${name}.test`, typeDefs: parse(link + sdl) })),
);
assert.ok(supergraphSdl !== undefined, String(errors));
const supergraph = readSupergraph(supergraphSdl);

function root(operation: string): RootFetch {
  return {
    kind: 'root',
    subgraph: 'shop',
    operationKind: 'query',
    operation,
    variables: [],
    outputRewrites: [],
  };
}

function books(subgraph: string, selection: string, required: readonly string[] = []): EntityFetch {
  const names = ['__typename', 'isbn', ...required];
  return {
    kind: 'entities',
    subgraph,
    operation: `query($representations:[_Any!]!){_entities(representations:$representations){...on Book{${selection}}}}`,
    variables: [],
    lookups: [
      {
        alias: '_entities',
        representationsVariable: 'representations',
        paths: [[{ kind: 'field', name: 'best' }]],
        requires: [
          {
            kind: 'fragment',
            typeCondition: 'Book',
            selections: names.map((name) => ({ kind: 'field', source: name, name })),
          },
        ],
        inputRewrites: [],
        outputRewrites: [],
      },
    ],
  };
}

const plan = (...nodes: (RootFetch | EntityFetch)[]): Plan => ({ root: { kind: 'sequence', nodes } });

test('a field is asked where it is external and nobody provides it', () => {
  assert.equal(findUnprovided(plan(root('{ best { title } }')), supergraph, 'Query'), undefined);
  assert.match(
    findUnprovided(plan(root('{ newest { title } }')), supergraph, 'Query') ?? '',
    /shop .*Book\.title/,
  );
});

test('a field is asked for without what it requires', () => {
  const asked = (...nodes: (RootFetch | EntityFetch)[]) =>
    findUnprovided(plan(...nodes), supergraph, 'Query');
  assert.equal(asked(root('{ best { label } }')), undefined); // its title is provided
  assert.equal(asked(books('shop', 'label', ['title'])), undefined);
  assert.match(asked(root('{ newest { label } }')) ?? '', /shop .*Book\.label without what it requires/);
});

test('one response key stands for keys of two shapes, at types that exclude each other', () => {
  const alike = root('{ items { ...on Book { a: isbn } ...on Film { b: number } } }');
  const unlike = root('{ items { ...on Book { a: isbn } ...on Film { a: number } } }');
  assert.equal(findUnlikeShapes(plan(alike), supergraph, 'Query'), undefined);
  assert.match(findUnlikeShapes(plan(unlike), supergraph, 'Query') ?? '', /two shapes of a/);
});

test('the name of a type has the shape of a text that is always there', () => {
  const named = (film: string) =>
    root(`{ items { ...on Book { a: __typename } ...on Film { a: ${film} } } }`);
  assert.equal(findUnlikeShapes(plan(named('name')), supergraph, 'Query'), undefined);
  assert.match(findUnlikeShapes(plan(named('number')), supergraph, 'Query') ?? '', /two shapes of a/);
});

test('an object is asked for none of its fields', () => {
  const twice = root('{ best { isbn } best: best }');
  assert.match(findUnlikeShapes(plan(twice), supergraph, 'Query') ?? '', /best without its fields/);
});

const first = root('{ best { __typename isbn } }');

test('two fetches bring different calls under one response key', () => {
  const exact = books('library', 'grams(exact: true)');
  const { mixedUp: right } = buildPlaces(
    supergraph,
    'Query',
    plan(first, exact, books('library', 'rough: grams')),
  );
  assert.equal(right, undefined);
  const { mixedUp } = buildPlaces(supergraph, 'Query', plan(first, exact, books('library', 'grams')));
  assert.match(mixedUp ?? '', /grams: grams\(exact: true\) and grams/);
});

test('a required field is sent with the value that the client asked for with other arguments', () => {
  const freight = books('post', 'freight', ['grams']);
  const exact = plan(first, books('library', 'grams(exact: true)'), freight);
  assert.equal(buildPlaces(supergraph, 'Query', exact).mixedUp, undefined);
  const rough = plan(first, books('library', 'grams'), freight);
  assert.match(buildPlaces(supergraph, 'Query', rough).mixedUp ?? '', /freight is sent grams instead of/);
});

test('a lookup is made of what no fetch before it brings', () => {
  const freight = books('post', 'freight', ['grams']);
  const grams = books('library', 'grams(exact: true)');
  const found = (...nodes: Parameters<typeof plan>) => findUnfulfilled(plan(...nodes), supergraph, 'Query');
  assert.equal(found(first, grams, freight), undefined);
  assert.match(found(first, freight, grams) ?? '', /nothing brings what post needs at best/);
  assert.match(found(root('{ best { __typename } }'), grams) ?? '', /library needs at best/);
  assert.match(found(root('{ newest { __typename isbn } }'), grams) ?? '', /library needs at best/);
  const beside: Plan = {
    root: { kind: 'sequence', nodes: [first, { kind: 'parallel', nodes: [grams, freight] }] },
  };
  assert.match(findUnfulfilled(beside, supergraph, 'Query') ?? '', /post needs at best/);
});

test('a requirement may name types that the subgraph before does not have', () => {
  const freight = books('post', 'freight', ['grams']);
  const [lookup] = freight.lookups;
  const [book] = lookup?.requires ?? [];
  assert.ok(lookup !== undefined && book !== undefined);
  const film = { kind: 'fragment', typeCondition: 'Film', selections: [...book.selections] } as const;
  const within = { ...book, selections: [...book.selections.slice(0, 2), film] };
  const known: EntityFetch = { ...freight, lookups: [{ ...lookup, requires: [within] }] };
  assert.equal(findUnfulfilled(plan(first, known), supergraph, 'Query'), undefined);
});

test('a lookup is made of what has come for objects of another type', () => {
  const items = (selection: string) => root(`{ items { __typename ...on ${selection} } }`);
  const grams = books('library', 'grams');
  const [lookup] = grams.lookups;
  assert.ok(lookup !== undefined);
  const paths = [[{ kind: 'field', name: 'items' }, { kind: 'items' }]] as const;
  const atItems: EntityFetch = { ...grams, lookups: [{ ...lookup, paths }] };
  assert.equal(findUnfulfilled(plan(items('Book { isbn }'), atItems), supergraph, 'Query'), undefined);
  assert.match(
    findUnfulfilled(plan(items('Film { isbn: number }'), atItems), supergraph, 'Query') ?? '',
    /needs at items\[\]/,
  );
});

test('what the client asks for is answered by a call with other arguments', () => {
  const asked = (text: string, ...nodes: Parameters<typeof plan>) =>
    findMisread(plan(...nodes), text, supergraph, 'Query');
  const exact = books('library', 'grams(exact: true)');
  assert.equal(asked('{ best { grams(exact: true) } }', first, exact), undefined);
  assert.equal(asked('{ best { rough: grams } }', first, exact), undefined, 'under a key of its own');
  assert.match(
    asked('{ best { grams } }', first, exact) ?? '',
    /best\.grams with grams\(exact: true\) instead of grams/,
  );
  assert.match(asked('{ best { grams: isbn } }', first, exact) ?? '', /instead of isbn/);
  const film = root('{ items { ...on Film { a: number } } }');
  assert.equal(asked('{ items { ...on Film { a: number } ...on Book { a: isbn } } }', film), undefined);
});

test('what the client asks of one type is asked of objects of another type only', () => {
  const items = root('{ items { __typename ...on Book { isbn } } }');
  const grams = books('library', 'grams');
  const [lookup] = grams.lookups;
  assert.ok(lookup !== undefined);
  const paths = [[{ kind: 'field', name: 'items' }, { kind: 'items' }]] as const;
  const ofBooks: EntityFetch = { ...grams, lookups: [{ ...lookup, paths }] };
  const asked = (typeName: string) =>
    findMisread(plan(items, ofBooks), `{ items { ...on ${typeName} { grams } } }`, supergraph, 'Query');
  assert.equal(asked('Book'), undefined);
  assert.match(asked('Film') ?? '', /items\.grams is asked only of objects/);
});

test('a call is the same however its values are written', () => {
  const called = (given: string, asked: string) =>
    findMisread(
      plan(root(`{ a: items(ids: ${given}) }`)),
      `{ a: items(ids: ${asked}) }`,
      supergraph,
      'Query',
    );
  for (const [given, asked] of [
    ['["1"]', '1'],
    ['[[1], [$v, 2]]', '[1, [$v, "2"]]'],
    ['{ a: 0.50, b: null }', '{ b: null, a: 0.5 }'],
  ] as const) {
    assert.equal(called(given, asked), undefined, given);
  }
  for (const [given, asked] of [
    ['[1, 2]', '[2, 1]'],
    ['$v', '$w'],
    ['"$v"', '$v'],
    ['"null"', 'null'],
    ['[null]', 'null'],
    ['"true"', 'true'],
    ['["a", "b c"]', '["a b", "c"]'],
    ['["a", "b"]', '"[a b]"'],
    ['{ a: "1", b: "2" }', '{ a: "1 b:2" }'],
  ] as const) {
    assert.match(called(given, asked) ?? '', /instead of/, given);
  }
});
