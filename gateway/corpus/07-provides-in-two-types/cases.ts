// One type of which two other types provide different fields: what one path provides must not be taken from the other.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'takes from each path what it provides',
    query: '{ bestseller { title } offers { book { pages } } }',
    data: { bestseller: { title: 'Emma' }, offers: [{ book: { pages: 249 } }, { book: { pages: 474 } }] },
    requests: { shop: 1 },
  },
  {
    title: 'asks the owner for what the field of the one type does not provide',
    query: '{ bestseller { title pages } }',
    data: { bestseller: { title: 'Emma', pages: 474 } },
    order: ['shop', 'books'],
    neverAsks: { shop: ['pages'] },
  },
  {
    title: 'asks the owner for what the field of the other type does not provide',
    query: '{ offers { book { title pages } } }',
    data: {
      offers: [{ book: { title: 'Persuasion', pages: 249 } }, { book: { title: 'Emma', pages: 474 } }],
    },
    order: ['shop', 'books'],
    neverAsks: { shop: ['title'] },
    representations: {
      books: [
        { __typename: 'Book', id: 'b2' },
        { __typename: 'Book', id: 'b1' },
      ],
    },
  },
];
