// Operations that no subgraph would take, because a planner made a mistake: one response key for two different fields
// of one object (the native planner does so when a @requires with arguments meets the client's own arguments), or one
// variable for two things. Another planner may do better.
import { Kind, type FieldNode, type SelectionSetNode } from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { callText, fetchesOf, keyOf, operationOf, type Fragments } from './fetch-operation.ts';
import type { EntityFetch, Plan, RootFetch } from './plan.ts';

/** What is known of types; without it, two different names in type conditions are taken to exclude each other. */
type Types = Pick<Supergraph, 'possibleTypes'>;

interface Work {
  readonly types: Types | undefined;
  readonly fragments: Fragments;
}

/** A field with the type conditions on the way to it from the selection set of its parent. */
interface Found {
  readonly field: FieldNode;
  readonly conditions: readonly string[];
}

/** What is wrong with the first such operation. */
export function findUnsendable(plan: Plan, types?: Types): string | undefined {
  return plan.root === undefined
    ? undefined
    : firstOf(fetchesOf(plan.root), (fetch) => checkFetch(fetch, types));
}

function checkFetch(fetch: RootFetch | EntityFetch, types: Types | undefined): string | undefined {
  const { operation, fragments } = operationOf(fetch);
  const variables = (operation.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const twice = variables.find((name, index) => variables.indexOf(name) !== index);
  if (twice !== undefined) return `a fetch from ${fetch.subgraph} declares $${twice} twice`;
  const conflict = checkSets({ types, fragments }, [operation.selectionSet]);
  return conflict === undefined ? undefined : `a fetch from ${fetch.subgraph} asks for ${conflict}`;
}

/** GraphQL, 5.3.2, as far as it can be checked without the subgraph's schema. */
function checkSets(work: Work, sets: readonly SelectionSetNode[]): string | undefined {
  const byKey = new Map<string, Found[]>();
  for (const set of sets) collect(work, set, [], byKey);
  return firstOf([...byKey.values()], (found) => {
    for (const [index, left] of found.entries()) {
      const meeting = found.slice(index).filter((right) => canMeet(work, left.conditions, right.conditions));
      const other = meeting.find(({ field }) => callText(field) !== callText(left.field));
      if (other !== undefined)
        return `${keyOf(left.field)}: ${callText(left.field)} and ${callText(other.field)}`;
      const inner = meeting.flatMap(({ field: { selectionSet } }) => selectionSet ?? []);
      const conflict = inner.length === 0 ? undefined : checkSets(work, inner);
      if (conflict !== undefined) return conflict;
      // All of them have been looked at together.
      if (meeting.length === found.length) break;
    }
    return undefined;
  });
}

function collect(
  work: Work,
  { selections }: SelectionSetNode,
  conditions: readonly string[],
  byKey: Map<string, Found[]>,
): void {
  for (const selection of selections) {
    if (selection.kind === Kind.FIELD) {
      const key = keyOf(selection);
      byKey.set(key, [...(byKey.get(key) ?? []), { field: selection, conditions }]);
      continue;
    }
    const fragment =
      selection.kind === Kind.FRAGMENT_SPREAD ? work.fragments.get(selection.name.value) : selection;
    if (fragment === undefined) continue;
    const condition = fragment.typeCondition?.name.value;
    const inner = condition === undefined ? conditions : [...conditions, condition];
    collect(work, fragment.selectionSet, inner, byKey);
  }
}

/** Whether some object meets both, as far as is known. */
function canMeet({ types }: Work, left: readonly string[], right: readonly string[]): boolean {
  return left.every((one) =>
    right.every((other) => {
      if (one === other) return true;
      const possible = types?.possibleTypes(other);
      return types !== undefined && !types.possibleTypes(one).isDisjointFrom(possible ?? new Set());
    }),
  );
}

function firstOf<Item>(
  items: readonly Item[],
  check: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = check(item);
    if (found !== undefined) return found;
  }
  return undefined;
}
