// What the bank's own schema does not have: unions, interfaces, fragments between them, and directives of a client.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { schemaOfText } from './base-schema.ts';
import { breaksConsumer, checkContracts } from './check-contracts.ts';

const schema = `
  directive @shown(as: String) on FIELD
  type Query { found: Found node: Node }
  union Found = Book | Pen
  interface Node { id: ID! }
  type Book implements Node { id: ID! title: String }
  type Pen implements Node { id: ID! ink: String }
`;
const throughUnion = 'query Search { found { ...Part } } fragment Part on Book { title }';
const throughInterface = 'query Search { node { id } }';

async function breaks(document: string, from: string, to: string): Promise<boolean> {
  assert.ok(schema.includes(from));
  const published = [{ consumer: 'bff-web', version: '1.0.0', name: 'Search', document }];
  const after = schemaOfText(schema.replace(from, to));
  const { findings } = await checkContracts({ before: schemaOfText(schema), after, published });
  return findings.some(breaksConsumer);
}

test('a union member that is removed breaks who has a fragment on it, and nobody else', async () => {
  assert.equal(await breaks(throughUnion, 'Book | Pen', 'Pen'), true);
  assert.equal(await breaks(throughUnion, 'Book | Pen', 'Book'), false);
});

test('an interface no longer implemented breaks who reaches the type through it', async () => {
  const fragment = 'query Search { node { ... on Pen { ink } } }';
  assert.equal(await breaks(fragment, 'type Pen implements Node', 'type Pen'), true);
  assert.equal(await breaks(throughInterface, 'type Pen implements Node', 'type Pen'), false);
});

test('a directive that is removed breaks who uses it', async () => {
  const [from, to] = ['directive @shown(as: String) on FIELD', ''];
  assert.equal(await breaks('query Search { node @shown { id } }', from, to), true);
  assert.equal(await breaks(throughInterface, from, to), false);
});
