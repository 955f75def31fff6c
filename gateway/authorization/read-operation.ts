// Build phase: which conditions stand at each field of an operation. A field is guarded by its own conditions, by those
// of the type it returns, and by those of the object types at which it can stand; an interface's field by the sum of
// them over its implementers, as Apollo Router does it.
import {
  getNamedType,
  isAbstractType,
  isInterfaceType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLNamedType,
  type InlineFragmentNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { NormalisedOperation } from '../execution.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import type { Condition } from './condition.ts';
import type { Requirements } from './read-requirements.ts';

export interface OperationRights {
  /** Every condition that stands at some field, each once, in the order of the operation. */
  readonly conditions: readonly Condition[];
  readonly selections: readonly GuardedSelection[];
}

export type GuardedSelection = GuardedField | GuardedFragment;

export interface GuardedField {
  readonly kind: 'field';
  readonly node: FieldNode;
  readonly path: readonly string[];
  /** Object types at which this selection can stand. */
  readonly onTypes: ReadonlySet<string>;
  readonly conditions: ReadonlySet<Condition>;
  readonly selections: readonly GuardedSelection[] | undefined;
}

export interface GuardedFragment {
  readonly kind: 'fragment';
  readonly node: InlineFragmentNode;
  readonly selections: readonly GuardedSelection[];
}

export function readOperation(
  supergraph: Supergraph,
  requirements: Requirements,
  { document, kind }: NormalisedOperation,
): OperationRights {
  const operation = document.definitions[0];
  const schema = supergraph.fullSchema;
  const root = kind === 'query' ? schema.getQueryType() : schema.getMutationType();
  if (operation?.kind !== Kind.OPERATION_DEFINITION || root == null)
    throw new Error('not a normalised operation');
  const work: Work = { supergraph, requirements, conditions: new Map() };
  const selections = readSelections(work, operation.selectionSet, {
    type: root,
    onTypes: new Set([root.name]),
    path: [],
  });
  return { conditions: [...work.conditions.values()], selections };
}

interface Work {
  readonly supergraph: Supergraph;
  readonly requirements: Requirements;
  /** By key, so that a condition is one object all over the operation. */
  readonly conditions: Map<string, Condition>;
}

interface Place {
  /** What the selection is written on. */
  readonly type: GraphQLNamedType;
  /** What can really stand there, by all type conditions around. */
  readonly onTypes: ReadonlySet<string>;
  readonly path: readonly string[];
}

function readSelections(work: Work, { selections }: SelectionSetNode, place: Place): GuardedSelection[] {
  return selections.map((selection): GuardedSelection => {
    if (selection.kind === Kind.FIELD) return readField(work, selection, place);
    if (selection.kind !== Kind.INLINE_FRAGMENT)
      throw new Error('fragments of a normalised operation are inline');
    return {
      kind: 'fragment',
      node: selection,
      selections: readSelections(work, selection.selectionSet, narrowed(work, place, selection)),
    };
  });
}

function narrowed({ supergraph }: Work, place: Place, { typeCondition }: InlineFragmentNode): Place {
  if (typeCondition === undefined) return place;
  const type = supergraph.fullSchema.getType(typeCondition.name.value);
  if (type === undefined) throw new Error(`the supergraph lacks the type ${typeCondition.name.value}`);
  return { ...place, type, onTypes: place.onTypes.intersection(supergraph.possibleTypes(type.name)) };
}

function readField(work: Work, node: FieldNode, place: Place): GuardedField {
  const path = [...place.path, node.alias?.value ?? node.name.value];
  const returned = returnType(place.type, node.name.value);
  const conditions = new Set<Condition>();
  for (const condition of conditionsAt(work, node, place, returned)) {
    const known = work.conditions.get(condition.key);
    if (known === undefined) work.conditions.set(condition.key, condition);
    conditions.add(known ?? condition);
  }
  const base = { kind: 'field', node, path, onTypes: place.onTypes, conditions } as const;
  // Introspection is nobody's secret here: it is switched off or on for all.
  if (node.selectionSet === undefined || returned === undefined) return { ...base, selections: undefined };
  const onTypes = work.supergraph.possibleTypes(returned.name);
  return { ...base, selections: readSelections(work, node.selectionSet, { type: returned, onTypes, path }) };
}

function* conditionsAt(
  { requirements, supergraph }: Work,
  { name: { value: name }, selectionSet }: FieldNode,
  { type, onTypes }: Place,
  returned: GraphQLNamedType | undefined,
): Iterable<Condition> {
  if (returned === undefined) return;
  yield* requirements.ofType(type.name);
  yield* requirements.ofField(type.name, name);
  yield* requirements.ofType(returned.name);
  for (const objectName of onTypes) {
    yield* requirements.ofType(objectName);
    yield* requirements.ofField(objectName, name);
    const narrower = returnType(supergraph.fullSchema.getType(objectName), name);
    if (narrower !== undefined) yield* requirements.ofType(narrower.name);
  }
  if (!isAbstractType(returned) || selectionSet === undefined) return;
  const possible = supergraph.possibleTypes(returned.name);
  if (!asksDirectly(supergraph, selectionSet.selections, possible)) return;
  for (const objectName of possible) yield* requirements.ofType(objectName);
}

/** Undefined for `__typename` and introspection, which are nobody's secret. */
function returnType(type: GraphQLNamedType | undefined, fieldName: string): GraphQLNamedType | undefined {
  if (!isObjectType(type) && !isInterfaceType(type)) return undefined;
  const field = type.getFields()[fieldName];
  return field === undefined ? undefined : getNamedType(field.type);
}

/** Whether a field is asked for of whatever stands there, rather than only of types that a condition names. */
function asksDirectly(
  supergraph: Supergraph,
  selections: readonly SelectionNode[],
  possible: ReadonlySet<string>,
): boolean {
  return selections.some((selection) => {
    if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
    if (selection.kind !== Kind.INLINE_FRAGMENT) return false;
    const condition = selection.typeCondition?.name.value;
    const isForAll = condition === undefined || possible.isSubsetOf(supergraph.possibleTypes(condition));
    return isForAll && asksDirectly(supergraph, selection.selectionSet.selections, possible);
  });
}
