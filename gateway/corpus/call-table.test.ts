import assert from 'node:assert/strict';
import { it } from 'node:test';
import { readField } from '../fuzz/world.ts';
import { withoutCallTables } from './call-table.ts';

const world = {
  entities: {},
  roots: { Query: { $type: 'Query' }, Mutation: { $type: 'Mutation' } },
  unknown: {},
};

function answer(stored: unknown, args: Record<string, unknown>, required?: unknown): unknown {
  const thing = { stored: { $type: 'Product', price: withoutCallTables(stored) }, reference: undefined };
  const call = { args, required, clock: { mutations: 0 }, isMutation: false, isText: false };
  return readField(world, thing, 'price', call);
}

const table = {
  $calls: [
    { args: { currency: 'EUR' }, value: 90 },
    { args: { currency: 'CHF' }, value: 80 },
    { required: { weight: 5, size: { unit: 'cm' } }, value: 70 },
  ],
  otherwise: -1,
};

it('answers each call of the table with its own value', () => {
  assert.equal(answer(table, { currency: 'EUR' }), 90);
  assert.equal(answer(table, { currency: 'CHF' }), 80);
  assert.equal(answer(table, {}, { size: { unit: 'cm' }, weight: 5 }), 70);
});

it('answers a call that is not in the table with what is otherwise, also where the table has one call only', () => {
  const single = { $calls: [{ required: { weight: 5 }, value: 50 }], otherwise: -1 };
  assert.equal(answer(table, { currency: 'USD' }), -1);
  for (let weight = 6; weight < 60; weight += 1) assert.equal(answer(single, {}, { weight }), -1);
  assert.equal(answer(single, {}), -1);
});

it('answers with an object that has a table of its own', () => {
  const parts = { $calls: [{ args: { most: 1 }, value: { $type: 'Part', price: table } }], otherwise: null };
  const { stored } = answer(parts, { most: 1 }) as { stored: { price: { $choices: unknown[] } } };
  assert.ok(stored.price.$choices.includes(90));
});

it('refuses a table that names one call twice', () => {
  const twice = [
    { args: { a: 1, b: 2 }, value: 1 },
    { args: { b: 2, a: 1 }, value: 2 },
  ];
  assert.throws(() => withoutCallTables({ $calls: twice, otherwise: 0 }), /two calls are the same/);
});
