// A subgraph resolves an @external field only below a field that @provides it, and a field with @requires only from a
// representation or from what is provided. Planners sometimes take what one field provides for what another one does, or
// ask for such a field without a representation; the subgraph would answer null, or compute from nothing, without a word.
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
    if (unprovided !== undefined) return `${fetch.subgraph} is asked for ${unprovided}`;
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
  return check(walk, operation.selectionSet, { typeName: rootType, provided: [], isEntity: false });
}

/** The objects that a selection is made of. */
interface Parent {
  readonly typeName: string;
  /** The sets that fields above provide here. */
  readonly provided: readonly SelectionSetNode[];
  /** Whether each has a representation. */
  readonly isEntity: boolean;
}

function check(walk: Walk, { selections }: SelectionSetNode, parent: Parent): string | undefined {
  for (const selection of selections) {
    const found =
      selection.kind === Kind.FIELD
        ? checkField(walk, parent, selection.name.value, selection.selectionSet)
        : checkFragment(walk, parent, selection);
    if (found !== undefined) return found;
  }
  return undefined;
}

function checkFragment(
  walk: Walk,
  parent: Parent,
  spread: Exclude<SelectionSetNode['selections'][number], { kind: Kind.FIELD }>,
): string | undefined {
  const fragment = spread.kind === Kind.FRAGMENT_SPREAD ? walk.fragments.get(spread.name.value) : spread;
  if (fragment === undefined) return undefined;
  const typeName = fragment.typeCondition?.name.value ?? parent.typeName;
  return check(walk, fragment.selectionSet, { ...parent, typeName });
}

function checkField(
  walk: Walk,
  parent: Parent,
  name: string,
  selectionSet: SelectionSetNode | undefined,
): string | undefined {
  const { supergraph, subgraph } = walk;
  const { typeName, provided } = parent;
  if (isUnprovided(walk, parent, name)) return `${typeName}.${name}, which is external to it`;
  const required = parent.isEntity ? undefined : supergraph.external.requires(subgraph, typeName, name);
  if (namesIn(required).some((needed) => isUnprovided(walk, parent, needed)))
    return `${typeName}.${name} without what it requires`;
  const child = selectionSet === undefined ? undefined : childType(supergraph, typeName, name);
  if (selectionSet === undefined || child === undefined) return undefined;
  const own = supergraph.external.provides(subgraph, typeName, name);
  const below = provided.flatMap((set) => selectedBy(supergraph, set, typeName, name));
  const sets = below.flatMap((set) => set ?? []);
  return check(walk, selectionSet, {
    typeName: child,
    provided: own === undefined ? sets : [...sets, own],
    isEntity: name === '_entities',
  });
}

function isUnprovided({ supergraph, subgraph }: Walk, { typeName, provided }: Parent, name: string): boolean {
  return (
    supergraph.external.isExternal(subgraph, typeName, name) &&
    !supergraph.keyFields(subgraph, typeName).has(name) &&
    !provided.some((set) => selectedBy(supergraph, set, typeName, name).length > 0)
  );
}

/** Of the object itself, whatever its type. */
function namesIn(set: SelectionSetNode | undefined): string[] {
  return (set?.selections ?? []).flatMap((selection) => {
    if (selection.kind === Kind.FIELD) return [selection.name.value];
    return selection.kind === Kind.INLINE_FRAGMENT ? namesIn(selection.selectionSet) : [];
  });
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
