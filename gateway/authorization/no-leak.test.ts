// The one promise: whatever combination of rights a caller has, no operation that is planned for it asks for a field
// that it may not see. Checked by an own, direct reading of the schema below, for every combination.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  type GraphQLNamedType,
  type SelectionSetNode,
} from 'graphql';
import type { Caller } from '../gateway-request.ts';
import { normalised } from './authorization.fixture.ts';
import { createAuthorization } from './authorization.ts';
import { composed } from './compose.fixture.ts';

const supergraph = composed({
  a: `type Query { all: [Node] a: A b: B @authenticated u: U leaf: Leaf }
      interface Node { id: ID! leaf: Leaf next: Node text: String }
      type A implements Node { id: ID! leaf: Leaf @requiresScopes(scopes: [["x"], ["y"]]) next: Node text: String }
      type B implements Node @requiresScopes(scopes: [["y"]]) { id: ID! leaf: Leaf next: A text: String @authenticated }
      type C implements Node { id: ID! leaf: Leaf next: B text: String @policy(policies: [["p"]]) }
      union U = A | B
      scalar Leaf @policy(policies: [["p"]])`,
});

/** What each needs, said once more and by hand. */
const guards: Record<string, (caller: Caller) => boolean> = {
  'Query.b': ({ isAuthenticated }) => isAuthenticated,
  'A.leaf': ({ scopes }) => scopes.has('x') || scopes.has('y'),
  'B.text': ({ isAuthenticated }) => isAuthenticated,
  'C.text': ({ policies }) => policies.has('p'),
  B: ({ scopes }) => scopes.has('y'),
  Leaf: ({ policies }) => policies.has('p'),
};

const operations = [
  '{ all { id leaf next { id text } } b { id } leaf }',
  '{ all { ... on A { id leaf next { ... on B { text } ... on A { leaf } } } ... on Node { text } } }',
  '{ all { __typename ... on B { id text next { leaf text } } ... on C { text next { id } } } }',
  '{ a { ... on Node { leaf text next { id } } next { __typename ... on C { next { text } } } } }',
  '{ u { ... on B { id } ... on A { id } ... on Node { leaf } } all { ... on B { leaf } } }',
  '{ all { ... on A { text } } all { next { ... on A { next { ... on Node { ... on B { id } } } } } } }',
];

const callers: Caller[] = [false, true].flatMap((isAuthenticated) =>
  [[], ['x'], ['y'], ['x', 'y']].flatMap((scopes) =>
    [[], ['p']].map((policies) => ({
      isAuthenticated,
      scopes: new Set(scopes),
      policies: new Set(policies),
    })),
  ),
);

function asked(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType | undefined,
  possible: ReadonlySet<string>,
): string[] {
  const schema = supergraph.fullSchema;
  return selections.flatMap((selection): string[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const name = selection.typeCondition?.name.value ?? '';
      const narrower = possible.intersection(supergraph.possibleTypes(name));
      return asked(selection.selectionSet, schema.getType(name), narrower);
    }
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return [];
    const name = selection.name.value;
    const at = [...possible].flatMap((object) => {
      const parent = schema.getType(object);
      const field = isObjectType(parent) ? parent.getFields()[name] : undefined;
      return field === undefined ? [] : [object, `${object}.${name}`, getNamedType(field.type).name];
    });
    const own = isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
    if (own === undefined || selection.selectionSet === undefined) return at;
    const returned = getNamedType(own.type);
    return [...at, ...asked(selection.selectionSet, returned, supergraph.possibleTypes(returned.name))];
  });
}

function leaks(caller: Caller, operation: string, filter: boolean): string[] {
  const document = normalised(supergraph, operation);
  const rights = createAuthorization(supergraph).forOperation(document);
  const { plannable } =
    filter && rights !== undefined ? rights.decide(caller) : { plannable: document.document };
  const definition = plannable?.definitions[0];
  if (definition?.kind !== Kind.OPERATION_DEFINITION) return [];
  const query = supergraph.fullSchema.getQueryType() ?? undefined;
  return asked(definition.selectionSet, query, new Set(['Query'])).filter(
    (what) => !(guards[what]?.(caller) ?? true),
  );
}

test('no caller is planned an operation with a field that it may not see', () => {
  for (const operation of operations) {
    for (const caller of callers) assert.deepEqual(leaks(caller, operation, true), [], operation);
  }
});

test('the check above finds a leak in what is not filtered', () => {
  for (const operation of operations) {
    assert.ok(
      callers.some((caller) => leaks(caller, operation, false).length > 0),
      operation,
    );
  }
});

test('who has every right is planned the whole operation', () => {
  const all: Caller = { isAuthenticated: true, scopes: new Set(['x', 'y']), policies: new Set(['p']) };
  for (const text of operations) {
    const operation = normalised(supergraph, text);
    const decision = createAuthorization(supergraph).forOperation(operation)?.decide(all);
    assert.deepEqual([decision?.plannable, decision?.denied], [operation.document, []]);
  }
});

test('callers with one signature are decided alike', () => {
  for (const text of operations) {
    const rights = createAuthorization(supergraph).forOperation(normalised(supergraph, text));
    assert.ok(rights);
    const bySignature = new Map<string, unknown>();
    for (const caller of callers) {
      const signature = rights.signatureOf(caller);
      const { denied } = rights.decide(caller);
      if (bySignature.has(signature)) assert.deepEqual(denied, bySignature.get(signature));
      bySignature.set(signature, denied);
    }
    assert.ok(bySignature.size > 1);
  }
});
