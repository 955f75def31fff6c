// What of a normalised operation goes to the planner: no introspection (graphql-js answers it), no empty selection (a
// `__typename` stands in, which nobody projects), and a mutation one root field at a time.
import {
  Kind,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { printOperation } from './print-operation.ts';
import { setOf, variablesIn } from './walk-selections.ts';

const introspection = new Set(['__schema', '__type']);

/** Texts to plan in this order; none when nothing has to be fetched. */
export function plannableTexts(document: DocumentNode): string[] {
  const operation = document.definitions[0];
  if (operation?.kind !== Kind.OPERATION_DEFINITION)
    throw new Error('a normalised document has one operation');
  const selections = withoutIntrospection(operation.selectionSet.selections);
  if (!selections.some(asksSomething)) return [];
  const parts = operation.operation === 'mutation' ? byRootField(selections) : [selections];
  return parts.filter((part) => part.some(asksSomething)).map((part) => textOf(operation, part));
}

export function isIntrospection({ name }: FieldNode): boolean {
  return introspection.has(name.value);
}

function withoutIntrospection(selections: readonly SelectionNode[]): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.FIELD) return isIntrospection(selection) ? [] : [selection];
    if (selection.kind !== Kind.INLINE_FRAGMENT) return [selection];
    const inner = withoutIntrospection(selection.selectionSet.selections);
    return inner.length === 0 ? [] : [{ ...selection, selectionSet: setOf(inner) }];
  });
}

/** More than the root's own `__typename`, which needs no subgraph. */
function asksSomething(selection: SelectionNode): boolean {
  if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
  return selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.some(asksSomething);
}

/**
 * GraphQL, 6.2.2: the selections of one mutation field are complete before the next one starts. Planned together, the
 * next one could run before the fetches that complete the one before.
 */
function byRootField(selections: readonly SelectionNode[]): SelectionNode[][] {
  const parts = new Map<string, SelectionNode[]>();
  const add = (selection: SelectionNode, wrap: (inner: SelectionNode) => SelectionNode) => {
    if (selection.kind === Kind.FIELD) {
      const key = selection.alias?.value ?? selection.name.value;
      parts.set(key, [...(parts.get(key) ?? []), wrap(selection)]);
    } else if (selection.kind === Kind.INLINE_FRAGMENT) {
      for (const inner of selection.selectionSet.selections) {
        add(inner, (field) => wrap({ ...selection, selectionSet: setOf([field]) }));
      }
    }
  };
  for (const selection of selections) add(selection, (field) => field);
  return [...parts.values()];
}

function textOf(operation: OperationDefinitionNode, selections: readonly SelectionNode[]): string {
  const selectionSet = filled(setOf(selections));
  const used = variablesIn(selectionSet);
  const { name: _planners, ...rest } = operation;
  return printOperation({
    ...rest,
    selectionSet,
    variableDefinitions: (operation.variableDefinitions ?? []).filter(({ variable }) =>
      used.has(variable.name.value),
    ),
  });
}

function filled({ selections }: SelectionSetNode): SelectionSetNode {
  if (selections.length === 0) return setOf([typename]);
  return setOf(
    selections.map((selection) =>
      selection.kind === Kind.FRAGMENT_SPREAD || selection.selectionSet === undefined
        ? selection
        : { ...selection, selectionSet: filled(selection.selectionSet) },
    ),
  );
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };
