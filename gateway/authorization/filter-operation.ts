// Takes what a caller may not see out of an operation. Where fields of one response key come from several selections,
// they are one field to the client (GraphQL, 6.3.2): denied at one of them, denied at all that can meet it.
import {
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Condition } from './condition.ts';
import type { DeniedField } from './denied-field.ts';
import type { GuardedField, GuardedSelection, OperationRights } from './read-operation.ts';

export interface Filtered {
  readonly plannable: DocumentNode | undefined;
  readonly denied: readonly DeniedField[];
}

export function filterOperation(
  document: DocumentNode,
  { selections }: OperationRights,
  unmet: ReadonlySet<Condition>,
): Filtered {
  const operation = document.definitions[0];
  if (operation?.kind !== Kind.OPERATION_DEFINITION)
    throw new Error('a normalised document has one operation');
  const denied = deniedFields(selections, unmet);
  if (denied.size === 0) return { plannable: document, denied: [] };
  const left = withoutDenied(selections, denied);
  return {
    plannable: left.some(asksSomething) ? documentOf(operation, left) : undefined,
    denied: [...denied.values()].map(({ path, onTypes, isEverywhere }) => ({
      path,
      onTypes: isEverywhere ? undefined : onTypes,
    })),
  };
}

interface Denial {
  readonly path: readonly string[];
  readonly onTypes: Set<string>;
  isEverywhere: boolean;
}

/** By path; in the order of the operation. */
function deniedFields(
  selections: readonly GuardedSelection[],
  unmet: ReadonlySet<Condition>,
): Map<string, Denial> {
  const denied = new Map<string, Denial>();
  // A field's path is longer than its parent's, so level by level: whatever stands below a denied field is not asked.
  for (let level = fieldsOf(selections); level.length > 0;) {
    for (const fields of Map.groupBy(level, pathKey).values()) deny(fields, unmet, denied);
    level = level.flatMap((field) => (isDenied(field, denied) ? [] : fieldsOf(field.selections ?? [])));
  }
  return denied;
}

/** All selections of one path. Denied types spread to what shares a type with them, until none is added. */
function deny(
  fields: readonly GuardedField[],
  unmet: ReadonlySet<Condition>,
  denied: Map<string, Denial>,
): void {
  const onTypes = new Set<string>();
  const add = (field: GuardedField) => {
    for (const type of field.onTypes) onTypes.add(type);
  };
  for (const field of fields) if (!field.conditions.isDisjointFrom(unmet)) add(field);
  if (onTypes.size === 0) return;
  for (let before = 0; before !== onTypes.size;) {
    before = onTypes.size;
    for (const field of fields) if (!field.onTypes.isDisjointFrom(onTypes)) add(field);
  }
  const [first] = fields;
  if (first === undefined) return;
  const isEverywhere = fields.every((field) => field.onTypes.isSubsetOf(onTypes));
  denied.set(pathKey(first), { path: first.path, onTypes, isEverywhere });
}

function isDenied(field: GuardedField, denied: ReadonlyMap<string, Denial>): boolean {
  const denial = denied.get(pathKey(field));
  return denial !== undefined && !field.onTypes.isDisjointFrom(denial.onTypes);
}

/** The fields of a selection set, those of its fragments among them; `__typename` is never denied. */
function fieldsOf(selections: readonly GuardedSelection[]): GuardedField[] {
  return selections.flatMap((selection) => {
    if (selection.kind === 'fragment') return fieldsOf(selection.selections);
    return selection.node.name.value === '__typename' ? [] : [selection];
  });
}

/** Names hold no dots. */
function pathKey({ path }: GuardedField): string {
  return path.join('.');
}

function withoutDenied(
  selections: readonly GuardedSelection[],
  denied: ReadonlyMap<string, Denial>,
): SelectionNode[] {
  return selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === 'field') {
      if (selection.node.name.value !== '__typename' && isDenied(selection, denied)) return [];
      if (selection.selections === undefined) return [selection.node];
    }
    const left = withoutDenied(selection.selections ?? [], denied);
    return [{ ...selection.node, selectionSet: setOf(left) }];
  });
}

/**
 * An emptied selection asks `__typename`: the object must be known to be there, and of which type, to answer null in
 * the right places.
 */
function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections: selections.length === 0 ? [typename] : selections };
}

const typename: FieldNode = { kind: Kind.FIELD, name: { kind: Kind.NAME, value: '__typename' } };

/** More than the root's own `__typename`. */
function asksSomething(selection: SelectionNode): boolean {
  if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
  return selection.kind === Kind.INLINE_FRAGMENT && selection.selectionSet.selections.some(asksSomething);
}

function documentOf(operation: OperationDefinitionNode, selections: readonly SelectionNode[]): DocumentNode {
  const selectionSet = setOf(selections);
  const used = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const variableDefinitions = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation, variableDefinitions, selectionSet }] };
}
