// GraphQL, 5.3.2, SameResponseShape: fields under one response key of one selection set must have types of one shape, also
// at types that exclude each other. Planners that give keys of several types one alias forget that. And 5.3.3: objects are
// asked for fields, and nothing else is.
import {
  getNamedType,
  GraphQLNonNull,
  GraphQLString,
  isCompositeType,
  isListType,
  isNonNullType,
  Kind,
  type GraphQLOutputType,
  type SelectionSetNode,
} from 'graphql';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { fetchesOf, keyOf, operationOf, type Fragments } from './fetch-operation.ts';
import type { Plan } from './plan.ts';

interface Typed {
  readonly set: SelectionSetNode;
  readonly typeName: string;
}

/** The first response key that stands for two shapes in one fetch, or has no fields where it needs some. */
export function findUnlikeShapes(plan: Plan, supergraph: Supergraph, rootType: string): string | undefined {
  for (const fetch of plan.root === undefined ? [] : fetchesOf(plan.root)) {
    const { operation, fragments } = operationOf(fetch);
    const found = unlike(supergraph, fragments, [{ set: operation.selectionSet, typeName: rootType }]);
    if (found !== undefined) return `${fetch.subgraph} is asked for ${found}`;
  }
  return undefined;
}

function unlike(supergraph: Supergraph, fragments: Fragments, sets: readonly Typed[]): string | undefined {
  const byKey = new Map<string, { shape: string; below: Typed[] }>();
  const add = ({ set, typeName }: Typed): string | undefined => {
    for (const selection of set.selections) {
      if (selection.kind !== Kind.FIELD) {
        const fragment =
          selection.kind === Kind.FRAGMENT_SPREAD ? fragments.get(selection.name.value) : selection;
        if (fragment === undefined) continue;
        const condition = fragment.typeCondition?.name.value ?? typeName;
        const found = add({ set: fragment.selectionSet, typeName: condition });
        if (found !== undefined) return found;
        continue;
      }
      const key = keyOf(selection);
      const type = typeOf(supergraph, typeName, selection.name.value);
      const shape = type === undefined ? selection.name.value : shapeOf(type);
      const known = byKey.get(key) ?? { shape, below: [] };
      if (known.shape !== shape) return `two shapes of ${key}`;
      if (
        type !== undefined &&
        isCompositeType(getNamedType(type)) !== (selection.selectionSet !== undefined)
      )
        return `${key} ${selection.selectionSet === undefined ? 'without its fields' : 'with fields'}`;
      byKey.set(key, known);
      if (selection.selectionSet === undefined) continue;
      const child = type === undefined ? selection.name.value : getNamedType(type).name;
      known.below.push({ set: selection.selectionSet, typeName: child });
    }
    return undefined;
  };
  for (const typed of sets) {
    const found = add(typed);
    if (found !== undefined) return found;
  }
  for (const { below } of byKey.values()) {
    const found = below.length === 0 ? undefined : unlike(supergraph, fragments, below);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Of `__typename`, which no type declares. */
const nameType = new GraphQLNonNull(GraphQLString);

function typeOf({ fullSchema }: Supergraph, typeName: string, field: string): GraphQLOutputType | undefined {
  if (field === '__typename') return nameType;
  const type = fullSchema.getType(typeName);
  const definition = type !== undefined && 'getFields' in type ? type.getFields()[field] : undefined;
  return definition !== undefined && 'args' in definition ? definition.type : undefined;
}

/** Leaf types by their names, objects of any kind alike. */
function shapeOf(type: GraphQLOutputType): string {
  if (isNonNullType(type)) return `${shapeOf(type.ofType)}!`;
  if (isListType(type)) return `[${shapeOf(type.ofType)}]`;
  return isCompositeType(type) ? '{}' : type.name;
}
