// A field moves from one subgraph to another for a share of the requests, or where a label is on. Whoever has the field
// for this request is asked, and nobody else: the other one refuses.
import type { CorpusCase } from '../corpus-case.ts';

const prices = { products: [{ price: 40 }, { price: 90 }] };
const ratings = { products: [{ rating: 4 }, { rating: null }] };
const estimates = { products: [{ estimate: 4 }, { estimate: 9 }] };
const both = {
  products: [
    { name: 'chair', price: 40, rating: 4 },
    { name: 'table', price: 90, rating: null },
  ],
};
const countries = { products: [{ maker: { country: 'DK' } }, { maker: { country: 'DK' } }] };

export const cases: readonly CorpusCase[] = [
  {
    title: 'asks the new subgraph for a request below the share',
    query: '{ products { price } }',
    override: { labels: [], percentage: 39 },
    data: prices,
    requests: { catalog: 1, pricing: 1 },
    neverAsks: { catalog: ['price'] },
  },
  {
    title: 'asks the old subgraph for a request at the share',
    query: '{ products { price } }',
    override: { labels: [], percentage: 40 },
    data: prices,
    requests: { catalog: 1 },
  },
  {
    title: 'asks the new subgraph for a request near the beginning',
    query: '{ products { price } }',
    override: { labels: [], percentage: 0.5 },
    data: prices,
    requests: { catalog: 1, pricing: 1 },
  },
  {
    title: 'asks the old subgraph for a request above the share',
    query: '{ products { price } }',
    override: { labels: [], percentage: 99 },
    data: prices,
    requests: { catalog: 1 },
  },
  {
    title: 'asks the new subgraph where the label is on',
    query: '{ products { rating } }',
    override: { labels: ['new-rating'], percentage: 99 },
    data: ratings,
    requests: { catalog: 1, pricing: 1 },
    neverAsks: { catalog: ['rating'] },
  },
  {
    title: 'asks the old subgraph where the label is off',
    query: '{ products { rating } }',
    override: { labels: [], percentage: 99 },
    data: ratings,
    requests: { catalog: 1 },
  },
  {
    title: 'is not moved by a label of another name',
    query: '{ products { rating } }',
    override: { labels: ['new-ratings', 'new-newest'], percentage: 99 },
    data: ratings,
    requests: { catalog: 1 },
  },
  {
    title: 'decides label and share each for itself: label on, above the share',
    query: '{ products { name price rating } }',
    override: { labels: ['new-rating'], percentage: 70 },
    data: both,
    requests: { catalog: 1, pricing: 1 },
    neverAsks: { catalog: ['rating'], pricing: ['price'] },
  },
  {
    title: 'decides label and share each for itself: label off, below the share',
    query: '{ products { name price rating } }',
    override: { labels: [], percentage: 10 },
    data: both,
    requests: { catalog: 1, pricing: 1 },
    neverAsks: { catalog: ['price'], pricing: ['rating'] },
  },
  {
    title: 'sends what a moved field requires',
    query: '{ products { estimate } }',
    override: { labels: [], percentage: 60 },
    data: estimates,
    order: ['catalog', 'pricing'],
    neverAsks: { catalog: ['estimate'] },
    representations: {
      pricing: [
        { __typename: 'Product', id: 'p1', weight: 400 },
        { __typename: 'Product', id: 'p2', weight: 900 },
      ],
    },
  },
  {
    title: 'fetches nothing that only the moved field requires while it has not moved',
    query: '{ products { estimate } }',
    override: { labels: [], percentage: 80 },
    data: estimates,
    requests: { catalog: 1 },
    neverAsks: { catalog: ['weight'] },
  },
  {
    title: 'moves two fields by their own shares',
    query: '{ products { price estimate } }',
    override: { labels: [], percentage: 60 },
    data: {
      products: [
        { price: 40, estimate: 4 },
        { price: 90, estimate: 9 },
      ],
    },
    requests: { catalog: 1, pricing: 1 },
    neverAsks: { catalog: ['estimate'], pricing: ['price'] },
  },
  {
    title: 'moves a root field',
    query: '{ newest { discount } }',
    override: { labels: ['new-newest'], percentage: 99 },
    data: { newest: { discount: 2 } },
    requests: { pricing: 1 },
  },
  {
    title: 'leaves a root field where it was',
    query: '{ newest { name } }',
    override: { labels: [], percentage: 99 },
    data: { newest: { name: 'table' } },
    requests: { catalog: 1 },
  },
  {
    title: 'goes on from an entity to which the moved field refers',
    query: '{ products { maker { country } } }',
    override: { labels: ['new-maker'], percentage: 99 },
    data: countries,
    order: ['catalog', 'pricing', 'catalog'],
  },
  {
    title: 'takes the referred entity at once while the field has not moved',
    query: '{ products { maker { country } } }',
    override: { labels: [], percentage: 99 },
    data: countries,
    order: ['catalog'],
  },
  {
    title: 'asks nobody twice for what both have: the key',
    query: '{ products { id price } }',
    override: { labels: [], percentage: 10 },
    data: {
      products: [
        { id: 'p1', price: 40 },
        { id: 'p2', price: 90 },
      ],
    },
    requests: { catalog: 1, pricing: 1 },
  },
];
