// What a planner itself cannot do. A case listed here must fail with that planner: corpus.int.test.ts fails when it passes,
// so that the list stays true. The engine as a whole fails where its first planner answers wrongly, and where both
// planners refuse, which it must say.
export type PlannerName = 'native' | 'apollo';

export interface KnownLimit {
  readonly planner: PlannerName;
  readonly folder: string;
  /** Whether no plan is made, which the client is told, or one that asks or answers something wrong. */
  readonly outcome: 'refused' | 'wrong';
  readonly reason: string;
  /** Titles of cases. */
  readonly cases: readonly string[];
}

export const knownLimits: readonly KnownLimit[] = [
  {
    planner: 'apollo',
    folder: '01-keys',
    outcome: 'wrong',
    reason: 'it takes the first key that it has at hand, without looking whether it is resolvable',
    cases: ['a subgraph is entered again for @requires by its resolvable key, not by the one that is not'],
  },
  {
    planner: 'apollo',
    folder: '02-requires-arguments',
    outcome: 'refused',
    reason: 'it tells fields apart by their response names, which compile/call-notes.ts sees and refuses',
    cases: [
      'two fields of one subgraph that require the same field with different arguments get a call each',
      'three requirements in two subgraphs and a client, all with arguments of their own',
    ],
  },
  {
    planner: 'apollo',
    folder: '02-requires-arguments',
    outcome: 'wrong',
    reason: 'it asks for the second field of the chain beside the first one, without its value',
    cases: ['a chain of five hops over three subgraphs runs in its order'],
  },
  {
    planner: 'native',
    folder: '03-equal-names-different-types',
    outcome: 'refused',
    reason:
      'it gives the keys of the second and the third type one alias, which planner/check-shapes.ts refuses',
    cases: ['keys of one name and three types in one union reach their entities'],
  },
  {
    planner: 'native',
    folder: '04-interface-objects',
    outcome: 'refused',
    reason: 'it finds no way from an interface object to a field of a real type',
    cases: [
      'a field of a real type is fetched for those interface objects that are of it',
      'who knows a real type only is asked by its name, once it is known',
      'an interface object within an interface object has a real type of its own',
    ],
  },
  {
    planner: 'native',
    folder: '04-interface-objects',
    outcome: 'refused',
    reason: 'it forgets to fetch the key by which it goes on, which planner/check-required.ts refuses',
    cases: [
      'a field of an interface object leads to another one, of which a third subgraph is asked for one type',
    ],
  },
  {
    planner: 'apollo',
    folder: '06-abstract-types',
    outcome: 'wrong',
    reason:
      'it takes any subgraph that has the shared root field, whether or not that one has the type asked for',
    cases: [
      'asks the subgraph that has the type for node(id)',
      'asks each subgraph for its node(id) by two aliases',
    ],
  },
  {
    planner: 'native',
    folder: '07-provides-in-two-types',
    outcome: 'refused',
    reason:
      "it takes what one type's field provides for what another's does, which planner/check-provided.ts refuses",
    cases: [
      'asks the owner for what the field of the one type does not provide',
      'asks the owner for what the field of the other type does not provide',
    ],
  },
  {
    planner: 'native',
    folder: '09-mutations',
    outcome: 'refused',
    reason: 'it runs the mutation in two subgraphs, which planner/plan-operation.ts refuses',
    cases: ['runs a shareable mutation once though its result has fields of both subgraphs'],
  },
  {
    planner: 'native',
    folder: '16-context',
    outcome: 'refused',
    reason: 'it does not plan @fromContext, which planner/plan-operation.ts refuses',
    cases: [
      'sends an argument that comes from an object above',
      'sends an argument that comes from an object above beside the client’s own',
      'sends the same to two aliases of a field',
    ],
  },
  {
    planner: 'apollo',
    folder: '16-context',
    outcome: 'refused',
    reason: 'planner/apollo-plan.ts does not take its plans with @fromContext',
    cases: [
      'sends an argument that comes from an object above',
      'sends an argument that comes from an object above beside the client’s own',
      'sends the same to two aliases of a field',
    ],
  },
];

export interface LeftToReference {
  readonly folder: string;
  readonly reason: string;
  readonly cases: readonly string[];
}

/** What the compiler leaves to the reference executor, in every plan. A case listed here must not compile. */
export const leftToReference: readonly LeftToReference[] = [
  {
    folder: '09-mutations',
    reason: 'a field that leads back to the root',
    cases: [
      'goes from the result of a mutation to the query of another subgraph, before the next mutation',
      'goes to the query by two mutations, each in its turn',
    ],
  },
];
