// Whether a selection on an interface or union says the same for all of its types.
import {
  isAbstractType,
  isObjectType,
  Kind,
  type GraphQLAbstractType,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

export function isTypeFree(
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  selectionSets: readonly SelectionSetNode[],
): boolean {
  return selectionSets.every(({ selections }) =>
    selections.every((selection) => {
      if (selection.kind === Kind.FIELD) return selection.name.value !== '__typename';
      if (selection.kind === Kind.FRAGMENT_SPREAD) return false;
      const condition = selection.typeCondition?.name.value ?? type.name;
      return coversAll(schema, condition, type) && isTypeFree(schema, type, [selection.selectionSet]);
    }),
  );
}

function coversAll(schema: GraphQLSchema, condition: string, type: GraphQLAbstractType): boolean {
  const wanted = schema.getType(condition);
  return schema
    .getPossibleTypes(type)
    .every((object) =>
      isObjectType(wanted) ? wanted === object : isAbstractType(wanted) && schema.isSubType(wanted, object),
    );
}
