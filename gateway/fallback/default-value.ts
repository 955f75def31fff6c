// A default written as JSON in the schema: checked against the field's type when the supergraph is loaded, so that
// serving it later cannot fail, and cut to what the client selected when it is served.
import {
  getNullableType,
  isAbstractType,
  isEnumType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isSpecifiedScalarType,
  type FieldNode,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
} from 'graphql';
import { collectFields } from './collect-fields.ts';

/** Says what is wrong; undefined when nothing is. */
export function checkDefault(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  value: unknown,
  where = 'value',
): string | undefined {
  if (value === null) return isNonNullType(type) ? `${where} must not be null.` : undefined;
  const nullable = getNullableType(type);
  if (isListType(nullable)) {
    if (!Array.isArray(value)) return `${where} must be a list.`;
    return firstFault(value, (item, index) =>
      checkDefault(schema, nullable.ofType, item, `${where}[${String(index)}]`),
    );
  }
  if (isLeafType(nullable)) {
    // Any JSON may be what a scalar of somebody's own serialises to.
    if (!isEnumType(nullable) && !isSpecifiedScalarType(nullable)) return undefined;
    try {
      nullable.parseValue(value);
      return undefined;
    } catch (error) {
      return `${where}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  if (!isRecord(value)) return `${where} must be an object.`;
  const object = objectType(schema, nullable, value);
  if (object === undefined)
    return `${where} must name its type, one of ${String(nullable)}, as "__typename".`;
  return checkObject(schema, object, value, where);
}

function checkObject(
  schema: GraphQLSchema,
  type: GraphQLObjectType,
  value: Record<string, unknown>,
  where: string,
): string | undefined {
  const fields = type.getFields();
  const unknown = Object.keys(value).find((name) => name !== '__typename' && !Object.hasOwn(fields, name));
  if (unknown !== undefined) return `${type.name} has no field ${unknown}.`;
  return firstFault(Object.values(fields), (field) =>
    checkDefault(schema, field.type, readOwn(value, field.name), `${where}.${field.name}`),
  );
}

function firstFault<Item>(
  items: readonly Item[],
  check: (item: Item, index: number) => string | undefined,
): string | undefined {
  for (const [index, item] of items.entries()) {
    const fault = check(item, index);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

/** What the client selected of a checked default: its keys, its order, `__typename` where it asks for it. */
export function projectDefault(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  value: unknown,
  nodes: readonly FieldNode[],
): unknown {
  if (value === null) return null;
  const nullable = getNullableType(type);
  if (isListType(nullable) && Array.isArray(value)) {
    return value.map((item: unknown) => projectDefault(schema, nullable.ofType, item, nodes));
  }
  if (isLeafType(nullable) || !isRecord(value)) return value;
  const object = objectType(schema, nullable, value);
  if (object === undefined) throw new Error('the default was checked when the supergraph was loaded');
  const entries = [...collectFields(schema, object.name, nodes)].map(([key, fieldNodes]) => {
    const name = fieldNodes[0]?.name.value ?? '';
    const field = object.getFields()[name];
    return [
      key,
      field === undefined
        ? object.name
        : projectDefault(schema, field.type, readOwn(value, name), fieldNodes),
    ] as const;
  });
  return Object.fromEntries(entries);
}

function objectType(
  schema: GraphQLSchema,
  type: GraphQLOutputType,
  value: Record<string, unknown>,
): GraphQLObjectType | undefined {
  if (isObjectType(type)) return type;
  const named = schema.getType(String(readOwn(value, '__typename')));
  return isAbstractType(type) && isObjectType(named) && schema.isSubType(type, named) ? named : undefined;
}

function readOwn(value: Record<string, unknown>, name: string): unknown {
  return Object.hasOwn(value, name) ? value[name] : null;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
