// Keys: resolvable: false, several, composite, nested, list keys; a key reached over two hops; null keys.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'an entity that is named with resolvable: false costs no request as long as its key is enough',
    query: '{ orders { number product { id } } }',
    data: {
      orders: [
        { number: 7, product: { id: '1' } },
        { number: 8, product: { id: '2' } },
        { number: 9, product: { id: '1' } },
      ],
    },
    requests: { orders: 1 },
  },
  {
    title: 'an entity that is named with resolvable: false is completed elsewhere, each distinct one once',
    query: '{ orders { product { name } } }',
    data: {
      orders: [{ product: { name: 'Lamp' } }, { product: { name: 'Desk' } }, { product: { name: 'Lamp' } }],
    },
    requests: { orders: 1, catalog: 1 },
    representations: {
      catalog: [
        { __typename: 'Product', id: '1' },
        { __typename: 'Product', id: '2' },
      ],
    },
  },
  {
    title: 'a subgraph is entered again for @requires by its resolvable key, not by the one that is not',
    query: '{ items { fee } }',
    data: { items: [{ fee: 50 }, { fee: 1 }] },
    requests: { shipping: 2, scale: 1 },
    order: ['shipping', 'scale', 'shipping'],
    representations: {
      scale: [
        { __typename: 'Item', id: '1' },
        { __typename: 'Item', id: '2' },
      ],
      shipping: [
        { __typename: 'Item', code: 'x', weight: 5 },
        { __typename: 'Item', code: 'y', weight: null },
      ],
    },
  },
  {
    title: 'of several keys each subgraph gets the one that it knows',
    query: '{ products { name stars count } }',
    data: {
      products: [
        { name: 'Lamp', stars: 4, count: 12 },
        { name: 'Desk', stars: 5, count: 0 },
      ],
    },
    requests: { catalog: 1, reviews: 1, stock: 1 },
    representations: {
      reviews: [
        { __typename: 'Product', id: '1' },
        { __typename: 'Product', id: '2' },
      ],
      stock: [
        { __typename: 'Product', sku: 's-1' },
        { __typename: 'Product', sku: 's-2' },
      ],
    },
  },
  {
    title: 'a key that is not at hand is reached over a subgraph that has both',
    query: '{ topProducts { count } }',
    data: { topProducts: [{ count: 0 }, { count: 12 }, { count: 0 }] },
    requests: { reviews: 1, catalog: 1, stock: 1 },
    order: ['reviews', 'catalog', 'stock'],
    representations: {
      stock: [
        { __typename: 'Product', sku: 's-2' },
        { __typename: 'Product', sku: 's-1' },
      ],
    },
  },
  {
    title: 'two hops back the other way bring the other key',
    query: '{ scarceProducts { stars count name } }',
    data: { scarceProducts: [{ stars: 4, count: 12, name: 'Lamp' }] },
    requests: { stock: 1, catalog: 1, reviews: 1 },
    order: ['stock', 'catalog', 'reviews'],
  },
  {
    title: 'a composite key goes as a whole',
    query: '{ seats { price } }',
    data: { seats: [{ price: 90 }, { price: 80 }, { price: 70 }] },
    requests: { catalog: 1, stock: 1 },
    representations: {
      stock: [
        { __typename: 'Seat', row: 'A', number: 1 },
        { __typename: 'Seat', row: 'A', number: 2 },
        { __typename: 'Seat', row: 'B', number: 1 },
      ],
    },
  },
  {
    title:
      'entities that differ deep in a nested key only are two, and one whose nested key is null is not asked for',
    query: '{ employees { badge } }',
    data: { employees: [{ badge: 11 }, { badge: 22 }, { badge: null }] },
    requests: { catalog: 1, stock: 1 },
    representations: {
      stock: [
        { __typename: 'Employee', id: '1', company: { id: 'c1', country: { code: 'CH' } } },
        { __typename: 'Employee', id: '1', company: { id: 'c1', country: { code: 'AT' } } },
      ],
    },
  },
  {
    title: 'a list key counts in its order',
    query: '{ bundles { discount codes } }',
    data: {
      bundles: [
        { discount: 10, codes: ['a', 'b'] },
        { discount: 20, codes: ['b', 'a'] },
      ],
    },
    requests: { catalog: 1, stock: 1 },
  },
  {
    title: 'a null key drops the representation and leaves null without an error',
    query: '{ parcels { id place } }',
    data: {
      parcels: [
        { id: '1', place: 'Basel' },
        { id: '2', place: null },
        { id: '3', place: 'Wien' },
      ],
    },
    requests: { catalog: 1, stock: 1 },
    representations: {
      stock: [
        { __typename: 'Parcel', tracking: 'T1' },
        { __typename: 'Parcel', tracking: 'T3' },
      ],
    },
  },
  {
    title: 'when all keys are null nobody is asked',
    query: '{ lostParcels { id place } }',
    data: { lostParcels: [{ id: '2', place: null }] },
    requests: { catalog: 1 },
  },
];
