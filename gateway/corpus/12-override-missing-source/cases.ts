// `@override(from: …)` that names a subgraph which is not there (any more), on fields of every kind, beside overrides
// whose source is there: a field that was taken over is never asked of its old subgraph.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'takes a field from whoever overrides a subgraph that is not there',
    query: '{ products { name stock } }',
    data: {
      products: [
        { name: 'lamp', stock: 7 },
        { name: 'sofa', stock: null },
      ],
    },
    requests: { products: 1, inventory: 1 },
  },
  {
    title: 'asks for a root field that overrides a subgraph that is not there',
    query: '{ fresh { stock } }',
    data: { fresh: [{ stock: null }] },
    requests: { inventory: 1 },
  },
  {
    title: 'asks for a mutation that overrides a subgraph that is not there',
    query: 'mutation { restock { stock name } rename { stock } }',
    data: { restock: { stock: null, name: 'sofa' }, rename: { stock: 7 } },
    order: ['inventory', 'products', 'products', 'inventory'],
  },
  {
    title: 'reads the key where its override names a subgraph that is not there',
    query: '{ fresh { id } products { id } }',
    data: { fresh: [{ id: 'p2' }], products: [{ id: 'p1' }, { id: 'p2' }] },
    requests: { inventory: 1, products: 1 },
  },
  {
    title: 'sends what an overriding field requires',
    query: '{ products { code } }',
    data: { products: [{ code: 101 }, { code: 102 }] },
    order: ['products', 'inventory'],
  },
  {
    title: 'fetches what an overriding field requires back from another subgraph',
    query: '{ fresh { code } }',
    data: { fresh: [{ code: 102 }] },
    order: ['inventory', 'products', 'inventory'],
  },
  {
    title: 'overrides a field of an entity that is reached through another one',
    query: '{ products { maker { name country } } }',
    data: { products: [{ maker: { name: 'Lux', country: 'IT' } }, { maker: null }] },
    requests: { products: 1, inventory: 1 },
  },
  {
    title: 'never asks the old subgraph for a field that was taken over',
    query: '{ products { weight } }',
    data: { products: [{ weight: 3 }, { weight: 50 }] },
    requests: { products: 1, inventory: 1 },
    neverAsks: { products: ['weight'] },
  },
  {
    title: 'never asks the old subgraph for a root field that was taken over',
    query: '{ top { name weight } }',
    data: { top: { name: 'lamp', weight: 3 } },
    order: ['inventory', 'products'],
    neverAsks: { products: ['top', 'weight'] },
  },
  {
    title: 'fetches overridden fields for a third subgraph that requires them',
    query: '{ products { fee } }',
    data: { products: [{ fee: 21 }, { fee: 50 }] },
    order: ['products', 'inventory', 'shipping'],
    neverAsks: { products: ['weight'] },
    representations: {
      shipping: [
        { __typename: 'Product', id: 'p1', weight: 3, stock: 7 },
        { __typename: 'Product', id: 'p2', weight: 50, stock: null },
      ],
    },
  },
];
