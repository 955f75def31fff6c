// Fields of another subgraph that a subgraph provides on some paths and for some types only: there they come without a
// call, everywhere else their owner is asked. The subgraph refuses what it does not provide.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'takes a provided field where it is provided',
    query: '{ bestseller { title stock } }',
    data: { bestseller: { title: 'Emma', stock: 2 } },
    requests: { shop: 1 },
  },
  {
    title: 'asks the owner on a path that does not provide the field',
    query: '{ newest { title stock } }',
    data: { newest: { title: 'Emma', stock: 2 } },
    order: ['shop', 'books'],
    neverAsks: { shop: ['title'] },
  },
  {
    title: 'asks the owner for the field that is not provided beside one that is',
    query: '{ bestseller { title pages } }',
    data: { bestseller: { title: 'Emma', pages: 474 } },
    order: ['shop', 'books'],
    neverAsks: { shop: ['pages'] },
  },
  {
    title: 'keeps two paths to one entity apart, of which one provides',
    query: '{ bestseller { title } newest { title } }',
    data: { bestseller: { title: 'Emma' }, newest: { title: 'Emma' } },
    requests: { shop: 1, books: 1 },
  },
  {
    title: 'takes a provided field of an object inside the provided one',
    query: '{ bestseller { author { name sold } } }',
    data: { bestseller: { author: { name: 'Jane', sold: 1000 } } },
  },
  {
    title: 'asks the owner for what an object inside the provided one does not provide',
    query: '{ bestseller { author { name born } title } }',
    data: { bestseller: { author: { name: 'Jane', born: 1775 }, title: 'Emma' } },
    neverAsks: { shop: ['born'] },
  },
  {
    title: 'provides by type condition in a union',
    query: '{ shelf { ... on Book { title } ... on Film { minutes } } }',
    data: { shelf: [{ title: 'Emma' }, null, { minutes: 97 }] },
    requests: { shop: 1 },
  },
  {
    title: 'asks the owner for the field of the type whose condition does not provide it',
    query: '{ shelf { ... on Book { title pages } ... on Film { title minutes } } }',
    data: { shelf: [{ title: 'Emma', pages: 474 }, null, { title: 'Clueless', minutes: 97 }] },
    requests: { shop: 1, books: 1 },
    representations: {
      books: [
        { __typename: 'Book', id: 'b1' },
        { __typename: 'Film', id: 'f1' },
      ],
    },
  },
  {
    title: 'provides by type condition in an interface, and asks the owner for the other type',
    query: '{ window { id ... on Film { title } ... on Book { title } } }',
    data: {
      window: [
        { id: 'f1', title: 'Clueless' },
        { id: 'b2', title: 'Persuasion' },
      ],
    },
    requests: { shop: 1, books: 1 },
    representations: { books: [{ __typename: 'Book', id: 'b2' }] },
  },
  {
    title: 'provides in lists, each path its own fields',
    query: '{ stack { title pages } others { pages } }',
    data: { stack: [{ title: 'Emma', pages: 474 }, null], others: [{ pages: 249 }, { pages: 474 }] },
    requests: { shop: 1 },
  },
  {
    title: 'asks the owner only for the list that does not provide',
    query: '{ stack { title } others { title } }',
    data: { stack: [{ title: 'Emma' }, null], others: [{ title: 'Persuasion' }, { title: 'Emma' }] },
    requests: { shop: 1, books: 1 },
    representations: {
      books: [
        { __typename: 'Book', id: 'b2' },
        { __typename: 'Book', id: 'b1' },
      ],
    },
  },
  {
    title: 'provides a part of an object without a key',
    query: '{ offers { writer { home { city } } } }',
    data: { offers: [{ writer: { home: { city: 'Bath' } } }, { writer: null }] },
    requests: { shop: 1 },
  },
  {
    title: 'asks the owner for the rest of an object without a key',
    query: '{ offers { writer { home { city street } sold } } }',
    data: {
      offers: [{ writer: { home: { city: 'Bath', street: 'Gay Street' }, sold: 1000 } }, { writer: null }],
    },
    order: ['shop', 'books'],
    neverAsks: { shop: ['street'] },
  },
  {
    title: 'never asks the other subgraph for fields that it only has to provide',
    query: '{ book { title pages author { name sold } stock } }',
    data: { book: { title: 'Emma', pages: 474, author: { name: 'Jane', sold: 1000 }, stock: 2 } },
    requests: { books: 1, shop: 1 },
    neverAsks: { shop: ['title', 'pages', 'author', 'name'] },
  },
];
