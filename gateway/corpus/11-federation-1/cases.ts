// Subgraphs of Federation 1: no @link, owners and extensions, `extend type`, `@extends`, keys marked @external, enums and
// value types without @shareable, root types that are extended and not defined.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'adds the fields of an extended type to the owner’s',
    query: '{ me { name reviews { body } } }',
    data: { me: { name: 'Ada', reviews: [{ body: 'bright' }] } },
    requests: { accounts: 1, reviews: 1 },
  },
  {
    title: 'reads a key marked @external where it stands, without a call to its owner',
    query: '{ me { reviews { writer { id } } } }',
    data: { me: { reviews: [{ writer: { id: 'u2' } }] } },
    order: ['accounts', 'reviews'],
  },
  {
    title: 'fetches an @external field that is no key from its owner',
    query: '{ me { reviews { writer { id name } } } }',
    data: { me: { reviews: [{ writer: { id: 'u2', name: 'Bob' } }] } },
    order: ['accounts', 'reviews', 'accounts'],
  },
  {
    title: 'takes an @external field where it is provided',
    query: '{ me { reviews { author { name } } } }',
    data: { me: { reviews: [{ author: { name: 'Ada' } }] } },
    order: ['accounts', 'reviews'],
  },
  {
    title: 'crosses by the key that each subgraph extends by',
    query: '{ topProducts { seller { reviews { body } email } } }',
    data: {
      topProducts: [
        { seller: { reviews: [{ body: 'bright' }], email: 'ada@bank' } },
        { seller: { reviews: [], email: 'bob@bank' } },
      ],
    },
    order: ['products', 'accounts', 'reviews'],
  },
  {
    title: 'goes from one extending subgraph to another through the owner, which has both keys',
    query: '{ me { reviews { writer { sells { name } } author { sells { name } } } } }',
    data: { me: { reviews: [{ writer: { sells: null }, author: { sells: [{ name: 'lamp' }] } }] } },
    order: ['accounts', 'reviews', 'accounts', 'products'],
  },
  {
    title: 'sends required fields to a type that @extends says it extends',
    query: '{ topProducts { estimate } }',
    data: { topProducts: [{ estimate: 60 }, { estimate: 0 }] },
    order: ['products', 'shipping'],
    representations: {
      shipping: [
        { __typename: 'Product', upc: '1', price: 20, weight: 3 },
        { __typename: 'Product', upc: '2', price: 900, weight: 50 },
      ],
    },
  },
  {
    title: 'fetches required fields from the owner between two extensions',
    query: '{ me { reviews { product { title estimate } } } }',
    data: { me: { reviews: [{ product: { title: 4, estimate: 60 } }] } },
  },
  {
    title: 'sends a required field of an extended value type',
    query: '{ users { zone } }',
    data: { users: [{ zone: 1 }, null, { zone: 0 }] },
    order: ['accounts', 'shipping'],
  },
  {
    title: 'takes root fields from a root type that is only extended',
    query: '{ catalog { season first { upc } } topProducts(first: 1) { upc } }',
    data: { catalog: { season: 'AUTUMN', first: { upc: '2' } }, topProducts: [{ upc: '1' }, { upc: '2' }] },
    requests: { products: 1 },
  },
  {
    title: 'takes mutations from two subgraphs of which one extends Mutation, in order',
    query: 'mutation { review { product { name } } publish { reviews { id } } }',
    data: { review: { product: { name: 'lamp' } }, publish: { reviews: [{ id: 'r1' }] } },
    order: ['reviews', 'products', 'products', 'reviews'],
  },
  {
    title: 'answers null items of a list with the null that stands there',
    query: '{ users { email sells { upc } } }',
    data: {
      users: [{ email: 'ada@bank', sells: [{ upc: '1' }] }, null, { email: 'bob@bank', sells: null }],
    },
  },
];
