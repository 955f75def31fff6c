// Typed documents are what the operations say, under the id that the BFF knows them by.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildSchema } from 'graphql';
import { generateOperations } from './generate-operations.ts';
import { hashOf } from './manifest.ts';

const api = `scalar Decimal type Query { order(id: ID!): Order } type Order { quantity: Decimal! side: Side } enum Side { BUY SELL }`;
const document = 'query Screen($id: ID!) { order(id: $id) { quantity side } }';

test('an operation has the types of its variables and of exactly what it selects, decimals as texts', async () => {
  const hash = hashOf(document);
  const text = await generateOperations(api, buildSchema(api), { [hash]: { name: 'Screen', document } });
  assert.match(text, /export type ScreenQueryVariables = Exact<\{\s*id: string;\s*\}>/);
  assert.match(
    text,
    /export type ScreenQuery = .*readonly order: \{ readonly quantity: string, readonly side: Side \| null \} \| null/,
  );
  assert.match(text, /export const ScreenDocument = .*DocumentNode<ScreenQuery, ScreenQueryVariables>/);
  assert.ok(text.includes(`Screen: 'sha256:${hash}'`));
});
