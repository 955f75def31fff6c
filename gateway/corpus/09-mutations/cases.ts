// Mutations run strictly one after the other, each with all that the client wants to see of it, across subgraphs. Every
// mutation that has run moves `ticks` on by one, so that the answers tell the order.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'runs mutations of one subgraph in order',
    query: 'mutation { a: tick b: tick c: tick }',
    data: { a: 1, b: 2, c: 3 },
    requests: { carts: 3 },
  },
  {
    title: 'runs mutations of two subgraphs in turn in order',
    query: 'mutation { a: tick b: tock c: tick d: tock }',
    data: { a: 1, b: 2, c: 3, d: 4 },
    order: ['carts', 'users', 'carts', 'users'],
  },
  {
    title: 'orders them by where they stand, not by fragment or name',
    query:
      'mutation { z: tock ...more a: tick } fragment more on Mutation { m: tick ... { z: tock b: tock } }',
    data: { z: 1, m: 2, b: 3, a: 4 },
    order: ['users', 'carts', 'users', 'carts'],
  },
  {
    title: 'ends all fetches for a mutation before the next one runs',
    query:
      'mutation { add { ticks ticksElsewhere owner { ticks } } tock again: add { ticksElsewhere ticks } }',
    data: {
      add: { ticks: 1, ticksElsewhere: 1, owner: { ticks: 1 } },
      tock: 2,
      again: { ticksElsewhere: 3, ticks: 3 },
    },
  },
  {
    title: 'runs one mutation twice by two aliases',
    query: 'mutation { a: add(sku: "x") { ticks } b: add(sku: "x") { ticks } }',
    data: { a: { ticks: 1 }, b: { ticks: 2 } },
    requests: { carts: 2 },
  },
  {
    title: 'runs a mutation once that stands in two places',
    query: 'mutation { add { id } tock ... { add { saved ticks } } }',
    data: { add: { id: 'c1', saved: 30, ticks: 1 }, tock: 2 },
    order: ['carts', 'users', 'users'],
  },
  {
    title: 'runs a shareable mutation once, in one of its subgraphs',
    query: 'mutation { touch }',
    data: { touch: 1 },
    requestsOf: { native: { carts: 1 }, apollo: { carts: 1 } },
  },
  {
    title: 'runs a shareable mutation once though its result has fields of both subgraphs',
    query: 'mutation { checkout { number cart { ticks ticksElsewhere } } tick }',
    data: { checkout: { number: 1, cart: { ticks: 1, ticksElsewhere: 1 } }, tick: 2 },
    requests: { carts: 2, users: 1 },
  },
  {
    title: 'fetches nothing again that the mutation returned',
    query: 'mutation { add(count: 2) { id size ticks owner { id } } }',
    data: { add: { id: 'c1', size: 3, ticks: 1, owner: { id: 'u1' } } },
    requests: { carts: 1 },
  },
  {
    title: 'fetches only what the mutation did not return',
    query: 'mutation { rename { id name ticks } add { size saved } }',
    data: { rename: { id: 'u1', name: 'Ada', ticks: 1 }, add: { size: 3, saved: 30 } },
    order: ['users', 'carts', 'users'],
  },
  {
    title: 'sends variables to the mutation that uses them',
    query: 'mutation ($sku: String!, $count: Int) { add(sku: $sku, count: $count) { size } tock }',
    variables: { sku: 'x' },
    data: { add: { size: 3 }, tock: 2 },
    requests: { carts: 1, users: 1 },
  },
  {
    title: 'runs no mutation that is skipped',
    query:
      'mutation ($no: Boolean!) { a: tick @skip(if: $no) b: tock ... @skip(if: $no) { add { id } } c: tick }',
    variables: { no: true },
    data: { b: 1, c: 2 },
    order: ['users', 'carts'],
  },
  {
    title: 'keeps __typename of Mutation between mutations',
    query: 'mutation { a: tick __typename b: tock t: __typename }',
    data: { a: 1, __typename: 'Mutation', b: 2, t: 'Mutation' },
    order: ['carts', 'users'],
  },
  {
    title: 'goes on with the next mutation after one that answers null',
    query: 'mutation { add { id } tock }',
    wrongAnswer: { subgraph: 'carts', path: ['add'], value: null },
    data: { add: null, tock: 2 },
    unlikeMonolith: 'the subgraph answers null in spite of the data',
    order: ['carts', 'users'],
  },
  {
    title: 'runs later mutations after one that may not be null and is, and answers data: null',
    query: 'mutation { drop { id } tock }',
    wrongAnswer: { subgraph: 'carts', path: ['drop'], value: null },
    data: null,
    errors: [{ path: ['drop'], code: 'SUBGRAPH_INVALID_VALUE' }],
    unlikeMonolith: 'the subgraph answers null in spite of the data',
  },
  {
    title: 'runs no mutation for a query',
    query: 'query { cart { ticks ticksElsewhere } me { ticks } }',
    data: { cart: { ticks: 0, ticksElsewhere: 0 }, me: { ticks: 0 } },
  },
  {
    title: 'goes from the result of a mutation to the query of the same subgraph',
    query: 'mutation { change { query { cart { ticks } } cart { ticks } } tock }',
    data: { change: { query: { cart: { ticks: 1 } }, cart: { ticks: 1 } }, tock: 2 },
    order: ['carts', 'users'],
  },
  {
    title: 'goes from the result of a mutation to the query of another subgraph, before the next mutation',
    query: 'mutation { change { query { me { name ticks } t: __typename } } tock }',
    data: { change: { query: { me: { name: 'Ada', ticks: 1 }, t: 'Query' } }, tock: 2 },
    order: ['carts', 'users', 'users'],
  },
  {
    title: 'goes to the query by two mutations, each in its turn',
    query:
      'mutation { a: change { query { me { ticks } } } b: change { query { me { ticks } cart { saved } } } }',
    data: {
      a: { query: { me: { ticks: 1 } } },
      b: { query: { me: { ticks: 2 }, cart: { saved: 30 } } },
    },
  },
];
