// @requires: arguments that collide, chains, fragments and interfaces, implementers that clients do not see.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'the only requirement of a field has arguments: it is asked for, and goes under its own name',
    query: '{ products { box } }',
    data: { products: [{ box: 10 }, { box: 20 }, { box: 30 }] },
    requests: { prices: 1, shop: 1 },
    representations: {
      shop: [
        { __typename: 'Product', id: '1', size: 100 },
        { __typename: 'Product', id: '2', size: 200 },
        { __typename: 'Product', id: '3', size: 300 },
      ],
    },
  },
  {
    title: 'the only requirement of a field has arguments, and the client asks for it with others',
    query: '{ products { size box } }',
    data: {
      products: [
        { size: 1, box: 10 },
        { size: 2, box: 20 },
        { size: 3, box: 30 },
      ],
    },
  },
  {
    title: 'a required field with arguments goes under its own name, and the client does not see it',
    query: '{ products { euros } }',
    data: { products: [{ euros: 9000 }, { euros: 900 }, { euros: 0 }] },
    requests: { prices: 1, shop: 1 },
    representations: {
      shop: [
        { __typename: 'Product', id: '1', price: 90 },
        { __typename: 'Product', id: '2', price: 9 },
        { __typename: 'Product', id: '3', price: null },
      ],
    },
  },
  {
    title: 'the client asks for the required field with other arguments',
    query: '{ products { price(currency: "CHF") euros } }',
    data: {
      products: [
        { price: 80, euros: 9000 },
        { price: 8, euros: 900 },
        { price: null, euros: 0 },
      ],
    },
    requests: { prices: 1, shop: 1 },
  },
  {
    title: 'the client asks for the required field with the default of its argument',
    query: '{ products { euros price } }',
    data: {
      products: [
        { euros: 9000, price: 100 },
        { euros: 900, price: 10 },
        { euros: 0, price: null },
      ],
    },
  },
  {
    title: 'the client gives the argument by a variable',
    query: 'query ($currency: ID) { products { price(currency: $currency) euros } }',
    variables: { currency: 'CHF' },
    data: {
      products: [
        { price: 80, euros: 9000 },
        { price: 8, euros: 900 },
        { price: null, euros: 0 },
      ],
    },
  },
  {
    title: 'the client asks with the same arguments: one field is enough for both',
    query: '{ products { price(currency: "EUR") euros } }',
    data: {
      products: [
        { price: 90, euros: 9000 },
        { price: 9, euros: 900 },
        { price: null, euros: 0 },
      ],
    },
    requests: { prices: 1, shop: 1 },
  },
  {
    title: 'the client gives the name of the required field to another field',
    query: '{ products { price: name euros } }',
    data: {
      products: [
        { price: 'Emma', euros: 9000 },
        { price: 'Alien', euros: 900 },
        { price: 'Notes', euros: 0 },
      ],
    },
  },
  {
    title: 'the client asks for the required field twice by aliases',
    query: '{ products { dear: price(currency: "USD") euros cheap: price(currency: "CHF") } }',
    data: {
      products: [
        { dear: 100, euros: 9000, cheap: 80 },
        { dear: 10, euros: 900, cheap: 8 },
        { dear: null, euros: 0, cheap: null },
      ],
    },
  },
  {
    title: 'two fields of one subgraph that require the same field with different arguments get a call each',
    query: '{ products { euros francs } }',
    data: {
      products: [
        { euros: 9000, francs: 8000 },
        { euros: 900, francs: 800 },
        { euros: 0, francs: 1 },
      ],
    },
    representations: {
      shop: [
        { __typename: 'Product', id: '1', price: 90 },
        { __typename: 'Product', id: '1', price: 80 },
        { __typename: 'Product', id: '2', price: 9 },
        { __typename: 'Product', id: '2', price: 8 },
        { __typename: 'Product', id: '3', price: null },
        { __typename: 'Product', id: '3', price: null },
      ],
    },
  },
  {
    title: 'three requirements in two subgraphs and a client, all with arguments of their own',
    query: '{ products { euros dollars francs price(currency: "CHF") } }',
    data: {
      products: [
        { euros: 9000, dollars: 10000, francs: 8000, price: 80 },
        { euros: 900, dollars: 1000, francs: 800, price: 8 },
        { euros: 0, dollars: 2, francs: 1, price: null },
      ],
    },
  },
  {
    title: 'a required list of objects with arguments inside',
    query: '{ products { freight } }',
    data: { products: [{ freight: 7 }, { freight: 0 }, { freight: 99 }] },
    requests: { prices: 1, shop: 1 },
    representations: {
      shop: [
        { __typename: 'Product', id: '1', parts: [{ grams: 50 }, { grams: 20 }] },
        { __typename: 'Product', id: '2', parts: [] },
        { __typename: 'Product', id: '3', parts: null },
      ],
    },
  },
  {
    title: 'the client asks inside the required list with other arguments',
    query: '{ products { parts { grams } freight } }',
    data: {
      products: [
        { parts: [{ grams: 49 }, { grams: 21 }], freight: 7 },
        { parts: [], freight: 0 },
        { parts: null, freight: 99 },
      ],
    },
  },
  {
    title: 'the client asks for the required list itself with arguments, and for its fields without',
    query: '{ products { parts(most: 1) { grams } freight } }',
    data: {
      products: [
        { parts: [{ grams: 49 }], freight: 7 },
        { parts: [], freight: 0 },
        { parts: null, freight: 99 },
      ],
    },
    requests: { prices: 1, shop: 1 },
  },
  {
    title: 'a chain of two hops runs in its order',
    query: '{ products { step3 } }',
    data: { products: [{ step3: 123 }, { step3: 223 }, { step3: 3 }] },
    requests: { prices: 1, shop: 1, desk: 1 },
    order: ['prices', 'shop', 'desk'],
  },
  {
    title: 'a chain of three hops comes back to where it began',
    query: '{ products { step4 } }',
    data: { products: [{ step4: 1234 }, { step4: 2234 }, { step4: 4 }] },
    requests: { prices: 2, shop: 1, desk: 1 },
    order: ['prices', 'shop', 'desk', 'prices'],
  },
  {
    title: 'a chain of five hops over three subgraphs runs in its order',
    query: '{ products { step5 } }',
    data: { products: [{ step5: 12345 }, { step5: 22345 }, { step5: 5 }] },
    requests: { prices: 2, shop: 2, desk: 1 },
    order: ['prices', 'shop', 'desk', 'prices', 'shop'],
    representations: {
      desk: [
        { __typename: 'Product', id: '1', step2: 12 },
        { __typename: 'Product', id: '2', step2: 22 },
        { __typename: 'Product', id: '3', step2: 2 },
      ],
    },
  },
  {
    title: 'the end of a chain before its middle, as the query has it',
    query: '{ products { step5 step3 id step1 } }',
    data: {
      products: [
        { step5: 12345, step3: 123, id: '1', step1: 1 },
        { step5: 22345, step3: 223, id: '2', step1: 2 },
        { step5: 5, step3: 3, id: '3', step1: null },
      ],
    },
    requests: { prices: 2, shop: 2, desk: 1 },
  },
  {
    title:
      'fragments of a requirement on an interface bring what each type has, also one that is inaccessible',
    query: '{ products { effort } }',
    data: { products: [{ effort: 3 }, { effort: 2 }, { effort: 1 }] },
    requests: { prices: 1, shop: 1 },
  },
  {
    title:
      'what is required of an inaccessible type is not for the client: the field is null there with an error',
    query: '{ products { media { title } effort } }',
    data: {
      products: [
        { media: { title: 'Emma' }, effort: 3 },
        { media: { title: 'Alien' }, effort: 2 },
        { media: null, effort: 1 },
      ],
    },
    errors: [{ path: ['products', 2, 'media'], code: 'SUBGRAPH_INVALID_VALUE' }],
  },
  {
    title: 'the client selects one of the types that a requirement selects, by other names',
    query: '{ products { effort media { __typename ... on Book { title: pages } } } }',
    data: {
      products: [
        { effort: 3, media: { __typename: 'Book', title: 300 } },
        { effort: 2, media: { __typename: 'Film' } },
        { effort: 1, media: null },
      ],
    },
    errors: [{ path: ['products', 2, 'media'], code: 'SUBGRAPH_INVALID_VALUE' }],
  },
];
