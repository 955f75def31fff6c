// Reads @authenticated, @requiresScopes and @policy from a supergraph: which conditions stand on which type and field,
// with what a field's @requires chain reads added, and which of an interface's are only a sum of its implementers'.
import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { parseFieldSet } from '../supergraph/field-set.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { authenticated, isImplied, listCondition, type AnyOfAll, type Condition } from './condition.ts';
import { stringArgument, valueOf } from '../supergraph/directive-arguments.ts';
import { linkedDirective } from '../supergraph/linked-directive.ts';

export interface Requirements {
  readonly isEmpty: boolean;
  /** Every condition that stands anywhere, each once. */
  readonly all: readonly Condition[];
  /** On the type itself; for an interface only what goes beyond its implementers. */
  ofType(typeName: string): readonly Condition[];
  /** On the field itself and on what its @requires reads; for an interface's as above. */
  ofField(typeName: string, fieldName: string): readonly Condition[];
}

export function readRequirements(supergraph: Supergraph): Requirements {
  const names = directiveNames(supergraph.document);
  const types = new Map<string, readonly Condition[]>();
  const fields = new Map<string, readonly Condition[]>();
  const schema = supergraph.fullSchema;
  for (const type of Object.values(schema.getTypeMap())) {
    set(types, type.name, conditionsOn(names, type.astNode?.directives));
    if (!isObjectType(type) && !isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      set(fields, coordinate(type.name, field.name), conditionsOn(names, field.astNode?.directives));
    }
  }
  if (types.size === 0 && fields.size === 0)
    return { isEmpty: true, all: none, ofType: () => none, ofField: () => none };
  addRequired(supergraph, types, fields);
  dropSums(supergraph, types, fields);
  return {
    isEmpty: false,
    all: distinct([...types.values(), ...fields.values()].flat()),
    ofType: (typeName) => types.get(typeName) ?? none,
    ofField: (typeName, fieldName) => fields.get(coordinate(typeName, fieldName)) ?? none,
  };
}

const none: readonly Condition[] = [];

interface DirectiveNames {
  readonly authenticated: string | undefined;
  readonly requiresScopes: string | undefined;
  readonly policy: string | undefined;
}

function directiveNames(document: DocumentNode): DirectiveNames {
  const nameOf = (directive: string) =>
    linkedDirective(document, { identity: `https://specs.apollo.dev/${directive}`, directive });
  return {
    authenticated: nameOf('authenticated'),
    requiresScopes: nameOf('requiresScopes'),
    policy: nameOf('policy'),
  };
}

function conditionsOn(
  names: DirectiveNames,
  applied: readonly ConstDirectiveNode[] = [],
): readonly Condition[] {
  return distinct(
    applied.flatMap((directive): (Condition | undefined)[] => {
      const name = directive.name.value;
      if (name === names.authenticated) return [authenticated];
      if (name === names.requiresScopes) return [listCondition('scopes', listOf(directive, 'scopes'))];
      if (name === names.policy) return [listCondition('policies', listOf(directive, 'policies'))];
      return [];
    }),
  );
}

function listOf(directive: ConstDirectiveNode, argument: string): AnyOfAll {
  const value = valueOf(directive, argument);
  // GraphQL coerces a single value to a list of one; a supergraph is no input, so it is taken literally but kindly.
  const given: unknown = value === undefined ? [] : valueFromASTUntyped(value);
  const outer: unknown[] = Array.isArray(given) ? given : [given];
  return outer.map((inner) => (Array.isArray(inner) ? inner.map(String) : [String(inner)]));
}

function distinct(conditions: readonly (Condition | undefined)[]): readonly Condition[] {
  const found = conditions.filter((condition) => condition !== undefined);
  return [...new Map(found.map((condition) => [condition.key, condition])).values()];
}

/**
 * What a field's @requires reads from others must be allowed too, or the field would tell it. Composition 2.9.5 and
 * later refuses a schema that forgets it (MISSING_TRANSITIVE_AUTH_REQUIREMENTS); supergraphs composed before exist.
 */
function addRequired(
  supergraph: Supergraph,
  types: ReadonlyMap<string, readonly Condition[]>,
  fields: Map<string, readonly Condition[]>,
): void {
  const collect = (parent: GraphQLNamedType | undefined, { selections }: SelectionSetNode): Condition[] =>
    selections.flatMap((selection): Condition[] => {
      if (selection.kind === Kind.FIELD) {
        const field = fieldOf(parent, selection.name.value);
        if (parent === undefined || field === undefined) return [];
        const type = getNamedType(field.type);
        return [
          ...(fields.get(coordinate(parent.name, field.name)) ?? none),
          ...(types.get(type.name) ?? none),
          ...(selection.selectionSet === undefined ? [] : collect(type, selection.selectionSet)),
        ];
      }
      if (selection.kind !== Kind.INLINE_FRAGMENT) return [];
      const { typeCondition } = selection;
      const type = typeCondition ? supergraph.fullSchema.getType(typeCondition.name.value) : parent;
      return [...(types.get(type?.name ?? '') ?? none), ...collect(type, selection.selectionSet)];
    });
  const requiring = requiringFields(supergraph.fullSchema);
  // A required field may itself require; composition lets chains be as long as there are subgraphs, so until rest.
  for (let grew = true; grew;) {
    grew = false;
    for (const { parent, field, sets } of requiring) {
      const required = sets.flatMap((fieldSet) => collect(parent, fieldSet));
      // An interface object's field is also the field of each implementer.
      for (const typeName of new Set([parent.name, ...supergraph.possibleTypes(parent.name)])) {
        const key = coordinate(typeName, field.name);
        const before = fields.get(key) ?? none;
        const after = distinct([...before, ...required]);
        if (after.length === before.length) continue;
        fields.set(key, after);
        grew = true;
      }
    }
  }
}

function requiringFields(schema: GraphQLSchema) {
  return Object.values(schema.getTypeMap()).flatMap((parent) =>
    isObjectType(parent) || isInterfaceType(parent)
      ? Object.values(parent.getFields()).flatMap((field) => {
          const sets = (field.astNode?.directives ?? []).flatMap((applied) => {
            const text =
              applied.name.value === 'join__field' ? stringArgument(applied, 'requires') : undefined;
            return text === undefined ? [] : [parseFieldSet(text)];
          });
          return sets.length === 0 ? [] : [{ parent, field, sets }];
        })
      : [],
  );
}

function fieldOf(
  type: GraphQLNamedType | undefined,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  return isObjectType(type) || isInterfaceType(type) ? type.getFields()[name] : undefined;
}

/**
 * Composition sums the conditions of all implementers up on their interface, types and fields. Those are checked at
 * the implementers themselves, so that a client may still ask for the one that it may see: `... on PublicBlog`. What an
 * author of an older supergraph wrote on an interface beyond that sum stays and binds.
 */
function dropSums(
  supergraph: Supergraph,
  types: Map<string, readonly Condition[]>,
  fields: Map<string, readonly Condition[]>,
): void {
  for (const type of Object.values(supergraph.fullSchema.getTypeMap())) {
    if (!isInterfaceType(type)) continue;
    const objects = [...supergraph.possibleTypes(type.name)];
    dropImplied(types, type.name, objects);
    for (const name of Object.keys(type.getFields())) {
      dropImplied(
        fields,
        coordinate(type.name, name),
        objects.map((object) => coordinate(object, name)),
      );
    }
  }
}

function dropImplied(
  of: Map<string, readonly Condition[]>,
  summed: string,
  implementers: readonly string[],
): void {
  const conditions = of.get(summed);
  if (conditions === undefined) return;
  const given = distinct(implementers.flatMap((key) => of.get(key) ?? none));
  set(
    of,
    summed,
    conditions.filter((condition) => !isImplied(condition, given)),
  );
}

function set(of: Map<string, readonly Condition[]>, key: string, conditions: readonly Condition[]): void {
  if (conditions.length > 0) of.set(key, conditions);
  else of.delete(key);
}

function coordinate(typeName: string, fieldName: string): string {
  return `${typeName}.${fieldName}`;
}
