// Walks a GraphQL schema and writes one document for each of its fields, so that a test of rights covers what the
// schema has today and not what its author remembered. A field whose arguments have no value here is an error.
import {
  getNamedType,
  isLeafType,
  isObjectType,
  isRequiredArgument,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLOutputType,
} from 'graphql';

/** Argument values by coordinate, such as `Query.order.id`; written into the document as GraphQL literals. */
export type ArgumentValues = Readonly<Record<string, string>>;

export interface Walk {
  readonly values: ArgumentValues;
  /** Objects below a field that are selected too. */
  readonly depth: number;
}

/** `name(arguments) { …everything below, to the depth… }`. */
export function fieldDocument(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  walk: Walk,
): string {
  return `${field.name}${argumentsOf(parent, field, walk.values)}${selectionOf(field.type, walk, [parent.name])}`;
}

/** For each field of the root field's type one document, so that no document is too long for the gateway. */
export function rootDocuments(
  root: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  walk: Walk,
): readonly string[] {
  const below = getNamedType(field.type);
  if (!isObjectType(below)) return [fieldDocument(root, field, walk)];
  const head = `${field.name}${argumentsOf(root, field, walk.values)}`;
  return fieldsOf(below).map((inner) => `${head} { ${fieldDocument(below, inner, walk)} }`);
}

export function fieldsOf(type: GraphQLObjectType): readonly GraphQLField<unknown, unknown>[] {
  return Object.values(type.getFields());
}

/** The paths of everything that an answer says: `Order.fees.total.amount` and its value. */
export function leavesOf(value: unknown, path: readonly string[] = []): { path: string; value: unknown }[] {
  if (value === null || value === undefined) return [];
  if (Array.isArray(value)) return value.flatMap((item) => leavesOf(item, path));
  if (typeof value !== 'object') return [{ path: path.join('.'), value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, key]));
}

function argumentsOf(
  parent: GraphQLObjectType,
  field: GraphQLField<unknown, unknown>,
  values: ArgumentValues,
): string {
  const given = field.args.flatMap((argument) => {
    const coordinate = `${parent.name}.${field.name}.${argument.name}`;
    const value = values[coordinate];
    if (value !== undefined) return [`${argument.name}: ${value}`];
    if (isRequiredArgument(argument)) throw new Error(`${coordinate} is new: give it a value of the victim`);
    return [];
  });
  return given.length === 0 ? '' : `(${given.join(', ')})`;
}

/** A type that is being selected already is not entered again, which would go round in circles. */
function selectionOf(output: GraphQLOutputType, walk: Walk, above: readonly string[]): string {
  const type = getNamedType(output);
  if (isLeafType(type)) return '';
  if (!isObjectType(type)) throw new Error(`${type.name} is neither leaf nor object: extend the walk`);
  const inner = fieldsOf(type).flatMap((field) => {
    const below = getNamedType(field.type);
    if (isLeafType(below)) return [`${field.name}${argumentsOf(type, field, walk.values)}`];
    if (above.length > walk.depth || above.includes(below.name) || below.name === type.name) return [];
    const selected = selectionOf(below as GraphQLOutputType, walk, [...above, type.name]);
    return selected === '' ? [] : [`${field.name}${argumentsOf(type, field, walk.values)}${selected}`];
  });
  return inner.length === 0 ? '' : ` { ${inner.join(' ')} }`;
}
