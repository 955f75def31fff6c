// Checks of what subgraphs sent that graphql-js leaves to resolvers, which it trusts: a list where there must be one, an
// object of a type that can stand there. Messages name nothing but the API schema.
import {
  isInterfaceType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  type FieldNode,
  type GraphQLAbstractType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { isObject, typenameOf } from './merged-tree.ts';
import { isTypeFree } from '../operation/type-free.ts';

export const invalidValueCode = 'SUBGRAPH_INVALID_VALUE';

export class InvalidValue extends Error {
  override readonly name = 'InvalidValue';
}

interface Place {
  readonly schema: GraphQLSchema;
  readonly type: GraphQLOutputType;
  /** What the client selects of it. */
  readonly fields: readonly FieldNode[];
}

/** The value, with an InvalidValue in place of each part that is not what the type says; null is not judged here. */
export function checkedValue({ schema, type, fields }: Place, value: unknown): unknown {
  if (isNonNullType(type)) return checkedValue({ schema, type: type.ofType, fields }, value);
  if (value == null) return null;
  if (isListType(type)) {
    if (!Array.isArray(value)) return new InvalidValue('A subgraph sent no list where there must be one.');
    return value.map((item) => checkedValue({ schema, type: type.ofType, fields }, item));
  }
  // graphql-js serialises leaves itself and says which it refuses.
  if (isLeafType(type)) return value;
  const isValid =
    isObject(value) && (isObjectType(type) || concreteType(schema, type, fields, value) !== undefined);
  return isValid ? value : new InvalidValue(`A subgraph sent no valid ${type.name}.`);
}

/**
 * The object type that the value says it has; any of those that it can have when it says none, or only the name of an
 * interface, and nothing that the client selects depends on it.
 */
export function concreteType(
  schema: GraphQLSchema,
  type: GraphQLAbstractType,
  fields: readonly FieldNode[],
  value: unknown,
): string | undefined {
  const said = typenameOf(value);
  const actual = said === undefined ? undefined : schema.getType(said);
  if (isObjectType(actual)) return schema.isSubType(type, actual) ? said : undefined;
  if (said !== undefined && !isInterfaceType(actual)) return undefined;
  const selectionSets = fields.flatMap(({ selectionSet }) =>
    selectionSet === undefined ? [] : [selectionSet],
  );
  return isTypeFree(schema, type, selectionSets) ? schema.getPossibleTypes(type)[0]?.name : undefined;
}
