// Names that objects of JavaScript have by nature, wherever GraphQL allows them: as aliases, fields, keys, arguments,
// variables, and as values of keys. They are names as any others, and nothing becomes a prototype.
import type { CorpusCase } from '../corpus-case.ts';

export const cases: readonly CorpusCase[] = [
  {
    title: 'aliases a root field __proto__',
    query: '{ __proto__: toys { id: constructor } }',
    data: { ['__proto__']: [{ id: '__proto__' }, { id: 'constructor' }] },
  },
  {
    title: 'aliases __proto__, constructor and toString on fields of another subgraph',
    query: '{ toys { __proto__: hasOwnProperty constructor: hasOwnProperty toString: hasOwnProperty } }',
    data: {
      toys: [
        { ['__proto__']: 3, constructor: 3, toString: 3 },
        { ['__proto__']: 5, constructor: 5, toString: 5 },
      ],
    },
    requests: { catalog: 1, stock: 1 },
  },
  {
    title: 'aliases the object __proto__ in which an entity of another subgraph stands',
    query: '{ toys { __proto__: valueOf { propertyIsEnumerable } } }',
    data: { toys: [{ ['__proto__']: { propertyIsEnumerable: true } }, { ['__proto__']: null }] },
    requests: { catalog: 1, stock: 1 },
  },
  {
    title: 'takes fields of those names from two subgraphs',
    query: '{ toys { hasOwnProperty toString constructor valueOf { isPrototypeOf } } }',
    data: {
      toys: [
        {
          hasOwnProperty: 3,
          toString: 'robot',
          constructor: '__proto__',
          valueOf: { isPrototypeOf: '__proto__' },
        },
        { hasOwnProperty: 5, toString: 'train', constructor: 'constructor', valueOf: null },
      ],
    },
  },
  {
    title: 'sends keys of those names and values in representations',
    query: '{ toys { hasOwnProperty valueOf { propertyIsEnumerable } } }',
    data: {
      toys: [
        { hasOwnProperty: 3, valueOf: { propertyIsEnumerable: true } },
        { hasOwnProperty: 5, valueOf: null },
      ],
    },
    representations: {
      stock: [
        { __typename: 'Toy', constructor: '__proto__' },
        { __typename: 'Toy', constructor: 'constructor' },
        { __typename: 'Part', hasOwnProperty: 'toString', isPrototypeOf: '__proto__' },
      ],
    },
  },
  {
    title: 'takes a field that requires toString where the client gave that name to another field',
    query: '{ toys { toString: constructor toLocaleString } }',
    data: {
      toys: [
        { toString: '__proto__', toLocaleString: 11 },
        { toString: 'constructor', toLocaleString: 12 },
      ],
    },
  },
  {
    title: 'takes variables and arguments of those names',
    query:
      'query constructor($__proto__: String, $toString: Boolean!) { constructor(valueOf: $__proto__) { toString @include(if: $toString) constructor } }',
    variables: { ['__proto__']: 'x', toString: true },
    data: { constructor: { toString: 'robot', constructor: '__proto__' } },
  },
  {
    title: 'skips by a variable of such a name that is absent',
    query:
      'query ($constructor: Boolean = false) { toys { toString @include(if: $constructor) id: constructor } }',
    data: { toys: [{ id: '__proto__' }, { id: 'constructor' }] },
  },
  {
    title: 'sends a scalar that holds such keys',
    query: 'query ($bag: Bag) { echo(hasOwnProperty: $bag) }',
    variables: {
      bag: JSON.parse('{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}'),
    },
    data: { echo: 'an echo' },
  },
  {
    title: 'names fragments so',
    query:
      'query { toys { ...constructor ...__proto__ } } fragment constructor on Toy { toString } fragment __proto__ on Toy { hasOwnProperty }',
    data: {
      toys: [
        { toString: 'robot', hasOwnProperty: 3 },
        { toString: 'train', hasOwnProperty: 5 },
      ],
    },
  },
  {
    title: 'takes variables that are named as planners name their own',
    query: `query ($representations: String, $_client_: String) { toys {
      a: isPrototypeOf(representations: $representations)
      b: isPrototypeOf(representations: $representations, _client_: $_client_)
    } }`,
    variables: { representations: 'r', _client_: 'c' },
    data: {
      toys: [
        { a: 7, b: 8 },
        { a: 7, b: 8 },
      ],
    },
  },
  {
    title: 'takes aliases that are named as planners and this engine name their own',
    query: `{ _client_toys: toys { _client_constructor: hasOwnProperty _entities: toString
      constructor__alias_0: toLocaleString _internal_qp_alias_0: hasOwnProperty } }`,
    data: {
      _client_toys: [
        { _client_constructor: 3, _entities: 'robot', constructor__alias_0: 11, _internal_qp_alias_0: 3 },
        { _client_constructor: 5, _entities: 'train', constructor__alias_0: 12, _internal_qp_alias_0: 5 },
      ],
    },
  },
  {
    title: 'takes types, a union and an enum value of those names',
    query: `{ toys { maker { __typename toLocaleString likes {
      t: __typename ... on toString { kind number: toLocaleString } ... on constructor { toLocaleString }
    } } } }`,
    data: {
      toys: [
        {
          maker: {
            __typename: 'constructor',
            toLocaleString: 'maker',
            likes: [
              { t: 'toString', kind: 'constructor', number: 3 },
              null,
              { t: 'constructor', toLocaleString: 'maker' },
            ],
          },
        },
        { maker: null },
      ],
    },
  },
];
