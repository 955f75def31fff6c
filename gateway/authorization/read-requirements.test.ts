// What composition makes of the directives, and what is read back from it.
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { anonymous, callerWith, decided } from './authorization.fixture.ts';
import { readSupergraph } from '../supergraph/read-supergraph.ts';
import { createAuthorization } from './authorization.ts';
import { composed, compositionErrors } from './compose.fixture.ts';

describe('several subgraphs', () => {
  const supergraph = composed({
    a: 'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["a"], ["b"]]) }',
    b: 'type A @key(fields: "id") { id: ID! x: Int @shareable @requiresScopes(scopes: [["c"]]) @authenticated }',
  });
  for (const { scopes, sees } of [
    { scopes: ['a', 'b'], sees: false },
    { scopes: ['c'], sees: false },
    { scopes: ['b', 'c'], sees: true },
  ]) {
    test(`with scopes ${scopes.join(' and ')} a field that both guard is ${sees ? 'seen' : 'denied'}`, () => {
      assert.deepEqual(decided(supergraph, '{ a { x id } }', callerWith(scopes)).denied, sees ? [] : ['a.x']);
    });
  }
});

test('directives are found under the names that a subgraph gave them', () => {
  const supergraph = composed({
    a: `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9",
          import: [{ name: "@authenticated", as: "@auth" }])
        type Query { n: Int @auth  j: Int @federation__requiresScopes(scopes: [["q"]]) k: Int }`,
  });
  assert.deepEqual(decided(supergraph, '{ n j k }', anonymous).denied, ['n', 'j']);
});

test('directives are found in a supergraph that does not link them', () => {
  const { sdl } = composed({ a: 'type Query { n: Int @authenticated k: Int }' });
  const unlinked = sdl.replace(/@link\(url: "https:\/\/specs.apollo.dev\/authenticated[^)]*\)/, '');
  assert.notEqual(unlinked, sdl);
  assert.deepEqual(decided(readSupergraph(unlinked), '{ n k }', anonymous).denied, ['n']);
});

test('a directive of the same name from another specification is not taken for access control', () => {
  const { sdl } = composed({
    a: `extend schema
          @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@composeDirective"])
          @link(url: "https://example.org/insurance/v1.0", import: ["@policy"])
          @composeDirective(name: "@policy")
        directive @policy(policies: [[String!]!]!) on FIELD_DEFINITION
        type Query { n: Int @policy(policies: [["life"]]) }`,
  });
  assert.match(sdl, /@policy\(policies: \[\["life"\]\]\)/);
  assert.equal(createAuthorization(readSupergraph(sdl)).isNeeded, false);
});

test('an empty list of scopes asks for nothing, as composition and Router have it', () => {
  const supergraph = composed({
    a: 'type Query { k: Int @requiresScopes(scopes: []) j: Int @requiresScopes(scopes: [[]]) n: Int @authenticated }',
  });
  assert.deepEqual(decided(supergraph, '{ k j n }', anonymous).denied, ['n']);
});

test('a guarded root type guards its fields, but not introspection', () => {
  const supergraph = composed({ a: 'type Query @authenticated { n: Int }' });
  assert.deepEqual(decided(supergraph, '{ n __typename __schema { description } }', anonymous), {
    plannable: '{ __typename __schema { description } }',
    denied: ['n'],
  });
});

describe('interfaces', () => {
  const supergraph = composed({
    a: `type Query { all: [Node] a: A u: U }
        interface Node { id: ID! secret: String of: Node }
        type A implements Node { id: ID! secret: String @authenticated of: A }
        type B implements Node { id: ID! secret: String @requiresScopes(scopes: [["r"], ["s"]]) of: Hidden }
        type Hidden implements Node @policy(policies: [["p"]]) { id: ID! secret: String of: Node }
        union U = A | Other
        type Other { id: ID! }`,
  });

  test('composition sums the conditions of the implementers up on the interface', () => {
    assert.match(
      supergraph.sdl,
      /interface Node\s+@join__type\(graph: A\)\s+@policy\(policies: \[\["p"\]\]\)/,
    );
    assert.match(supergraph.sdl, /secret: String @authenticated @requiresScopes/);
  });

  const all = callerWith(['r'], ['p']);
  for (const { says, operation, caller, denied } of [
    { says: 'all conditions met', operation: '{ all { secret } }', caller: all, denied: [] },
    {
      says: 'one not met',
      operation: '{ all { id secret } }',
      caller: callerWith([], ['p']),
      denied: ['all.secret'],
    },
    {
      says: 'under a condition of type A',
      operation: '{ all { ... on A { secret } } }',
      caller: callerWith([]),
      denied: [],
    },
    {
      says: 'under that of type B',
      operation: '{ all { ... on B { secret } } }',
      caller: callerWith([]),
      denied: ['all.secret'],
    },
    {
      says: 'as the interface where only A can stand',
      operation: '{ a { ... on Node { secret } } }',
      caller: callerWith([]),
      denied: [],
    },
    {
      says: 'as the interface in a union with A',
      operation: '{ u { ... on Node { secret } } }',
      caller: callerWith([]),
      denied: [],
    },
    {
      says: 'the return type of one implementer guarded',
      operation: '{ all { ... on B { of { __typename } } } }',
      caller: callerWith([]),
      denied: ['all.of'],
    },
    {
      says: 'denied as Node and asked as A',
      operation: '{ all { id secret ... on A { secret } } }',
      caller: callerWith([], ['p']),
      denied: ['all.secret'],
    },
  ]) {
    test(`secret is ${denied.length === 0 ? 'seen' : 'denied'}: ${says}`, () => {
      assert.deepEqual(decided(supergraph, operation, caller).denied, denied);
    });
  }

  test('what an author of an older supergraph wrote on an interface binds under type conditions too', () => {
    const written = supergraph.sdl.replace(/(interface Node[^{]*@policy\(policies: \[\["p")/, '$1, "q"');
    const older = readSupergraph(written);
    const operation = '{ all { ... on A { id } } }';
    assert.deepEqual(decided(supergraph, operation, callerWith([])).denied, []);
    assert.deepEqual(decided(older, operation, callerWith([])).denied, ['all']);
  });
});

describe('interfaces among other types', () => {
  const supergraph = composed({
    a: `type Query { any: [Any] outer: Outer }
        interface Node { id: ID! text: String }
        interface Other { text: String }
        type A implements Node & Other { id: ID! text: String }
        type B implements Node @authenticated { id: ID! text: String }
        type C implements Other { id: ID! text: String }
        union Any = A | B | C
        interface Outer { of: Node }
        type X implements Outer { of: B }
        type Y implements Outer { of: Node }`,
  });

  test('a fragment on an interface of which one implementer is guarded', () => {
    assert.deepEqual(decided(supergraph, '{ any { ... on Node { text } } }', anonymous), {
      plannable: '{ any { ... on Node { __typename } } }',
      denied: ['any.text'],
    });
  });

  test('what is denied at a type is denied at every selection that shares a type with it', () => {
    const operation = '{ any { ... on Node { text } ... on Other { text } ... on C { id } } }';
    assert.deepEqual(decided(supergraph, operation, anonymous).denied, ['any.text']);
    const apart = '{ any { ... on Node { text } ... on C { text } } }';
    assert.deepEqual(decided(supergraph, apart, anonymous).denied, ['any.text on A, B']);
  });

  test('an implementer that returns something narrower, which is guarded', () => {
    assert.deepEqual(decided(supergraph, '{ outer { of { __typename } } }', anonymous).denied, ['outer.of']);
    assert.deepEqual(
      decided(supergraph, '{ outer { ... on Y { of { __typename } } } }', anonymous).denied,
      [],
    );
  });

  test("conditions of an older supergraph's author on the interface and on its field", () => {
    const older = readSupergraph(
      supergraph.sdl.replace(/(interface Other)([^{]*{\s*text: String)/, '$1 @authenticated $2'),
    );
    assert.deepEqual(decided(older, '{ any { ... on Other { text } } }', anonymous).denied, ['any.text']);
    const onField = readSupergraph(
      supergraph.sdl.replace(/(interface Other[^{]*{\s*text: String)/, '$1 @authenticated'),
    );
    assert.deepEqual(decided(onField, '{ any { ... on Other { text } } }', anonymous).denied, ['any.text']);
    assert.deepEqual(decided(onField, '{ any { ... on C { text } } }', anonymous).denied, []);
  });
});

test('the field of an interface object is guarded at every implementer', () => {
  const supergraph = composed({
    a: `type Query { all: [Node] }
        interface Node @key(fields: "id") { id: ID! }
        type A implements Node @key(fields: "id") { id: ID! }`,
    b: 'type Node @key(fields: "id") @interfaceObject { id: ID! extra: Int @requiresScopes(scopes: [["e"]]) }',
  });
  assert.deepEqual(decided(supergraph, '{ all { id extra } }', anonymous).denied, ['all.extra']);
  assert.deepEqual(decided(supergraph, '{ all { ... on A { extra id } } }', anonymous).denied, ['all.extra']);
});

describe('@requires', () => {
  const owner =
    'type Query { a: A } type A @key(fields: "id") { id: ID! x: Int @requiresScopes(scopes: [["a"]]) }';
  const reader = (guard: string) =>
    `type A @key(fields: "id") { id: ID! x: Int @external y: Int @requires(fields: "x") ${guard} z: Int @requires(fields: "x") ${guard} }`;

  test('composition refuses a field that reads a guarded one and is not guarded as well', () => {
    assert.match(compositionErrors({ a: owner, b: reader('') })[0] ?? '', /"A.y" does not specify necessary/);
  });

  test('composition takes one with the same conditions, and the denied field is not planned', () => {
    const supergraph = composed({ a: owner, b: reader('@requiresScopes(scopes: [["a"]])') });
    assert.deepEqual(decided(supergraph, '{ a { id y } }', anonymous), {
      plannable: '{ a { id } }',
      denied: ['a.y'],
    });
  });

  test('in a supergraph that an older composition let through, the field is guarded by what it reads', () => {
    const { sdl } = composed({ a: owner, b: reader('@requiresScopes(scopes: [["a"]])') });
    const older = sdl.replaceAll(/(requires: "x"\)) @requiresScopes\(scopes: \[\["a"\]\]\)/g, '$1');
    assert.equal(older.match(/@requiresScopes\(scopes: \[\["a"\]\]\)/g)?.length, 1);
    assert.deepEqual(decided(readSupergraph(older), '{ a { id y } }', anonymous).denied, ['a.y']);
  });
});

test('a guarded key is still used inside, only the client does not get it', () => {
  const supergraph = composed({
    a: 'type Query { a: A } type A @key(fields: "id") { id: ID! @authenticated n: Int }',
    b: 'type A @key(fields: "id") { id: ID! @authenticated m: Int }',
  });
  assert.deepEqual(decided(supergraph, '{ a { id n m } }', anonymous), {
    plannable: '{ a { n m } }',
    denied: ['a.id'],
  });
});
