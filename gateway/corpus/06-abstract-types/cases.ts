// Interfaces and unions: each is taken apart into what it can be where it stands, each type's fields come from whoever has
// them, and conditions in and across fragments are decided by their variables.
import type { CorpusCase } from '../corpus-case.ts';

const items = { id: 'b1' };

export const cases: readonly CorpusCase[] = [
  {
    title: 'takes fields of an interface from the subgraph that has the interface',
    query: '{ items { id title } }',
    data: { items: [{ id: 'b1', title: 'Emma' }, null, { id: 'f1', title: 'Clueless' }] },
    requests: { library: 1 },
  },
  {
    title: 'takes an interface apart where another subgraph has the fields of each type',
    query: '{ items { title ... on Priced { price } } }',
    data: { items: [{ title: 'Emma', price: 10 }, null, { title: 'Clueless', price: 20 }] },
    requests: { library: 1, shop: 1 },
  },
  {
    title: 'sends arguments below an interface that another subgraph knows',
    query: 'query ($currency: String) { found { ... on Priced { usd: price(currency: $currency) price } } }',
    variables: { currency: 'USD' },
    data: { found: [{ usd: 24, price: 20 }, {}, { usd: 12, price: 10 }] },
    requests: { library: 1, shop: 1 },
  },
  {
    title: 'asks a subgraph only for the types that need it',
    query: '{ found { __typename ... on Book { shelf } ... on Film { title } ... on Person { name } } }',
    data: {
      found: [
        { __typename: 'Film', title: 'Clueless' },
        { __typename: 'Person', name: 'Jane' },
        { __typename: 'Book', shelf: 'A3' },
      ],
    },
    requests: { library: 1, shop: 1, people: 1 },
    representations: {
      shop: [{ __typename: 'Book', id: 'b1' }],
      people: [{ __typename: 'Person', id: 'u1' }],
    },
  },
  {
    title: 'takes an interface of another subgraph for the members of a union that are of it there',
    query: '{ found { ... on Rated { stars } } }',
    data: { found: [{}, { stars: 4 }, { stars: 5 }] },
    requests: { library: 1, people: 1 },
  },
  {
    title: 'narrows an interface by another one, and by a type inside that',
    query: '{ items { ... on Owned { owner { name } ... on Book { pages } } ... on Node { id } } }',
    data: { items: [{ owner: { name: 'Jane' }, pages: 474, id: 'b1' }, null, { id: 'f1' }] },
    requests: { library: 1, people: 1 },
  },
  {
    title: 'lets a fragment on an interface of the object’s own type pass',
    query:
      '{ favourite { ... on Node { id } ... on Rated { stars } ... on Item { ... on Book { shelf } } } }',
    data: { favourite: { id: 'b1', stars: 5, shelf: 'A3' } },
    requests: { library: 1, people: 1, shop: 1 },
  },
  {
    title: 'drops a fragment in a fragment that together fit no type, and leaves {}',
    query: '{ found { ... on Node { ... on Rated { ... on Priced { ... on Owned { id: __typename } } } } } }',
    data: { found: [{}, {}, { id: 'Book' }] },
  },
  {
    title: 'asks nobody for what is in fragments that fit none of the types before them',
    query: '{ items { ... on Owned { ... on Item { ... on Film { price } } ... on Item { title } } } }',
    data: { items: [{ title: 'Emma' }, null, {}] },
    requests: { library: 1 },
  },
  {
    title: 'goes from an interface to an interface, and to what another subgraph knows of its types',
    query: '{ items { related { title related { id } ... on Book { stars } } } }',
    data: {
      items: [
        {
          related: [
            { title: 'Clueless', related: null },
            { title: 'Emma', related: [{ id: 'f1' }, { id: 'b1' }], stars: 5 },
          ],
        },
        null,
        { related: null },
      ],
    },
  },
  {
    title: 'asks the subgraph that has the type for node(id)',
    query: '{ node(id: "u1") { ... on Person { name } } }',
    data: { node: { name: 'Jane' } },
    requests: { people: 1 },
  },
  {
    title: 'asks the other subgraph that has node(id) for its types',
    query: '{ node(id: "b1") { ... on Book { pages } } }',
    data: { node: { pages: 474 } },
    requests: { library: 1 },
  },
  {
    title: 'asks each subgraph for its node(id) by two aliases',
    query: '{ a: node(id: "u1") { ... on Person { name } } b: node(id: "b1") { ... on Book { title } } }',
    data: { a: { name: 'Jane' }, b: { title: 'Emma' } },
    requests: { people: 1, library: 1 },
  },
  {
    title: 'answers null for a node(id) that nobody knows',
    query: '{ node(id: "x") { ... on Book { pages } } }',
    data: { node: null },
  },
  {
    title: 'includes one of two fragments by one variable',
    query: `query ($long: Boolean!) { items {
      ... on Book @include(if: $long) { title pages }
      ... on Item @skip(if: $long) { id }
    } }`,
    variables: { long: true },
    data: { items: [{ title: 'Emma', pages: 474 }, null, {}] },
  },
  {
    title: 'includes the other one of two fragments by one variable',
    query: `query ($long: Boolean!) { items {
      ... on Book @include(if: $long) { title pages }
      ... on Item @skip(if: $long) { id }
    } }`,
    variables: { long: false },
    data: { items: [{ id: 'b1' }, null, { id: 'f1' }] },
  },
  {
    title: 'includes a field that one fragment skips and another one does not',
    query: `query ($yes: Boolean!, $no: Boolean!) { items { ...a @include(if: $yes) ...b @include(if: $no) } }
      fragment a on Item { title @skip(if: $yes) id } fragment b on Item { title stars: id }`,
    variables: { yes: true, no: false },
    data: { items: [{ id: 'b1' }, null, { id: 'f1' }] },
  },
  {
    title: 'decides conditions inside fragments each by its own variable, and asks only whom it must',
    query: `query ($price: Boolean!, $stars: Boolean!, $name: Boolean = false) { found {
      ... on Book { ... on Priced @include(if: $price) { price } ... on Rated @include(if: $stars) { stars } }
      ... on Person { name @include(if: $name) id }
    } }`,
    variables: { price: false, stars: true },
    data: { found: [{}, { id: 'u1' }, { stars: 5 }] },
    requests: { library: 1, people: 1 },
  },
  {
    title: 'sends no variable that only a skipped fragment uses',
    query: `query ($price: Boolean!, $currency: String) { items {
      title ... on Book @include(if: $price) { price(currency: $currency) }
    } }`,
    variables: { price: false, currency: 'USD' },
    data: { items: [{ title: 'Emma' }, null, { title: 'Clueless' }] },
    requests: { library: 1 },
  },
  {
    title: 'spreads one fragment in two places under two conditions',
    query: `query ($a: Boolean!, $b: Boolean!) {
      favourite { ...more @include(if: $a) id }
      items { ... on Book @include(if: $b) { ...more } id }
    } fragment more on Book { stars shelf }`,
    variables: { a: false, b: true },
    data: {
      favourite: items,
      items: [{ stars: 5, shelf: 'A3', id: 'b1' }, null, { id: 'f1' }],
    },
  },
  {
    title: 'asks for fields of one name and two types by two aliases of it',
    query: '{ items { ... on Book { n: pages } ... on Film { t: pages } } }',
    data: { items: [{ n: 474 }, null, { t: 'none' }] },
    requests: { library: 1 },
  },
  {
    title: 'answers null with an error for a type that is impossible at its position',
    query: '{ items { id ... on Book { pages } } }',
    wrongAnswer: { subgraph: 'library', path: ['items', 0, '__typename'], value: 'Person' },
    data: { items: [null, null, { id: 'f1' }] },
    errors: [{ path: ['items', 0], code: 'SUBGRAPH_INVALID_VALUE' }],
    unlikeMonolith: 'the subgraph lies',
  },
  {
    title: 'answers null with an error for a type that nobody knows',
    query: '{ found { __typename ... on Book { stars } ... on Film { id } } favourite { id } }',
    wrongAnswer: { subgraph: 'library', path: ['found', 2, '__typename'], value: 'Ghost' },
    data: null,
    errors: [{ path: ['found', 2], code: 'SUBGRAPH_INVALID_VALUE' }],
    unlikeMonolith: 'the subgraph lies',
  },
  {
    title:
      'answers null with an error for an implementer that is inaccessible, and asks nobody for more of it',
    query: '{ items { __typename id ... on Priced { price } } }',
    wrongAnswer: { subgraph: 'library', path: ['items', 2, '__typename'], value: 'Draft' },
    data: { items: [{ __typename: 'Book', id: 'b1', price: 10 }, null, null] },
    errors: [{ path: ['items', 2], code: 'SUBGRAPH_INVALID_VALUE' }],
    unlikeMonolith: 'the subgraph lies',
    representations: { shop: [{ __typename: 'Book', id: 'b1' }] },
  },
];
