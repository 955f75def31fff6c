import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Kind, parse, print } from 'graphql';
import { printOperation } from './print-operation.ts';

const texts = [
  '{ a }',
  'query Named { a }',
  'mutation ($input: [In!]! = [{ a: 1 }], $b: Int) { do(input: $input, b: $b) { id } }',
  'query Q @live(every: 5) { a @first @second(if: $b, list: ["x", $c]) }',
  '{ a: b(text: "quo\\"te", object: { inner: { list: [1, 2.5, null, true, ENUM] } }) { c } }',
  '{ a(block: """\n  two\n  lines\n""") }',
  '{ a { ... on T @defer(label: "later") { b } ... { c ... on U { d } } ...F @defer } }',
];

for (const text of texts) {
  test(`prints ${text} as text that reads as the same operation`, () => {
    const document = parse(text, { noLocation: true });
    const [operation] = document.definitions;
    assert.ok(operation?.kind === Kind.OPERATION_DEFINITION);
    const printed = printOperation(operation);
    assert.deepEqual(parse(printed, { noLocation: true }), document);
    assert.equal(print(parse(printed)), print(document));
  });
}
