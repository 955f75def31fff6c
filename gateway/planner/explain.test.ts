import assert from 'node:assert/strict';
import { test } from 'node:test';
import { explainPlan, pathText } from './explain.ts';

test('says so when there is nothing to fetch', () => {
  assert.equal(explainPlan({ root: undefined }), 'Nothing to fetch');
});

test('writes paths as people do', () => {
  assert.equal(pathText([]), '/');
  assert.equal(
    pathText([
      { kind: 'types', names: ['Query'] },
      { kind: 'field', name: 'a' },
      { kind: 'items' },
      { kind: 'items' },
      { kind: 'types', names: ['A', 'B'] },
      { kind: 'field', name: 'b' },
    ]),
    '(Query).a[][](A|B).b',
  );
});

test('shows what stands elsewhere than it is required under', () => {
  const text = explainPlan({
    root: {
      kind: 'entities',
      subgraph: 's',
      operation: 'query ($r: [_Any!]!) { e: _entities(representations: $r) { ... on U { x } } }',
      variables: [],
      lookups: [
        {
          alias: 'e',
          representationsVariable: 'r',
          paths: [[{ kind: 'field', name: 'u' }]],
          requires: [
            {
              kind: 'fragment',
              typeCondition: 'U',
              selections: [{ kind: 'field', source: 'price_0', name: 'price' }],
            },
          ],
          inputRewrites: [],
          outputRewrites: [{ path: [{ kind: 'key', name: 'x' }], to: 'y' }],
        },
      ],
    },
  });
  assert.equal(
    text,
    'Entities s: e at u by U { price: price_0 } brings { ... on U { x } }\n  renames x to y',
  );
});
