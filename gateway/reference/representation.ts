// What a subgraph is told of an entity: its `__typename`, a key, and what its fields require.
import { getNamedType, isNonNullType, isObjectType, type GraphQLType } from 'graphql';
import type { EntityFetch, EntityLookup, RequiredField, RequiredSelection } from '../planner/plan.ts';
import { holdsNull, representationFields } from '../supergraph/representation-fields.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, mergeInto, newTree, readOwn, typenameOf, type Tree } from './merged-tree.ts';
import { setValues } from './rewrites.ts';
import { meetsCondition } from './type-condition.ts';

/** Undefined when the subgraph cannot be asked for this object: something is missing, or no key is there as a whole. */
export function representationOf(
  supergraph: Supergraph,
  fetch: EntityFetch,
  lookup: EntityLookup,
  object: Tree,
): Tree | undefined {
  const typeName = typenameOf(object);
  const fields = fieldsFor(supergraph, lookup.requires, typeName);
  if (typeName === undefined || !fields.some(({ name }) => name === '__typename')) return undefined;
  const representation = newTree();
  const missing = new Set<string>();
  for (const field of fields) {
    const selected = selectField(supergraph, field, object, typeName);
    if (selected === undefined) missing.add(field.name);
    else mergeInto(supergraph, representation, selected);
  }
  setValues(supergraph, lookup.inputRewrites, representation);
  const names = new Set(fields.map(({ name }) => name).filter((name) => name !== '__typename'));
  const sentName = typenameOf(representation) ?? typeName;
  const { needed, keys } = representationFields(supergraph, fetch, lookup, sentName, names);
  const isWhole = (name: string) => !missing.has(name) && !holdsNull(representation[name]);
  if ([...needed].some((name) => missing.has(name))) return undefined;
  if (!keys.some((key) => [...key].every(isWhole))) return undefined;
  for (const name of names) if (!needed.has(name) && !isWhole(name)) delete representation[name];
  return representation;
}

/** Those that are required of an object of this type. */
function fieldsFor(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  typeName: string | undefined,
): RequiredField[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'field') return [selection];
    return applies(supergraph, selection.typeCondition, typeName)
      ? fieldsFor(supergraph, selection.selections, typeName)
      : [];
  });
}

/** Undefined when a field that is required has never come. `declared`: the type that the schema says it has. */
function select(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  object: Tree,
  declared: string | undefined,
): Tree | undefined {
  const typeName = typenameOf(object) ?? declared;
  const result = newTree();
  for (const field of fieldsFor(supergraph, selections, typeName)) {
    const selected = selectField(supergraph, field, object, typeName);
    if (selected === undefined) return undefined;
    mergeInto(supergraph, result, selected);
  }
  return result;
}

/** A null that the schema does not allow counts as missing: no resolver has to expect it. */
function selectField(
  supergraph: Supergraph,
  { source, name, selections }: RequiredField,
  object: Tree,
  typeName: string | undefined,
): Tree | undefined {
  const type = name === '__typename' ? undefined : typeOf(supergraph, typeName, name);
  const value = readOwn(object, source);
  const named = type === undefined ? undefined : getNamedType(type);
  const declared = isObjectType(named) ? named.name : undefined;
  const selected = selections === undefined ? value : selectInside(supergraph, selections, value, declared);
  if (selected === undefined || (selected === null && isNonNullType(type))) return undefined;
  const result = newTree();
  result[name] = selected;
  return result;
}

function selectInside(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  value: unknown,
  declared: string | undefined,
): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) {
    const items = value.map((item) => selectInside(supergraph, selections, item, declared));
    return items.includes(undefined) ? undefined : items;
  }
  return isObject(value) ? select(supergraph, selections, value, declared) : undefined;
}

function applies(
  supergraph: Supergraph,
  condition: string | undefined,
  typeName: string | undefined,
): boolean {
  if (condition === undefined) return true;
  return typeName !== undefined && meetsCondition(supergraph, typeName, condition);
}

function typeOf(
  { fullSchema }: Supergraph,
  typeName: string | undefined,
  fieldName: string,
): GraphQLType | undefined {
  const type = typeName === undefined ? undefined : fullSchema.getType(typeName);
  return type !== undefined && 'getFields' in type ? type.getFields()[fieldName]?.type : undefined;
}
