// What a subgraph is told of an entity: its `__typename`, a key, and what its fields require.
import { isNonNullType } from 'graphql';
import type { EntityLookup, RequiredSelection } from '../planner/plan.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { isObject, mergeInto, newTree, readOwn, typenameOf, type Tree } from './merged-tree.ts';
import { setValues } from './rewrites.ts';
import { meetsCondition } from './type-condition.ts';

/** Undefined when the subgraph cannot be asked for this object: something is missing, or a key is null. */
export function representationOf(
  supergraph: Supergraph,
  subgraph: string,
  lookup: EntityLookup,
  object: Tree,
): Tree | undefined {
  const representation = select(supergraph, lookup.requires, object);
  const typeName = typenameOf(representation);
  if (representation === undefined || typeName === undefined) return undefined;
  setValues(supergraph, lookup.inputRewrites, representation);
  const keys = supergraph.keyFields(subgraph, typenameOf(representation) ?? typeName);
  for (const [name, value] of Object.entries(representation)) {
    if (keys.has(name) ? holdsNull(value) : value === null && isNonNull(supergraph, typeName, name))
      return undefined;
  }
  return representation;
}

/** A key is null when a part of it is. */
function holdsNull(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(holdsNull);
  return isObject(value) ? Object.values(value).some(holdsNull) : value === null;
}

/** Undefined when a field that is required has never come. */
function select(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  object: Tree,
): Tree | undefined {
  const result = newTree();
  for (const selection of selections) {
    const selected =
      selection.kind === 'field'
        ? selectField(supergraph, selection, object)
        : applies(supergraph, selection.typeCondition, object)
          ? select(supergraph, selection.selections, object)
          : newTree();
    if (selected === undefined) return undefined;
    mergeInto(supergraph, result, selected);
  }
  return result;
}

function selectField(
  supergraph: Supergraph,
  { source, name, selections }: Extract<RequiredSelection, { kind: 'field' }>,
  object: Tree,
): Tree | undefined {
  const value = readOwn(object, source);
  const selected = selections === undefined ? value : selectInside(supergraph, selections, value);
  if (selected === undefined) return undefined;
  const result = newTree();
  result[name] = selected;
  return result;
}

function selectInside(
  supergraph: Supergraph,
  selections: readonly RequiredSelection[],
  value: unknown,
): unknown {
  if (value === null) return null;
  if (Array.isArray(value)) {
    const items = value.map((item) => selectInside(supergraph, selections, item));
    return items.includes(undefined) ? undefined : items;
  }
  return isObject(value) ? select(supergraph, selections, value) : undefined;
}

function applies(supergraph: Supergraph, condition: string | undefined, object: Tree): boolean {
  if (condition === undefined) return true;
  const typeName = typenameOf(object);
  return typeName !== undefined && meetsCondition(supergraph, typeName, condition);
}

function isNonNull({ fullSchema }: Supergraph, typeName: string, fieldName: string): boolean {
  const type = fullSchema.getType(typeName);
  if (type === undefined || !('getFields' in type)) return false;
  return isNonNullType(type.getFields()[fieldName]?.type);
}
