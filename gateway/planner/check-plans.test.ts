// Each check of plans must bite: plans as planners have wrongly made them, and the right ones beside them.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { buildPlaces } from '../compile/build-places.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { findUnprovided } from './check-provided.ts';
import { findUnlikeShapes } from './check-shapes.ts';
import type { EntityFetch, Plan, RootFetch } from './plan.ts';

const link = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
  import: ["@key", "@requires", "@external", "@provides", "@shareable"])\n`;
const { supergraphSdl, errors } = composeServices(
  Object.entries({
    shop: `type Query { best: Book @provides(fields: "title") newest: Book items: [Item] }
      type Book @key(fields: "isbn") { isbn: ID! title: String @external }
      union Item = Book | Film
      type Film @key(fields: "number") { number: Int! }`,
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

test('one response key stands for keys of two shapes, at types that exclude each other', () => {
  const alike = root('{ items { ...on Book { a: isbn } ...on Film { b: number } } }');
  const unlike = root('{ items { ...on Book { a: isbn } ...on Film { a: number } } }');
  assert.equal(findUnlikeShapes(plan(alike), supergraph, 'Query'), undefined);
  assert.match(findUnlikeShapes(plan(unlike), supergraph, 'Query') ?? '', /two shapes of a/);
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
