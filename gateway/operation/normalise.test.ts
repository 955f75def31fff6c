import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, Kind, parse, print } from 'graphql';
import { conditionVariables } from './condition-variables.ts';
import { normalise } from './normalise.ts';
import { DocumentRefused } from './parse-document.ts';
import { plannableTexts } from './plannable.ts';

const schema = buildSchema(`
  directive @defer(label: String, if: Boolean! = true) on FRAGMENT_SPREAD | INLINE_FRAGMENT
  interface Node { id: ID! }
  interface Priced { price: Int }
  type Book implements Node & Priced { id: ID! title: String price: Int author: Person }
  type Person implements Node { id: ID! name: String }
  union Found = Book | Person
  type Query { node(id: ID): Node found: [Found] book: Book }
  type Mutation { rename(to: String): Book sell(price: Int): Book }
`);

function normalised(text: string, conditions: Record<string, boolean> = {}, keepDefer = false) {
  const document = parse(text);
  const operation = document.definitions.find((node) => node.kind === Kind.OPERATION_DEFINITION);
  assert.ok(operation !== undefined);
  return normalise({ schema, document, operation, conditions, keepDefer });
}

const flat = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

for (const [title, text, conditions, expected] of [
  ['drops a skipped field', '{ book { id title @skip(if: true) } }', {}, '{ book { id } }'],
  [
    'drops a field whose variable excludes it, and the variable with it',
    'query ($a: Boolean!) { book { id title @include(if: $a) } }',
    { a: false },
    '{ book { id } }',
  ],
  [
    'keeps a field that both directives let through',
    'query ($a: Boolean!) { book { title @include(if: $a) @skip(if: false) } }',
    { a: true },
    '{ book { title } }',
  ],
  [
    'drops a spread and what its fragment spreads',
    'query ($a: Boolean!) { book { id ...F @skip(if: $a) } } fragment F on Book { title ...G } fragment G on Book { price }',
    { a: true },
    '{ book { id } }',
  ],
  [
    'inlines fragments, each once in a selection set',
    '{ book { ...F ...F } } fragment F on Book { title }',
    {},
    '{ book { ... on Book { title } } }',
  ],
  [
    'spreads a fragment again that was spread for some types only',
    '{ node { ... on Person { ...F } ...F } } fragment F on Node { id }',
    {},
    '{ node { ... on Person { ... on Node { id } } ... on Node { id } } }',
  ],
  [
    'spreads a fragment once where the condition before holds for every type',
    '{ book { ... on Node { ...F } ...F } } fragment F on Book { id }',
    {},
    '{ book { ... on Node { ... on Book { id } } } }',
  ],
  [
    'drops a fragment that no type can meet on its way down',
    '{ node { ... on Person { ... on Node { ... on Book { title } } id } } }',
    {},
    '{ node { ... on Person { id } } }',
  ],
  [
    'looks fields up on the innermost condition, also where an outer one was the same',
    '{ book { ... on Node { ... on Book { author { name } } } } }',
    {},
    '{ book { ... on Node { ... on Book { author { name } } } } }',
  ],
  [
    'drops directives that are not the executor’s',
    'query Q { book { ... @skip(if: false) { id } } }',
    {},
    'query Q { book { ... { id } } }',
  ],
] as const) {
  test(title, () => {
    assert.equal(flat(normalised(text, conditions).text), expected);
  });
}

test('leaves an empty selection where everything in it is skipped, and asks the planner for __typename there', () => {
  const { document } = normalised('query ($a: Boolean!) { book { title @include(if: $a) } }', { a: false });
  const [operation] = document.definitions;
  assert.ok(operation?.kind === Kind.OPERATION_DEFINITION);
  const [book] = operation.selectionSet.selections;
  assert.ok(book?.kind === Kind.FIELD);
  assert.equal(book.selectionSet?.selections.length, 0);
  assert.deepEqual(plannableTexts(document).map(flat), ['{ book { __typename } }']);
});

test('keeps @defer with its label when asked to, without its condition', () => {
  const text = 'query ($a: Boolean!) { book { id ... @defer(label: "later", if: $a) { title } } }';
  const on = normalised(text, { a: true }, true).text;
  assert.equal(flat(on), '{ book { id ... @defer(label: "later") { title } } }');
  assert.equal(flat(normalised(text, { a: false }, true).text), '{ book { id ... { title } } }');
  assert.equal(flat(normalised(text, { a: true }, false).text), '{ book { id ... { title } } }');
});

test('spreads a fragment again that was spread in a deferred one only', () => {
  const text = '{ book { ... @defer { ...F } ...F } } fragment F on Book { title }';
  assert.equal(
    flat(normalised(text, {}, true).text),
    '{ book { ... @defer { ... on Book { title } } ... on Book { title } } }',
  );
});

test('refuses fragments that multiply into more selections than a limit', () => {
  const levels = Array.from(
    { length: 16 },
    (_, level) =>
      `fragment F${level} on Book { a${level}: author { ... on Node { id } } ${
        level === 15 ? 'id' : `x${level}: id ...G${level} ...H${level}`
      } } fragment G${level} on Book { g${level}: id ...F${level + 1} } fragment H${level} on Book { h${level}: id b: price }`,
  );
  const bomb = `{ ${Array.from({ length: 2_000 }, (_, index) => `b${index}: book { ...F0 }`).join(' ')} } ${levels.join(' ')} fragment F16 on Book { id }`;
  assert.throws(
    () => normalised(bomb),
    (fault) =>
      fault instanceof DocumentRefused && fault.errors[0]?.extensions?.['code'] === 'QUERY_TOO_COMPLEX',
  );
});

test('plans a mutation one root field at a time, in order, fragments included', () => {
  const { document } = normalised(
    'mutation ($p: Int) { a: rename(to: "x") { id } ...F b: rename(to: "y") { title } } fragment F on Mutation { sell(price: $p) { price } }',
  );
  assert.deepEqual(plannableTexts(document).map(flat), [
    'mutation { a: rename(to: "x") { id } }',
    'mutation ($p: Int) { ... on Mutation { sell(price: $p) { price } } }',
    'mutation { b: rename(to: "y") { title } }',
  ]);
});

test('plans neither introspection nor the root’s own __typename', () => {
  assert.deepEqual(plannableTexts(normalised('{ __typename __schema { types { name } } }').document), []);
  const { document } = normalised('{ __typename __type(name: "Book") { name } book { id } }');
  assert.deepEqual(plannableTexts(document).map(flat), ['{ __typename book { id } }']);
  assert.match(print(document), /__type\(name: "Book"\)/);
});

test('names the variables of conditions, through fragments, and no others', () => {
  const document = parse(
    'query ($a: Boolean!, $b: Boolean!, $c: ID) { node(id: $c) @skip(if: $b) { ...F } } fragment F on Node { id @include(if: $a) ...G } fragment G on Node { ...F }',
  );
  const [operation] = document.definitions;
  assert.ok(operation?.kind === Kind.OPERATION_DEFINITION);
  assert.deepEqual(conditionVariables(document, operation), ['a', 'b']);
});
