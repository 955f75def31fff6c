import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@apollo/composition';
import { parse, validate } from 'graphql';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { largeSize, syntheticOperations, syntheticSubgraphs } from './synthetic-subgraphs.ts';

/** As few subgraphs as there may be so that neighbours and far ones are different ones. */
const smallSize = { subgraphs: 10, entities: 2 };

test('composes, and every operation is valid against what it composes to', () => {
  const { supergraphSdl, errors } = composeServices(
    syntheticSubgraphs(smallSize).map(({ name, sdl }) => ({
      name,
      url: `http://${name}.invalid/`,
      typeDefs: parse(sdl),
    })),
  );
  assert.deepEqual(errors ?? [], []);
  const { fullSchema } = readSupergraph(supergraphSdl ?? '');
  const operations = syntheticOperations(smallSize);
  assert.equal(operations.length, 3 * smallSize.subgraphs);
  for (const { name, text } of operations) assert.deepEqual(validate(fullSchema, parse(text)), [], name);
});

test('is at full size as large as the promise it checks: 60 subgraphs, 3,000 types', () => {
  const subgraphs = syntheticSubgraphs(largeSize);
  const names = subgraphs.flatMap(({ sdl }) =>
    [...sdl.matchAll(/^(?:type|interface|union|enum|input) (\w+)/gm)].map(([, name]) => name),
  );
  assert.equal(subgraphs.length, 60);
  assert.ok(new Set(names).size >= 3_000, `${new Set(names).size} types`);
});
