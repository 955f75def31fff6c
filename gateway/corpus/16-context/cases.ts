// Arguments that a subgraph takes from an object above (`@context`, `@fromContext`). No field of the monolith has such an
// argument. Neither planner's plans hold them yet: what must not happen is a call without the argument.
import type { CorpusCase } from '../corpus-case.ts';

const unlikeMonolith = 'no argument of the API comes from a context, so that the monolith never has it';

export const cases: readonly CorpusCase[] = [
  {
    title: 'sends an argument that comes from an object above',
    query: '{ user { basket { discount } } }',
    data: { user: { basket: { discount: 15 } } },
    unlikeMonolith,
  },
  {
    title: 'sends an argument that comes from an object above beside the client’s own',
    query: '{ user { basket { discount(round: true) items } } }',
    data: { user: { basket: { discount: 16, items: 4 } } },
    unlikeMonolith,
  },
  {
    title: 'sends the same to two aliases of a field',
    query: '{ user { basket { a: discount b: discount(round: true) } } }',
    data: { user: { basket: { a: 15, b: 16 } } },
    unlikeMonolith,
  },
  {
    title: 'answers fields beside the one that takes an argument from above',
    query: '{ user { tier basket { items } } }',
    data: { user: { tier: 'gold', basket: { items: 4 } } },
  },
  {
    title: 'plans without the context what skips the field that takes an argument from it',
    query: 'query ($no: Boolean!) { user { basket { items discount @skip(if: $no) } } }',
    variables: { no: true },
    data: { user: { basket: { items: 4 } } },
  },
];
