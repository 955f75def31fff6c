// Unions, enums and inputs that subgraphs know different parts of.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'members of a union that the subgraph knows are answered',
    query: '{ filmPicks { __typename ... on Book { title } ... on Film { minutes } } }',
    data: {
      filmPicks: [
        { __typename: 'Book', title: 'Emma' },
        { __typename: 'Film', minutes: 117 },
      ],
    },
    requests: { films: 1 },
  },
  {
    title: 'a condition on a member that is impossible there vanishes and leaves {}',
    query: '{ filmPicks { ... on Song { bars } } }',
    data: { filmPicks: [{}, {}] },
    requests: { films: 1 },
    neverAsks: { films: ['bars'] },
  },
  {
    title: 'a condition on an impossible member vanishes beside possible ones, in one subgraph each',
    query: `{
      filmPicks { ... on Song { bars } ... on Film { minutes } }
      bookPicks { ... on Song { bars } ... on Film { minutes } }
    }`,
    data: { filmPicks: [{}, { minutes: 117 }], bookPicks: [{ bars: 64 }, {}] },
    requests: { films: 1, books: 1 },
  },
  {
    title: 'a fragment for all members sends each subgraph only its own',
    query: `{
      filmPicks { ...all }
      bookPicks { ...all }
    }
    fragment all on Pick { ... on Book { title } ... on Film { minutes } ... on Song { bars } }`,
    data: { filmPicks: [{ title: 'Emma' }, { minutes: 117 }], bookPicks: [{ bars: 64 }, { title: 'Emma' }] },
    requests: { films: 1, books: 1 },
  },
  {
    title: 'a member that both know is completed by the other one',
    query: '{ filmPicks { ... on Book { title pages } } }',
    data: { filmPicks: [{ title: 'Emma', pages: 300 }, {}] },
    requests: { films: 1, books: 1 },
    representations: { books: [{ __typename: 'Book', id: '1' }] },
  },
  {
    title: 'a shareable union field is answered for the members that both know',
    query: '{ shelf { picks { ... on Book { title } } } }',
    data: { shelf: { picks: [{ title: 'Emma' }] } },
    requests: { films: 1 },
  },
  {
    title: 'a condition on a member that only the other subgraph knows asks nothing wrong of either',
    query: '{ shelf { picks { ... on Film { minutes } ... on Song { bars } ... on Book { title } } } }',
    data: { shelf: { picks: [{ title: 'Emma' }] } },
    neverAsks: { films: ['bars'], books: ['minutes'] },
  },
  {
    title: 'a union field of an entity is answered with the members of its own subgraph',
    query: '{ critics { favourites { __typename ... on Film { minutes } ... on Book { title } } } }',
    data: { critics: [{ favourites: [{ __typename: 'Song' }, { __typename: 'Book', title: 'Emma' }] }] },
    requests: { books: 1 },
  },
  {
    title: 'values of an enum that any subgraph knows are answered',
    query: '{ filmGenres bookGenres shelf { genre } }',
    data: { filmGenres: ['CRIME', 'DRAMA', null], bookGenres: ['POEM', 'CRIME'], shelf: { genre: 'CRIME' } },
    requests: { films: 1, books: 1 },
  },
  {
    title: 'an unknown value is null with an error',
    query: '{ filmGenres }',
    data: { filmGenres: [null, 'DRAMA', null] },
    errors: [{ path: ['filmGenres', 0], code: 'SUBGRAPH_INVALID_VALUE' }],
    wrongAnswer: { subgraph: 'films', path: ['filmGenres', 0], value: 'NOISE' },
    unlikeMonolith: 'the monolith answers no unknown value',
  },
  {
    title: 'the name of a property that every object has is no value of an enum',
    query: '{ filmGenres }',
    data: { filmGenres: [null, 'DRAMA', null] },
    errors: [{ path: ['filmGenres', 0], code: 'SUBGRAPH_INVALID_VALUE' }],
    wrongAnswer: { subgraph: 'films', path: ['filmGenres', 0], value: 'constructor' },
    unlikeMonolith: 'the monolith answers no unknown value',
  },
  {
    title: 'an inaccessible value is null with an error',
    query: '{ moods }',
    data: { moods: ['GOOD', null, null, 'BAD'] },
    errors: [{ path: ['moods', 1], code: 'SUBGRAPH_INVALID_VALUE' }],
  },
  {
    title: 'an inaccessible value where null may not be takes its object along',
    query: '{ films { mood minutes } }',
    data: { films: [{ mood: 'BAD', minutes: 117 }, null] },
    errors: [{ path: ['films', 1, 'mood'], code: 'SUBGRAPH_INVALID_VALUE' }],
  },
  {
    title: 'an inaccessible value goes to who requires it',
    query: '{ films { ticket } }',
    data: { films: [{ ticket: 9 }, { ticket: 12 }] },
    requests: { films: 1, books: 1 },
    representations: {
      books: [
        { __typename: 'Film', id: '1', mood: 'BAD' },
        { __typename: 'Film', id: '2', mood: 'HIDDEN' },
      ],
    },
  },
  {
    title: 'an input value that all subgraphs know is sent to each',
    query: 'query ($order: Order!) { sortedFilms(order: ASC) sortedBooks(order: $order) }',
    variables: { order: 'ASC' },
    data: { sortedFilms: ['1', '2'], sortedBooks: ['3'] },
    requests: { films: 1, books: 1 },
  },
  {
    title: 'an input value that one subgraph does not know is no value, even for the other one',
    query: '{ sortedFilms(order: DESC) }',
    data: null,
    refused: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    title: 'an input value that one subgraph does not know is no value of a variable',
    query: 'query ($order: Order!) { sortedFilms(order: $order) }',
    variables: { order: 'DESC' },
    data: null,
    refused: 'BAD_USER_INPUT',
  },
  {
    title: 'an input field that all subgraphs know is sent to each',
    query: 'query ($filter: Filter!) { foundFilms(filter: $filter) foundBooks(filter: { title: "x" }) }',
    variables: { filter: { title: 'x' } },
    data: { foundFilms: 1, foundBooks: 2 },
    requests: { films: 1, books: 1 },
  },
  {
    title: 'an input field that one subgraph does not know is no field, even for the other one',
    query: '{ foundFilms(filter: { minutes: 3 }) }',
    data: null,
    refused: 'GRAPHQL_VALIDATION_FAILED',
  },
  {
    title: 'an input field that one subgraph does not know is no field of a variable',
    query: 'query ($filter: Filter!) { foundFilms(filter: $filter) }',
    variables: { filter: { title: 'x', pages: 3 } },
    data: null,
    refused: 'BAD_USER_INPUT',
  },
];
