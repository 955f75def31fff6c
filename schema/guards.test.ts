// Nothing of a customer's is in the graph without a guard that the gateway checks: every field of the roots and every
// entity says that its caller must have signed in (@authenticated), or what for (@requiresScopes).
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { Kind, parse, type ObjectTypeDefinitionNode, type TypeNode } from 'graphql';

const roots = new Set(['Query', 'Mutation', 'Subscription']);
const guards = new Set(['authenticated', 'requiresScopes']);

/** Coordinates of root fields and entities that anybody may ask for. */
function unguarded(supergraph: string): string[] {
  const types = parse(supergraph).definitions.filter(
    (definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION,
  );
  const guarded = new Set(types.filter(isGuarded).map(({ name }) => name.value));
  return types.flatMap((type) => {
    const { name, fields = [] } = type;
    if (!roots.has(name.value)) return isEntity(type) && !guarded.has(name.value) ? [name.value] : [];
    const open = fields.filter((field) => !isGuarded(field) && !guarded.has(named(field.type)));
    return open.map((field) => `${name.value}.${field.name.value}`);
  });
}

function isGuarded({ directives = [] }: Pick<ObjectTypeDefinitionNode, 'directives'>): boolean {
  return directives.some(({ name }) => guards.has(name.value));
}

function isEntity({ directives = [] }: ObjectTypeDefinitionNode): boolean {
  return directives.some((directive) => directive.arguments?.some(({ name }) => name.value === 'key'));
}

function named(type: TypeNode): string {
  return type.kind === Kind.NAMED_TYPE ? type.name.value : named(type.type);
}

test('every root field and every entity of the bank asks who its caller is', () => {
  const supergraph = readFileSync(new URL('supergraph.graphql', import.meta.url), 'utf8');
  assert.deepEqual(unguarded(supergraph), []);
});

test('a root field and an entity without a guard are found', () => {
  const found = unguarded(`
    type Query { guarded: [Book!]! byField: Int @authenticated open: Int shelf: Shelf }
    type Book @join__type(graph: A, key: "id") @requiresScopes(scopes: [["read"]]) { id: ID! }
    type Shelf @join__type(graph: A, key: "id") { id: ID! }
    type Money @join__type(graph: A) { amount: String! }
  `);
  assert.deepEqual(found, ['Query.open', 'Query.shelf', 'Shelf']);
});
