import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, print } from 'graphql';
import { clientsOwnKeys, plannedKeys, withPlannedKeys } from './planned-keys.ts';

const keys = plannedKeys({
  fieldNames: new Set(['id', 'title', 'price']),
  external: {
    isExternal: () => false,
    provides: () => undefined,
    requires: () => undefined,
    required: new Set(['price', 'title']),
    requiredWithArguments: new Set(['price']),
  },
});

const planned = (text: string) =>
  print(withPlannedKeys(parse(text), keys))
    .replaceAll(/\s+/g, ' ')
    .trim();

for (const [title, text, expected] of [
  ['leaves names as they are', '{ book { id title } }', '{ book { id title } }'],
  ['leaves an alias that is no field', '{ book { name: title } }', '{ book { name: title } }'],
  ['renames an alias that is some field', '{ book { id: title } }', '{ book { _client_id: title } }'],
  [
    'renames what every object inherits',
    '{ book { __proto__: title } }',
    '{ book { _client___proto__: title } }',
  ],
  ['takes an alias equal to the name for none', '{ book { title: title } }', '{ book { title } }'],
  [
    'renames a field that is required with arguments',
    '{ book { price } }',
    '{ book { _client_price: price } }',
  ],
  [
    'renames a field with arguments that is required without them',
    '{ book { title(short: true) } }',
    '{ book { _client_title: title(short: true) } }',
  ],
  [
    'keeps an alias apart that looks like a renamed one',
    '{ book { _client_id: title id: title } }',
    '{ book { _client__client_id: title _client_id: title } }',
  ],
] as const) {
  test(title, () => assert.equal(planned(text), expected));
}

test('gives the client its own keys back', () => {
  for (const key of ['id', 'name', '__proto__', '_client_id']) {
    const field = parse(`{ ${key}: title }`).definitions[0];
    assert.ok(field?.kind === 'OperationDefinition');
    const [selection] = field.selectionSet.selections;
    assert.ok(selection?.kind === 'Field');
    assert.equal(keys.clientKey(keys.of(selection)), key);
    assert.equal(clientsOwnKeys.of(selection), key);
  }
});
