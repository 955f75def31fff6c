// A chain: total and offer require fee, fee requires tax, tax requires sum. What is skipped sets none of it going, and
// what is not skipped sets going what it needs and nothing more.
import type { CorpusCase } from '../corpus-case.ts';

const skipping = { no: true };
const including = { no: false };

export const cases: readonly CorpusCase[] = [
  {
    title: 'fetches the whole chain of a field that is not skipped',
    query: 'query ($no: Boolean!) { order { note total @skip(if: $no) } }',
    variables: including,
    data: { order: { note: 'fragile', total: 122 } },
    order: ['orders', 'taxes', 'fees', 'offers'],
  },
  {
    title: 'fetches nothing of the chain of a skipped field',
    query: 'query ($no: Boolean!) { order { note total @skip(if: $no) } }',
    variables: skipping,
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
    neverAsks: { orders: ['sum'] },
  },
  {
    title: 'fetches nothing of the chain of a field that is not included',
    query: 'query ($yes: Boolean = false) { order { total @include(if: $yes) note } }',
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
    neverAsks: { orders: ['sum'] },
  },
  {
    title: 'fetches nothing of the chain of a field that is skipped by a constant',
    query: '{ order { note total @skip(if: true) tax @include(if: false) } }',
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
    neverAsks: { orders: ['sum'] },
  },
  {
    title: 'fetches nothing of the chain of an object that is skipped',
    query: 'query ($no: Boolean!) { order { note offer @skip(if: $no) { percent } } }',
    variables: skipping,
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
  },
  {
    title: 'fetches the chain of an object of which only a part could be skipped',
    query: 'query ($no: Boolean!) { order { note offer { __typename percent @skip(if: $no) } } }',
    variables: including,
    data: { order: { note: 'fragile', offer: { __typename: 'Offer', percent: 5 } } },
    order: ['orders', 'taxes', 'fees', 'offers'],
  },
  {
    title: 'fetches nothing of the chain in an inline fragment that is skipped',
    query: 'query ($no: Boolean!) { order { note ... on Order @skip(if: $no) { total fee } } }',
    variables: skipping,
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
  },
  {
    title: 'fetches nothing of the chain in a spread that is skipped',
    query:
      'query ($no: Boolean!) { order { ...money @skip(if: $no) note } } fragment money on Order { offer { percent } tax }',
    variables: skipping,
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
    neverAsks: { orders: ['sum'] },
  },
  {
    title: 'fetches nothing of the chain in fragments inside a skipped one',
    query:
      'query ($no: Boolean!) { order { ... @skip(if: $no) { ... @include(if: $no) { ...money } } note } } fragment money on Order { total }',
    variables: skipping,
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
  },
  {
    title: 'fetches a part of the chain for itself where the end of it is skipped',
    query: 'query ($no: Boolean!) { order { tax total @skip(if: $no) } }',
    variables: skipping,
    data: { order: { tax: 20 } },
    order: ['orders', 'taxes'],
  },
  {
    title: 'fetches another field of a subgraph on the chain, and not what the skipped one requires',
    query: 'query ($no: Boolean!) { order { region fee @skip(if: $no) } }',
    variables: skipping,
    data: { order: { region: 'EU' } },
    order: ['orders', 'taxes'],
    neverAsks: { orders: ['sum'], taxes: ['tax'] },
  },
  {
    title: 'takes the required field that the client asks for, too, where what requires it is skipped',
    query: 'query ($no: Boolean!) { order { sum tax @skip(if: $no) } }',
    variables: skipping,
    data: { order: { sum: 100 } },
    requests: { orders: 1 },
  },
  {
    title: 'fetches the chain once for the one of two aliases that is not skipped',
    query:
      'query ($no: Boolean!) { order { a: total @skip(if: $no) b: total(currency: "USD") c: fee @include(if: false) } }',
    variables: skipping,
    data: { order: { b: 140 } },
    order: ['orders', 'taxes', 'fees', 'offers'],
  },
  {
    title: 'fetches the chain of a field that is skipped in one place and not in another',
    query: 'query ($no: Boolean!) { order { total @skip(if: $no) note ... { total } } }',
    variables: skipping,
    data: { order: { note: 'fragile', total: 122 } },
    order: ['orders', 'taxes', 'fees', 'offers'],
  },
  {
    title: 'skips by both directives at once',
    query:
      'query ($no: Boolean!, $yes: Boolean!) { order { note total @skip(if: $no) @include(if: $yes) fee @skip(if: $yes) @include(if: $no) } }',
    variables: { no: true, yes: true },
    data: { order: { note: 'fragile' } },
    requests: { orders: 1 },
  },
  {
    title: 'fetches the chain for each of a list, null links of it, too',
    query: 'query ($no: Boolean!) { orders { id total @skip(if: $no) offer { percent } } }',
    variables: including,
    data: {
      orders: [
        { id: 'o1', total: 122, offer: { percent: 5 } },
        { id: 'o2', total: 0, offer: null },
      ],
    },
    order: ['orders', 'taxes', 'fees', 'offers'],
  },
  {
    title: 'asks only for the list where everything of its items is skipped but __typename',
    query: 'query ($no: Boolean!) { orders { __typename total @skip(if: $no) fee @skip(if: $no) } }',
    variables: skipping,
    data: { orders: [{ __typename: 'Order' }, { __typename: 'Order' }] },
    requests: { orders: 1 },
  },
  {
    title: 'answers an empty object where everything in it is skipped',
    query: 'query ($no: Boolean!) { order { total @skip(if: $no) } }',
    variables: skipping,
    data: { order: {} },
    requests: { orders: 1 },
    neverAsks: { orders: ['sum'] },
  },
  {
    title: 'asks nobody where every root field is skipped',
    query: 'query ($no: Boolean!) { order @skip(if: $no) { total } ... @skip(if: $no) { orders { fee } } }',
    variables: skipping,
    data: {},
    requests: {},
  },
];
