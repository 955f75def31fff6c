// Interface objects: names, real types, and what cannot be planned.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'an interface object is answered by its own subgraph as long as nobody asks for its type',
    query: '{ debtors { id balance } }',
    data: {
      debtors: [
        { id: '2', balance: -20 },
        { id: '3', balance: -30 },
      ],
    },
    requests: { billing: 1 },
  },
  {
    title: 'the __typename of an interface object is the real type, which needs a call',
    query: '{ debtors { __typename id } }',
    data: {
      debtors: [
        { __typename: 'Member', id: '2' },
        { __typename: 'Admin', id: '3' },
      ],
    },
    requests: { billing: 1, users: 1 },
    representations: {
      users: [
        { __typename: 'Account', id: '2' },
        { __typename: 'Account', id: '3' },
      ],
    },
  },
  {
    title: 'aliases of the __typename of an interface object are the real type as well',
    query: '{ debtors { kind: __typename balance type: __typename } }',
    data: {
      debtors: [
        { kind: 'Member', balance: -20, type: 'Member' },
        { kind: 'Admin', balance: -30, type: 'Admin' },
      ],
    },
  },
  {
    title: "who knows the interface as an object is asked by the interface's name",
    query: '{ accounts { balance } }',
    data: { accounts: [{ balance: 10 }, { balance: -20 }, { balance: -30 }] },
    requests: { users: 1, billing: 1 },
    representations: {
      billing: [
        { __typename: 'Account', id: '1' },
        { __typename: 'Account', id: '2' },
        { __typename: 'Account', id: '3' },
      ],
    },
  },
  {
    title: 'a condition on a real type is kept on the way to an interface object',
    query: '{ accounts { ... on Admin { balance } name } }',
    data: { accounts: [{ balance: 10, name: 'Ada' }, { name: 'Max' }, { balance: -30, name: 'Eve' }] },
    requests: { users: 1, billing: 1 },
    representations: {
      billing: [
        { __typename: 'Account', id: '1' },
        { __typename: 'Account', id: '3' },
      ],
    },
  },
  {
    title: 'a field of the interface is fetched for an interface object from who knows it',
    query: '{ debtors { name balance } }',
    data: {
      debtors: [
        { name: 'Max', balance: -20 },
        { name: 'Eve', balance: -30 },
      ],
    },
    requests: { billing: 1, users: 1 },
  },
  {
    title: 'a field of a real type is fetched for those interface objects that are of it',
    query: '{ debtors { id ... on Admin { level } ... on Member { since } } }',
    data: {
      debtors: [
        { id: '2', since: 1999 },
        { id: '3', level: 1 },
      ],
    },
    requests: { billing: 1, users: 1 },
  },
  {
    title: 'who knows a real type only is asked by its name, once it is known',
    query: '{ debtors { ... on Admin { rights } } }',
    data: { debtors: [{}, { rights: 7 }] },
    requests: { billing: 1, users: 1, rights: 1 },
    order: ['billing', 'users', 'rights'],
    representations: { rights: [{ __typename: 'Admin', id: '3' }] },
  },
  {
    title: 'interface and real name each go to who knows them',
    query: '{ accounts { balance ... on Admin { rights } } }',
    data: { accounts: [{ balance: 10, rights: 77 }, { balance: -20 }, { balance: -30, rights: 7 }] },
    requests: { users: 1, billing: 1, rights: 1 },
    representations: {
      rights: [
        { __typename: 'Admin', id: '1' },
        { __typename: 'Admin', id: '3' },
      ],
    },
  },
  {
    title: 'a field of an interface object requires a field of the interface',
    query: '{ debtors { letter } }',
    data: { debtors: [{ letter: 2 }, { letter: 3 }] },
    requests: { billing: 2, users: 1 },
    order: ['billing', 'users', 'billing'],
  },
  {
    title: 'a field of an interface object requires a field of real types',
    query: '{ accounts { letter } }',
    data: { accounts: [{ letter: 1 }, { letter: 2 }, { letter: 3 }] },
    requests: { users: 1, billing: 1 },
  },
  {
    title: 'an interface object within an interface object has a real type of its own',
    query: '{ debtors { __typename guarantor { __typename ... on Admin { level } } } }',
    data: {
      debtors: [
        { __typename: 'Member', guarantor: { __typename: 'Admin', level: 9 } },
        { __typename: 'Admin', guarantor: { __typename: 'Member' } },
      ],
    },
  },
  {
    title: 'the name of the interface never replaces a real type that is known already',
    query: '{ accounts { ... on Admin { balance __typename } } }',
    data: {
      accounts: [{ balance: 10, __typename: 'Admin' }, {}, { balance: -30, __typename: 'Admin' }],
    },
    requests: { users: 1, billing: 1 },
  },
  {
    title: 'an interface object that nobody else knows has its own fields',
    query: '{ ghosts { balance name } }',
    data: {
      ghosts: [
        { balance: 10, name: 'Ada' },
        { balance: 0, name: null },
      ],
    },
    requests: { billing: 1, users: 1 },
  },
  {
    title: 'a real type that turns out to be unknown is null with an error, never the name of the interface',
    query: '{ ghosts { balance __typename } }',
    data: { ghosts: [{ balance: 10, __typename: 'Admin' }, null] },
    errors: [{ path: ['ghosts', 1], code: 'SUBGRAPH_INVALID_VALUE' }],
    unlikeMonolith: 'the monolith knows the type',
  },
  {
    title:
      'a field of an interface object leads to another one, of which a third subgraph is asked for one type',
    query: '{ accounts { guarantor { ... on Member { calls } } } }',
    data: { accounts: [{ guarantor: null }, { guarantor: {} }, { guarantor: { calls: 22 } }] },
  },
];
