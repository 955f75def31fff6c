import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, validate } from 'graphql';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { bankSupergraph } from './bank-operations.ts';

test('the bank’s supergraph takes each of its operations, and no two have one name', async () => {
  const { sdl, operations } = await bankSupergraph();
  const { fullSchema } = readSupergraph(sdl);
  for (const { name, text } of operations) assert.deepEqual(validate(fullSchema, parse(text)), [], name);
  assert.equal(new Set(operations.map(({ name }) => name)).size, operations.length);
});
