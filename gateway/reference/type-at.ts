// The object type that stands at a place of the response: what the object says of itself, or what the schema says of
// the fields that lead there.
import {
  getNamedType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';
import { typenameOf, type Tree } from './merged-tree.ts';
import type { ResponsePath } from './positions.ts';

/** Undefined when the place is abstract and the object does not say what it is. */
export function objectTypeAt(
  schema: GraphQLSchema,
  rootType: GraphQLObjectType,
  selectionSet: SelectionSetNode,
  path: ResponsePath,
  object: Tree,
): GraphQLObjectType | undefined {
  const said = schema.getType(typenameOf(object) ?? '');
  if (isObjectType(said)) return said;
  let type: GraphQLNamedType | undefined = rootType;
  let sets: readonly SelectionSetNode[] = [selectionSet];
  for (const key of path) {
    if (typeof key === 'number') continue;
    const fields = sets.flatMap((set) => fieldsOf(schema, type, set, key));
    type = fields[0]?.type;
    sets = fields.flatMap(({ node }) => (node.selectionSet === undefined ? [] : [node.selectionSet]));
  }
  return isObjectType(type) ? type : undefined;
}

interface TypedField {
  readonly node: FieldNode;
  readonly type: GraphQLNamedType;
}

function fieldsOf(
  schema: GraphQLSchema,
  parent: GraphQLNamedType | undefined,
  { selections }: SelectionSetNode,
  key: string,
): TypedField[] {
  return selections.flatMap((node): TypedField[] => {
    if (node.kind === Kind.INLINE_FRAGMENT) {
      const condition = node.typeCondition?.name.value;
      return fieldsOf(
        schema,
        condition === undefined ? parent : schema.getType(condition),
        node.selectionSet,
        key,
      );
    }
    if (node.kind !== Kind.FIELD || (node.alias ?? node.name).value !== key) return [];
    const field =
      parent !== undefined && 'getFields' in parent ? parent.getFields()[node.name.value] : undefined;
    if (field === undefined || !('args' in field)) return [];
    return [{ node, type: getNamedType(field.type) }];
  });
}
