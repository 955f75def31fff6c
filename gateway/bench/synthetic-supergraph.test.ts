import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parse, validate } from 'graphql';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { syntheticSupergraph } from './synthetic-supergraph.ts';

test('composes, with eight types a group, and its operations are valid', async () => {
  const { sdl, types, operations } = await syntheticSupergraph({ subgraphs: 12, groupsInASubgraph: 2 });
  const supergraph = readSupergraph(sdl);
  assert.equal(supergraph.subgraphs.length, 12);
  assert.ok(types >= 12 * 2 * 8, `${types} types`);
  for (const { name, text } of operations) {
    assert.deepEqual(validate(supergraph.fullSchema, parse(text)), [], name);
  }
});
