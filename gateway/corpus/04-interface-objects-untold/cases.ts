// Interface objects whose real type no subgraph tells. Apollo's composition refuses such supergraphs; other composers
// let them through, and then it is the gateway that must not answer in silence.
import type { CorpusCase } from '../corpus-case.ts';

export const isUnsatisfied = true;

export const cases: readonly CorpusCase[] = [
  {
    title: 'fields of the interface object itself are answered',
    query: '{ devices { id price } }',
    data: { devices: [{ id: '1', price: 500 }] },
    requests: { shop: 1 },
  },
  {
    title: 'the real type cannot be planned: data is null with an error, also for fields beside it',
    query: '{ city devices { __typename price } }',
    data: null,
    errors: [{ code: 'PLANNING_FAILED' }],
    requests: {},
    unlikeMonolith: 'the monolith knows the type',
  },
  {
    title: 'a condition on the real type cannot be planned: data is null with an error',
    query: '{ devices { ... on Phone { price } } }',
    data: null,
    errors: [{ code: 'PLANNING_FAILED' }],
    requests: {},
    unlikeMonolith: 'the monolith knows the type',
  },
];
