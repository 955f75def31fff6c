// Root fields that two subgraphs have, of types without keys: each gives its own half, and the halves are laid over one
// another to any depth, lists item by item. Children without keys of an entity come by way of the entity.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'asks one subgraph where it has everything',
    query: '{ status { north both place { id north } } }',
    data: { status: { north: 1, both: 'calm', place: { id: 'pl', north: 2 } } },
    requests: { north: 1 },
  },
  {
    title: 'asks one subgraph where any would do',
    query: '{ status { both place { id } } }',
    data: { status: { both: 'calm', place: { id: 'pl' } } },
    requestsOf: { native: { north: 1 }, apollo: { north: 1 } },
  },
  {
    title: 'lays the halves of an object over one another',
    query: '{ status { south both north } }',
    data: { status: { south: -1, both: 'calm', north: 1 } },
    requests: { north: 1, south: 1 },
    neverAsks: { north: ['south'], south: ['north'] },
  },
  {
    title: 'lays the halves of an object inside a shared one over one another',
    query: '{ status { place { south north id } } }',
    data: { status: { place: { south: -2, north: 2, id: 'pl' } } },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'lays halves of which one has no field at the top over one another',
    query: '{ status { north place { south } } }',
    data: { status: { north: 1, place: { south: -2 } } },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'merges lists item by item, nulls with nulls, to any depth',
    query: '{ status { log { north deeper { south deeper { north south } north } south } } }',
    data: {
      status: {
        log: [
          {
            north: 3,
            deeper: [
              { south: -4, deeper: null, north: 4 },
              { south: -5, deeper: [], north: 5 },
            ],
            south: -3,
          },
          null,
          { north: 6, deeper: [], south: null },
        ],
      },
    },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'merges lists at the root item by item',
    query: '{ statuses { north south both } }',
    data: {
      statuses: [{ north: 7, south: -7, both: 'a' }, null, { north: 8, south: -8, both: 'b' }],
    },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'merges lists of lists item by item',
    query: '{ grid { south north } }',
    data: {
      grid: [
        [
          { south: -1, north: 1 },
          { south: -2, north: 2 },
        ],
        [],
        [{ south: -3, north: 3 }],
      ],
    },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'sends arguments and variables to both',
    query:
      'query ($id: ID!) { a: product(id: $id) { size { width height } } b: product(id: "p3") { size { width height } } }',
    variables: { id: 'p1' },
    data: { a: { size: { width: 40, height: 90 } }, b: null },
  },
  {
    title: 'merges two aliases of a shared field each with itself',
    query: '{ a: statuses(first: 1) { north } b: statuses(first: 2) { south north } c: status { south } }',
    data: {
      a: [{ north: 7 }, null, { north: 8 }],
      b: [{ south: -7, north: 7 }, null, { south: -8, north: 8 }],
      c: { south: -1 },
    },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'answers null where both say null',
    query: '{ nothing { north south place { north south } } }',
    data: { nothing: null },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'answers __typename of shared objects once',
    query: '{ status { a: __typename north place { b: __typename south } } __typename }',
    data: { status: { a: 'Status', north: 1, place: { b: 'Place', south: -2 } }, __typename: 'Query' },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'goes to children without keys by way of their parent',
    query: '{ product(id: "p1") { north size { height width unit } } }',
    data: { product: { north: 10, size: { height: 90, width: 40, unit: 'cm' } } },
    requests: { north: 1, south: 1 },
    neverAsks: { north: ['height'], south: ['width'] },
  },
  {
    title: 'merges lists of children without keys, of entities in a list',
    query: '{ products { north parts { price name weight } south size { height width } } }',
    data: {
      products: [
        {
          north: 10,
          parts: [{ price: 5, name: 'leg', weight: 2 }, null, { price: 9, name: 'seat', weight: 3 }],
          south: -10,
          size: { height: 90, width: 40 },
        },
        { north: 20, parts: [], south: -20, size: null },
      ],
    },
    requests: { north: 1, south: 1 },
  },
  {
    title: 'merges what fragments spread over both subgraphs ask for',
    query: `{ status { ...left } status { ... on Status { place { ...right } south } } }
      fragment left on Status { place { north } both } fragment right on Place { south id }`,
    data: { status: { place: { north: 2, south: -2, id: 'pl' }, both: 'calm', south: -1 } },
    requests: { north: 1, south: 1 },
  },
];
