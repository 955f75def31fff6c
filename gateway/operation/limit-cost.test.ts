// Costs of operations on a supergraph that @apollo/composition made, since how it writes the directives is the point.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { buildSchema, getOperationAST, parse, type DocumentNode } from 'graphql';
import { readCostDirectives } from './limit-cost-directives.ts';
import { createCostModel, type CostModelOptions } from './limit-cost.ts';

const types = `
  type Query {
    me: User
    node: Node
    shelf(first: Int, last: Int, filter: Filter): Page
      @listSize(slicingArguments: ["first", "last"], sizedFields: ["books"])
    books(first: Int = 3): [Book!]! @listSize(slicingArguments: ["first"], assumedSize: 50)
    recent: [Book] @listSize(assumedSize: 7)
    all: [Book!]
    report(depth: Int @cost(weight: 2)): Int @cost(weight: 20)
    rating: Rating
  }
  type Mutation { rename(name: String!): User }
  interface Node { id: ID! tags: [String] }
  type User implements Node @key(fields: "id") { id: ID! tags: [String] friends: [User] name: String }
  type Book implements Node { id: ID! tags: [String] author: User heavy: Int @cost(weight: 5) }
  type Page { books: [Book!] count: Int }
  input Filter { text: String @cost(weight: 4) inner: Filter any: [Filter!] }
  enum Rating @cost(weight: 6) { GOOD }
`;

function supergraphOf(imports: string, sdl: string): DocumentNode {
  const header = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: [${imports}])`;
  const composed = composeServices([{ name: 'a', url: 'http://a.invalid', typeDefs: parse(header + sdl) }]);
  assert.deepEqual(composed.errors ?? [], []);
  return parse(composed.supergraphSdl ?? '');
}

const supergraph = supergraphOf('"@key", "@cost", "@listSize"', types);
const schema = buildSchema(types.replaceAll(/@(cost|listSize|key)\([^()]*\)/g, ''));

function assess(text: string, variables = {}, options: CostModelOptions = {}) {
  const document = parse(text);
  const operation = getOperationAST(document, null);
  assert.ok(operation);
  const model = createCostModel(supergraph, schema, options);
  return {
    cost: model.costOf(document, operation, variables),
    problems: model.limitCost(document, operation, variables, Infinity).map(({ message }) => message),
    errors: (most: number) => model.limitCost(document, operation, variables, most),
  };
}

const costs: [what: string, text: string, cost: number, variables?: Record<string, unknown>][] = [
  ['an object costs one, its scalars nothing', '{ me { id name } }', 1],
  ['a mutation costs ten more', 'mutation { rename(name: "x") { id } }', 11],
  ['a list of unknown size counts ten times', '{ all { id } }', 10],
  ['lists in lists multiply', '{ all { author { friends { id } } } }', 10 * (1 + 1 + 10)],
  ['an assumed size', '{ recent { id } }', 7],
  ['a slicing argument', '{ books(first: 2) { id } }', 2],
  ['a slicing argument by its default', '{ books { id } }', 3],
  ['a slicing argument in a variable', 'query ($n: Int) { books(first: $n) { id } }', 4, { n: 4 }],
  ['a variable that is not given leaves the default', 'query ($n: Int) { books(first: $n) { id } }', 3],
  ['a null slicing argument leaves the assumed size', '{ books(first: null) { id } }', 50],
  ['a negative slicing argument costs no less than nothing', '{ books(first: -9) { id } }', 0],
  ['sized fields take the size of their parent', '{ shelf(first: 4) { count books { id } } }', 1 + 4],
  [
    'sized fields in a fragment as well',
    '{ shelf(first: 4) { ...F } } fragment F on Page { books { id } }',
    1 + 4,
  ],
  ['weights of a field and of an argument that is given', '{ report(depth: 1) }', 20 + 2],
  ['no weight of an argument that is not given', '{ report }', 20],
  ['the weight of an enum', '{ rating }', 6],
  ['the weight of a field times its list', '{ recent { heavy } }', 7 * (1 + 5)],
  [
    'input objects and their fields',
    '{ shelf(first: 1, filter: { text: "x", inner: {} }) { count } }',
    1 + (1 + 4 + 1),
  ],
  [
    'input objects in lists',
    '{ shelf(first: 1, filter: { any: [{}, { text: "x" }] }) { count } }',
    1 + (1 + 1 + 5),
  ],
  [
    'input objects in variables',
    'query ($f: Filter) { shelf(first: 1, filter: $f) { count } }',
    1 + 5,
    { f: { text: 'x' } },
  ],
  [
    'an input object with a variable inside',
    'query ($t: String) { shelf(first: 1, filter: { text: $t }) { count } }',
    1 + 5,
    { t: 'x' },
  ],
  [
    'what is skipped costs nothing',
    'query ($no: Boolean!) { all @skip(if: $no) { id } me { id } }',
    1,
    { no: true },
  ],
  [
    'what is included costs',
    'query ($yes: Boolean!) { all @include(if: $yes) { id } me @include(if: false) { id } }',
    10,
    { yes: true },
  ],
  [
    'all types behind an interface add up',
    '{ node { ... on User { friends { id } } ... on Book { heavy } } }',
    1 + 10 + 5,
  ],
  ['introspection is free', '{ __schema { types { name } } __typename }', 0],
];

for (const [what, text, cost, variables] of costs) {
  test(`${what}: ${cost}`, () => assert.equal(assess(text, variables).cost, cost));
}

test('a weight on an implementation counts when the field is asked for by its interface', () => {
  const sdl = `type Query { node: Node } interface Node { x: Int } type A implements Node @cost(weight: 3) { x: Int @cost(weight: 9) }`;
  const document = parse('{ node { x } }');
  const operation = getOperationAST(document, null);
  assert.ok(operation);
  const plain = buildSchema(sdl.replaceAll(/@cost\([^()]*\)/g, ''));
  assert.equal(createCostModel(supergraphOf('"@cost"', sdl), plain).costOf(document, operation, {}), 12);
});

test('a list with slicing arguments wants exactly one of them', () => {
  assert.deepEqual(assess('{ shelf(first: 1) { books { id } } }').problems, []);
  const message = 'shelf must be given exactly one of first, last.';
  assert.deepEqual(assess('{ shelf { books { id } } }').problems, [message]);
  assert.deepEqual(assess('{ shelf(first: 1, last: 1) { a: books { id } books { id } } }').problems, [
    message,
  ]);
  assert.deepEqual(assess('query ($n: Int) { shelf(first: $n) { books { id } } }').problems, [message]);
});

test('the size of unknown lists is an option', () => {
  assert.equal(assess('{ all { id } }', {}, { defaultListSize: 3 }).cost, 3);
});

test('refuses what costs more than allowed, with the cost in message and extensions', () => {
  const { errors } = assess('{ all { id } }');
  assert.deepEqual(errors(10), []);
  assert.deepEqual(errors(9), [
    {
      message: 'The document is too complex: it has 10 points of cost, and 9 are allowed.',
      extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'cost', most: 9, found: 10 },
    },
  ]);
});

test('fragments that double at each level cost without bound, at once', () => {
  const levels = Array.from(
    { length: 40 },
    (_, level) => `fragment F${level} on Query { ...F${level + 1} ...F${level + 1} }`,
  );
  assert.equal(assess(`{ ...F0 } ${levels.join(' ')} fragment F40 on Query { me { id } }`).cost, Infinity);
});

test('directives are found by the name that composition gave them', () => {
  const sdl = 'type Query { a: Int CW b: [Int] @federation__listSize(assumedSize: 3) }';
  for (const [imports, name] of [
    ['', '@federation__cost'],
    ['{ name: "@cost", as: "@price" }', '@price'],
  ] as const) {
    const { fieldWeights, listSizes } = readCostDirectives(
      supergraphOf(imports, sdl.replace('CW', `${name}(weight: 9)`)),
    );
    assert.equal(fieldWeights.get('Query.a'), 9, name);
    assert.equal(listSizes.get('Query.b')?.assumedSize, 3, name);
  }
});

test('directives are found without a link and wrapped in @join__directive', () => {
  const { fieldWeights, listSizes, typeWeights } = readCostDirectives(
    parse(`
      type Query @cost(weight: "2.5") {
        a: Int @join__directive(graphs: [A], name: "cost", args: { weight: 9 })
        b: [Int] @join__directive(graphs: [A], name: "listSize", args: { assumedSize: 3 })
      }
    `),
  );
  assert.equal(typeWeights.get('Query'), 2.5);
  assert.equal(fieldWeights.get('Query.a'), 9);
  assert.equal(listSizes.get('Query.b')?.assumedSize, 3);
});
