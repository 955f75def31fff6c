// An entity fetch with fewer lookups, without the fragments and variables that nothing needs any more.
import { Kind, print, visit, type OperationDefinitionNode, type SelectionSetNode } from 'graphql';
import { keyOf, operationOf, type Fragments } from './fetch-operation.ts';
import type { EntityFetch, EntityLookup } from './plan.ts';

export function keepLookups(fetch: EntityFetch, lookups: readonly EntityLookup[]): EntityFetch {
  const kept = new Set(lookups.map(({ alias }) => alias));
  const { operation, fragments } = operationOf(fetch);
  const selectionSet: SelectionSetNode = {
    kind: Kind.SELECTION_SET,
    selections: operation.selectionSet.selections.filter(
      (node) => node.kind === Kind.FIELD && kept.has(keyOf(node)),
    ),
  };
  const used = usedNames(selectionSet, fragments);
  const left: OperationDefinitionNode = {
    ...operation,
    selectionSet,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) =>
      used.variables.has(variable.name.value),
    ),
  };
  const usedFragments = [...fragments.values()].filter(({ name }) => used.fragments.has(name.value));
  return {
    ...fetch,
    operation: [left, ...usedFragments].map(print).join('\n'),
    variables: fetch.variables.filter((name) => used.variables.has(name)),
    lookups,
  };
}

function usedNames(start: SelectionSetNode, fragments: Fragments) {
  const used = { variables: new Set<string>(), fragments: new Set<string>() };
  const look = (set: SelectionSetNode): void => {
    visit(set, {
      Variable: ({ name }) => void used.variables.add(name.value),
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment === undefined || used.fragments.has(name.value)) return;
        used.fragments.add(name.value);
        look(fragment.selectionSet);
      },
    });
  };
  look(start);
  return used;
}
