// A subgraph resolves an @external field only below a field that @provides it. The native planner sometimes takes what
// one field provides for what another one does; the subgraph would answer null without a word.
import { getNamedType, Kind, type SelectionSetNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { fetchesOf, operationOf, type Fragments } from './fetch-operation.ts';
import type { EntityFetch, Plan, RootFetch } from './plan.ts';

interface Walk {
  readonly supergraph: Supergraph;
  readonly subgraph: string;
  readonly fragments: Fragments;
}

/** The first field that is asked of a subgraph which cannot answer it there. */
export function findUnprovided(plan: Plan, supergraph: Supergraph, rootType: string): string | undefined {
  for (const fetch of plan.root === undefined ? [] : fetchesOf(plan.root)) {
    const unprovided = checkFetch(fetch, supergraph, rootType);
    if (unprovided !== undefined)
      return `${fetch.subgraph} is asked for ${unprovided}, which is external to it`;
  }
  return undefined;
}

function checkFetch(
  fetch: RootFetch | EntityFetch,
  supergraph: Supergraph,
  rootType: string,
): string | undefined {
  const { operation, fragments } = operationOf(fetch);
  const walk: Walk = { supergraph, subgraph: fetch.subgraph, fragments };
  return check(walk, operation.selectionSet, rootType, []);
}

/** `provided`: the sets that fields above provide here. */
function check(
  walk: Walk,
  { selections }: SelectionSetNode,
  typeName: string,
  provided: readonly SelectionSetNode[],
): string | undefined {
  for (const selection of selections) {
    const found =
      selection.kind === Kind.FIELD
        ? checkField(walk, typeName, provided, selection.name.value, selection.selectionSet)
        : checkFragment(walk, typeName, provided, selection);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkFragment(
  walk: Walk,
  typeName: string,
  provided: readonly SelectionSetNode[],
  spread: Exclude<SelectionSetNode['selections'][number], { kind: Kind.FIELD }>,
): string | undefined {
  const fragment = spread.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(spread.name.value) : spread;
  if (fragment === undefined) return undefined;
  return check(walk, fragment.selectionSet, fragment.typeCondition?.name.value ?? typeName, provided);
}

function checkField(
  walk: Walk,
  typeName: string,
  provided: readonly SelectionSetNode[],
  name: string,
  selectionSet: SelectionSetNode | undefined,
): string | undefined {
  const { supergraph, subgraph } = walk;
  const below = provided.flatMap((set) => selectedBy(supergraph, set, typeName, name));
  const isUnprovided =
    below.length === 0 &&
    supergraph.external.isExternal(subgraph, typeName, name) &&
    !supergraph.keyFields(subgraph, typeName).has(name);
  if (isUnprovided) return `${typeName}.${name}`;
  const child = selectionSet === undefined ? undefined : childType(supergraph, typeName, name);
  if (selectionSet === undefined || child === undefined) return undefined;
  const own = supergraph.external.provides(subgraph, typeName, name);
  const sets = below.flatMap((set) => set ?? []);
  return check(walk, selectionSet, child, own === undefined ? sets : [...sets, own]);
}

/** One entry for each time the set selects the field of such a type: what it selects below. */
function selectedBy(
  supergraph: Supergraph,
  { selections }: SelectionSetNode,
  typeName: string,
  name: string,
): (SelectionSetNode | undefined)[] {
  return selections.flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value === name ? [selection.selectionSet] : [];
    if (selection.kind === Kind.FRAGMENT_SPREAD) return [];
    const condition = selection.typeCondition?.name.value;
    const isMet =
      condition === undefined || condition === typeName || supergraph.possibleTypes(condition).has(typeName);
    return isMet ? selectedBy(supergraph, selection.selectionSet, typeName, name) : [];
  });
}

/** Of `_entities` none: its fragments name types themselves. */
function childType({ fullSchema }: Supergraph, typeName: string, field: string): string | undefined {
  if (field === '_entities') return field;
  const type = fullSchema.getType(typeName);
  const definition = type !== undefined && 'getFields' in type ? type.getFields()[field] : undefined;
  return definition === undefined || !('type' in definition)
    ? undefined
    : getNamedType(definition.type)?.name;
}
