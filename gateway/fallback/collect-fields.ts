// GraphQL's CollectFields (6.3.2) for one object type: which field nodes make up each response key. The operation is
// normalised, so its fragments are inline and no condition is left.
import {
  isAbstractType,
  isObjectType,
  Kind,
  type FieldNode,
  type GraphQLSchema,
  type SelectionSetNode,
} from 'graphql';

/** By response key, in the order of the operation. */
export type CollectedFields = ReadonlyMap<string, readonly FieldNode[]>;

export function collectFields(
  schema: GraphQLSchema,
  objectName: string,
  of: readonly { readonly selectionSet?: SelectionSetNode | undefined }[],
): CollectedFields {
  const collected = new Map<string, FieldNode[]>();
  const collect = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) {
        const key = selection.alias?.value ?? selection.name.value;
        const nodes = collected.get(key);
        if (nodes === undefined) collected.set(key, [selection]);
        else nodes.push(selection);
      } else if (selection.kind === Kind.INLINE_FRAGMENT) {
        const condition = selection.typeCondition?.name.value;
        if (condition === undefined || applies(schema, condition, objectName))
          collect(selection.selectionSet);
      }
    }
  };
  for (const { selectionSet } of of) if (selectionSet !== undefined) collect(selectionSet);
  return collected;
}

/** Whether an object of this type meets the type condition. */
export function applies(schema: GraphQLSchema, condition: string, objectName: string): boolean {
  if (condition === objectName) return true;
  const [type, object] = [schema.getType(condition), schema.getType(objectName)];
  return isAbstractType(type) && isObjectType(object) && schema.isSubType(type, object);
}
