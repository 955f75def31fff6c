import assert from 'node:assert/strict';
import { test } from 'node:test';
import { forgetOperations, operationOf } from './fetch-operation.ts';
import type { RootFetch } from './plan.ts';

test('a fetch’s operation is read once, until it is forgotten with its plan', () => {
  const fetch: RootFetch = {
    kind: 'root',
    subgraph: 'a',
    operationKind: 'query',
    operation: '{ one two }',
    variables: [],
    outputRewrites: [],
  };
  const read = operationOf(fetch);
  assert.deepEqual([...read.fields.keys()], ['one', 'two']);
  assert.equal(operationOf(fetch), read);
  forgetOperations({ root: { kind: 'sequence', nodes: [fetch] } });
  assert.notEqual(operationOf(fetch), read);
});

test('a fetch that is no GraphQL is a planner’s failure, so that another planner is tried', () => {
  const fetch = {
    kind: 'root',
    subgraph: 'a',
    operationKind: 'query',
    variables: [],
    outputRewrites: [],
  } as const;
  assert.throws(() => operationOf({ ...fetch, operation: '{ one { } }' }), {
    name: 'PlanningFailed',
    message: 'What a is to be asked is no GraphQL.',
  });
});
