// Equal response names with different types in different branches of a union.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'keys of one name and three types in one union reach their entities',
    query: '{ items { ... on Book { stars } ... on Film { stars } ... on Song { stars } } }',
    data: { items: [{ stars: 3 }, { stars: 5 }, { stars: 4 }, { stars: null }] },
    requests: { media: 1, ratings: 1 },
    representations: {
      ratings: [
        { __typename: 'Book', id: '1' },
        { __typename: 'Book', id: '2' },
        { __typename: 'Film', id: 1 },
        { __typename: 'Song', id: '1' },
      ],
    },
  },
  {
    title: 'required fields of one name and two types reach who requires them',
    query: '{ items { ... on Book { fee } ... on Film { fee } } }',
    data: { items: [{ fee: 30 }, { fee: 12 }, {}, { fee: 0 }] },
    requests: { media: 1, ratings: 1 },
    representations: {
      ratings: [
        { __typename: 'Book', id: '1', weight: 300 },
        { __typename: 'Book', id: '2', weight: null },
        { __typename: 'Film', id: 1, weight: [1, 2] },
      ],
    },
  },
  {
    title: "the client gives the name of one branch's key to a field of the other branch",
    query: '{ items { ... on Book { id: title stars } ... on Film { stars } } }',
    data: { items: [{ id: 'Emma', stars: 3 }, { stars: 5 }, {}, { id: 'Ulysses', stars: null }] },
    requests: { media: 1, ratings: 1 },
  },
  {
    title: 'the client gives the name of the key to another field',
    query: '{ items { ... on Book { id: title stars } } }',
    data: { items: [{ id: 'Emma', stars: 3 }, {}, {}, { id: 'Ulysses', stars: null }] },
    requests: { media: 1, ratings: 1 },
  },
  {
    title: 'one name for entities of different types, completed by one subgraph',
    query: '{ items { ... on Book { by: author { name } } ... on Film { by: studio { name } } } }',
    data: { items: [{ by: { name: 'Jane' } }, { by: { name: 'Fox' } }, {}, { by: null }] },
    requests: { media: 1, people: 1 },
    representations: {
      people: [
        { __typename: 'Author', id: '1' },
        { __typename: 'Studio', code: 1 },
      ],
    },
  },
  {
    title: 'one name for objects of different types inside entities of different types',
    query: `{
      items {
        ... on Book { by: author { home { label mayor } } }
        ... on Film { by: studio { home { label king } } }
      }
    }`,
    data: {
      items: [
        { by: { home: { label: 'Bath', mayor: 'Ann' } } },
        { by: { home: { label: 'Oz', king: 'Bob' } } },
        {},
        { by: null },
      ],
    },
  },
  {
    title: 'one name for the same field with different arguments in different branches',
    query: `{
      items {
        ... on Book { text(language: "en") }
        ... on Film { text(language: "de") }
      }
    }`,
    data: { items: [{ text: 'book' }, { text: 'Streifen' }, {}, { text: null }] },
    requests: { media: 1 },
  },
  {
    title: 'one name for different fields of one type, which cross over between branches',
    query: `{
      items {
        __typename
        ... on Book { first: title second: text(language: "en") }
        ... on Film { second: text(language: "de") first: title }
      }
    }`,
    data: {
      items: [
        { __typename: 'Book', first: 'Emma', second: 'book' },
        { __typename: 'Film', second: 'Streifen', first: 'Alien' },
        { __typename: 'Song' },
        { __typename: 'Book', first: 'Ulysses', second: null },
      ],
    },
  },
];
