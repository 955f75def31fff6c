// Walks over what an operation selects, for passes that look at nothing else. graphql-js's `visit` stops at each name and
// value as well, which takes ten times as long, and a new document goes through a dozen passes.
import {
  Kind,
  type ArgumentNode,
  type DirectiveNode,
  type FieldNode,
  type SelectionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';

/** Calls `look` for each selection, parents first; what fragment spreads name is not walked. */
export function eachSelection(
  { selections }: SelectionSetNode,
  look: (selection: SelectionNode) => void,
): void {
  for (const selection of selections) {
    look(selection);
    if (selection.kind !== Kind.FRAGMENT_SPREAD && selection.selectionSet !== undefined) {
      eachSelection(selection.selectionSet, look);
    }
  }
}

/** The same selections with each field as `change` has it, parents first. */
export function withFields(set: SelectionSetNode, change: (field: FieldNode) => FieldNode): SelectionSetNode {
  return setOf(
    set.selections.map((selection): SelectionNode => {
      if (selection.kind === Kind.FRAGMENT_SPREAD) return selection;
      const changed = selection.kind === Kind.FIELD ? change(selection) : selection;
      if (changed.selectionSet === undefined) return changed;
      return { ...changed, selectionSet: withFields(changed.selectionSet, change) };
    }),
  );
}

/** Names of the variables in arguments of fields and directives. */
export function variablesIn(set: SelectionSetNode): ReadonlySet<string> {
  const names = new Set<string>();
  eachSelection(set, (selection) => {
    if (selection.kind === Kind.FIELD) addArguments(selection.arguments, names);
    addDirectives(selection.directives, names);
  });
  return names;
}

function addDirectives(directives: readonly DirectiveNode[] | undefined, names: Set<string>): void {
  for (const directive of directives ?? []) addArguments(directive.arguments, names);
}

function addArguments(given: readonly ArgumentNode[] | undefined, names: Set<string>): void {
  for (const { value } of given ?? []) addValue(value, names);
}

function addValue(value: ValueNode, names: Set<string>): void {
  if (value.kind === Kind.VARIABLE) names.add(value.name.value);
  else if (value.kind === Kind.LIST) for (const item of value.values) addValue(item, names);
  else if (value.kind === Kind.OBJECT) for (const field of value.fields) addValue(field.value, names);
}

export function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}
