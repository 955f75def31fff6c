import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema, parse, validate } from 'graphql';
import { DocumentRefused, parseDocument } from './parse-document.ts';

const schema = buildSchema(
  'type Query { node(id: ID!): Node } interface Node { id: ID! } type Book implements Node { id: ID! }',
);

for (const [title, text] of [
  ['a misspelt type, with what it may have been', '{ node(id: 1) { ... on Bok { id } } }'],
  ['an unknown type of a variable', 'query ($id: Idd!) { node(id: $id) { id } }'],
  ['two unknown types', 'query ($id: Nowhere) { node(id: $id) { ... on Nothing { id } } }'],
  ['a type that the document itself defines', '{ node(id: 1) { ... on Own { id } } } type Own { id: ID }'],
] as const) {
  test(`says of ${title} what graphql-js says`, () => {
    const expected = validate(schema, parse(text)).map(({ message }) => message);
    assert.notEqual(expected.length, 0);
    const isSame = (fault: unknown) => {
      assert.ok(fault instanceof DocumentRefused);
      assert.deepEqual(
        fault.errors.map(({ message }) => message),
        expected,
      );
      return true;
    };
    assert.throws(() => parseDocument(text, { schema, limits: {}, rules: [] }), isSame);
  });
}
