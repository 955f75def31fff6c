// That the corpus can fail: each thing that a case may say is found when it is not so.
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { findFaults } from './check-case.ts';
import type { CorpusCase } from './corpus-case.ts';
import type { Ran } from './run-case.ts';

const ran: Ran = {
  answer: {
    data: { a: 1, b: [{ c: null }] },
    errors: [{ message: 'no', path: ['b', 0, 'c'], extensions: { code: 'SUBGRAPH_INVALID_VALUE' } }],
  },
  calls: [
    { subgraph: 'first', query: '{ a }', variables: {} },
    {
      subgraph: 'second',
      query: 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on B { c } } }',
      variables: { r: [{ __typename: 'B', id: 1 }] },
    },
  ],
};

const right: CorpusCase = {
  title: 'all is well',
  query: '{ a b { c } }',
  data: { a: 1, b: [{ c: null }] },
  errors: [{ path: ['b', 0, 'c'], code: 'SUBGRAPH_INVALID_VALUE' }],
  requests: { first: 1, second: 1 },
  order: ['first', 'second'],
  neverAsks: { first: ['c'] },
  representations: { second: [{ id: 1, __typename: 'B' }] },
};

const wrong: Readonly<Record<string, Partial<CorpusCase>>> = {
  'other data': { data: { a: 2, b: [{ c: null }] } },
  'another order of keys': { data: { b: [{ c: null }], a: 1 } },
  'another path of an error': { errors: [{ path: ['b'], code: 'SUBGRAPH_INVALID_VALUE' }] },
  'another code of an error': { errors: [{ path: ['b', 0, 'c'], code: 'SERVICE_UNAVAILABLE' }] },
  'an error too many': { errors: [] },
  'a request too few': { requests: { first: 2, second: 1 } },
  'a request to somebody else': { requests: { first: 1 } },
  'another order of requests': { order: ['second', 'first'] },
  'a field that must not be asked for': { neverAsks: { second: ['c'] } },
  'another representation': { representations: { second: [{ __typename: 'B', id: '1' }] } },
  'no refusal': { refused: 'BAD_USER_INPUT' },
};

const way = { planner: 'native', executor: 'compiled' } as const;

it('finds nothing where all is as the case says', () => {
  assert.deepEqual(findFaults(right, way, ran), []);
});

for (const [what, change] of Object.entries(wrong)) {
  it(`finds ${what}`, () => {
    assert.notDeepEqual(findFaults({ ...right, ...change }, way, ran), []);
  });
}

it('finds a refusal that no case speaks of, and one with another code', () => {
  const refusal: Ran = {
    answer: { data: null, errors: [{ message: 'no', extensions: { code: 'BAD_USER_INPUT' } }] },
    isRefused: true,
    calls: [],
  };
  const base = { title: 'refused', query: '{ a }', data: null };
  assert.deepEqual(findFaults({ ...base, refused: 'BAD_USER_INPUT' }, way, refusal), []);
  assert.notDeepEqual(findFaults({ ...base, refused: 'GRAPHQL_VALIDATION_FAILED' }, way, refusal), []);
  assert.notDeepEqual(findFaults(base, way, refusal), []);
});
