// `__typename` wherever and however often it is asked for, and the response's keys in the order of the query: the
// order in which fragments and fields stand, whichever subgraph answers first.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'answers __typename of the query without asking any subgraph',
    query: '{ __typename a: __typename b: __typename }',
    data: { __typename: 'Query', a: 'Query', b: 'Query' },
    requests: {},
  },
  {
    title: 'keeps __typename of the query in its place among fields',
    query: '{ a: __typename book { title } b: __typename best { stars } __typename }',
    data: { a: 'Query', book: { title: 'Emma' }, b: 'Query', best: { stars: 5 }, __typename: 'Query' },
    requests: { library: 1, reviews: 1 },
  },
  {
    title: 'answers __typename of a mutation in its place',
    query: 'mutation { __typename lend { stars } a: __typename }',
    data: { __typename: 'Mutation', lend: { stars: 5 }, a: 'Mutation' },
    requests: { library: 1, reviews: 1 },
  },
  {
    title: 'answers several aliases of __typename of an entity',
    query: '{ book { a: __typename stars b: __typename title __typename c: __typename } }',
    data: { book: { a: 'Book', stars: 5, b: 'Book', title: 'Emma', __typename: 'Book', c: 'Book' } },
  },
  {
    title: 'answers __typename of an object that the subgraph is asked for nothing else of',
    query: '{ book { t: __typename author { a: __typename b: __typename } size { s: __typename } } }',
    data: { book: { t: 'Book', author: { a: 'Author', b: 'Author' }, size: { s: 'Size' } } },
  },
  {
    title: 'answers aliases of __typename of members of a union',
    query:
      '{ media { a: __typename ... on Film { b: __typename stars } c: __typename ... on Book { d: __typename } } }',
    data: {
      media: [
        { a: 'Book', c: 'Book', d: 'Book' },
        { a: 'Film', b: 'Film', stars: 4, c: 'Film' },
      ],
    },
  },
  {
    title: 'answers aliases of __typename of an interface, and leaves null items null',
    query: '{ shelf { kind: __typename id what: __typename ... on Book { stars } } }',
    data: {
      shelf: [
        { kind: 'Film', id: 'f1', what: 'Film' },
        null,
        { kind: 'Book', id: 'b1', what: 'Book', stars: 5 },
      ],
    },
  },
  {
    title: 'answers nothing of __typename below null',
    query: '{ empty { a: __typename stars b: __typename } }',
    data: { empty: null },
  },
  {
    title: 'leaves a field named like the alias of another __typename alone',
    query: '{ book { title: __typename name: title stars: size { title: pages } } }',
    data: { book: { title: 'Book', name: 'Emma', stars: { title: 474 } } },
  },
  {
    title: 'gives a field of another subgraph the name of the key',
    query: '{ book { id: stars } }',
    data: { book: { id: 5 } },
  },
  {
    title: 'swaps the names of the key and a field of another subgraph',
    query: '{ book { id: stars stars: id } }',
    data: { book: { id: 5, stars: 'b1' } },
  },
  {
    title: 'gives __typename the name of the key',
    query: '{ media { id: __typename ... on Book { stars } ... on Film { stars } } }',
    data: {
      media: [
        { id: 'Book', stars: 5 },
        { id: 'Film', stars: 4 },
      ],
    },
  },
  {
    title: 'puts the fields of two subgraphs into the order of the query',
    query: '{ book { stars title reviews { author { fans name id } text } author { name fans } id } }',
    data: {
      book: {
        stars: 5,
        title: 'Emma',
        reviews: [{ author: { fans: 9, name: 'Jane', id: 'a1' }, text: 'witty' }],
        author: { name: 'Jane', fans: 9 },
        id: 'b1',
      },
    },
  },
  {
    title: 'puts root fields of two subgraphs into the order of the query',
    query: '{ z: best { stars } a: book { title } m: best { id } b: empty { id } }',
    data: { z: { stars: 5 }, a: { title: 'Emma' }, m: { id: 'b1' }, b: null },
  },
  {
    title: 'puts a field where it stands first, and merges what stands later into it',
    query: '{ book { author { name } title author { fans } stars author { id } title } }',
    data: { book: { author: { name: 'Jane', fans: 9, id: 'a1' }, title: 'Emma', stars: 5 } },
  },
  {
    title: 'takes the place of a field from the fragment in which it stands first',
    query:
      '{ book { ...late title id } } fragment late on Book { stars ...later title } fragment later on Book { id }',
    data: { book: { stars: 5, id: 'b1', title: 'Emma' } },
  },
  {
    title: 'orders each type of a list by the fragments that apply to it',
    query: `{ media {
      ... on Film { stars }
      ... on Book { title stars }
      ... on Medium { ... on Film { title } ... on Book { id } }
      ... on Film { id }
    } }`,
    data: {
      media: [
        { title: 'Emma', stars: 5, id: 'b1' },
        { stars: 4, title: 'Clueless', id: 'f1' },
      ],
    },
  },
  {
    title: 'keeps the order of aliases that end in numbers',
    query: '{ book { _2: stars _1: title } }',
    data: { book: { _2: 5, _1: 'Emma' } },
  },
  {
    title: 'leaves out what is skipped without moving what follows',
    query:
      'query ($no: Boolean!) { book { stars @include(if: $no) title ... @skip(if: $no) { id stars } t: __typename @include(if: $no) } }',
    variables: { no: false },
    data: { book: { title: 'Emma', id: 'b1', stars: 5 } },
  },
  {
    title: 'takes a field and the same one by an alias equal to its name for one',
    query: '{ best { author { name } author: author { __typename } } }',
    data: { best: { author: { name: 'Jane', __typename: 'Author' } } },
    requests: { library: 1, reviews: 1 },
  },
];
