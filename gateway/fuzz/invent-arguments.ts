// Argument values: literals, variables, and variables inside literals; left out, null and defaults where they are allowed.
import {
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  isRequiredArgument,
  isRequiredInputField,
  Kind,
  print,
  type ArgumentNode,
  type GraphQLArgument,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';
import { inventLeaf } from './invent-leaf.ts';
import type { Random } from './random.ts';
import type { VariablePool } from './variable-pool.ts';

export interface ArgumentWork {
  readonly random: Random;
  readonly variables: VariablePool;
}

/** Input objects may contain themselves. */
const mostDepth = 3;

export function inventArgumentNodes(work: ArgumentWork, args: readonly GraphQLArgument[]): ArgumentNode[] {
  return args.flatMap((argument): ArgumentNode[] => {
    if (!isRequiredArgument(argument) && work.random.chance(0.35)) return [];
    const hasDefault = argument.defaultValue !== undefined;
    const value = inventNode(work, argument.type, hasDefault, 0);
    return [{ kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argument.name }, value }];
  });
}

/** `hasDefault`: the position has one, so that a nullable variable may stand at a non-null type. */
function inventNode(
  work: ArgumentWork,
  type: GraphQLInputType,
  hasDefault: boolean,
  depth: number,
): ValueNode {
  if (work.random.chance(0.4)) {
    return { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: inventVariable(work, type, hasDefault) } };
  }
  if (!isNonNullType(type) && work.random.chance(0.1)) return { kind: Kind.NULL };
  const bare = getNullableType(type);
  if (isListType(bare)) {
    // One item may stand for a list of one.
    if (work.random.chance(0.15)) return inventNode(work, bare.ofType as GraphQLInputType, false, depth + 1);
    const length = depth > mostDepth ? 0 : work.random.between(0, 3);
    return {
      kind: Kind.LIST,
      values: Array.from({ length }, () =>
        inventNode(work, bare.ofType as GraphQLInputType, false, depth + 1),
      ),
    };
  }
  if (isInputObjectType(bare)) {
    const fields = Object.values(bare.getFields()).flatMap((field) => {
      if (!isRequiredInputField(field) && (depth > mostDepth || work.random.chance(0.4))) return [];
      const value = inventNode(work, field.type, field.defaultValue !== undefined, depth + 1);
      return [
        { kind: Kind.OBJECT_FIELD as const, name: { kind: Kind.NAME as const, value: field.name }, value },
      ];
    });
    return { kind: Kind.OBJECT, fields };
  }
  return leafNode(work.random, bare);
}

function leafNode(random: Random, type: GraphQLInputType): ValueNode {
  const value = leafValue(random, type);
  if (isEnumType(type)) return { kind: Kind.ENUM, value: String(value) };
  return toNode(value);
}

/** As written by hand: astFromValue wants a scalar that can do it, and custom ones take anything. */
function toNode(value: unknown): ValueNode {
  if (value === null) return { kind: Kind.NULL };
  if (Array.isArray(value)) return { kind: Kind.LIST, values: value.map(toNode) };
  switch (typeof value) {
    case 'boolean':
      return { kind: Kind.BOOLEAN, value };
    case 'number':
      return Number.isInteger(value) && Math.abs(value) < 2 ** 31
        ? { kind: Kind.INT, value: String(value) }
        : { kind: Kind.FLOAT, value: String(value) };
    case 'object':
      return {
        kind: Kind.OBJECT,
        fields: Object.entries(value ?? {})
          .filter(([name]) => /^[A-Za-z_]\w*$/.test(name))
          .map(([name, inner]) => ({
            kind: Kind.OBJECT_FIELD,
            name: { kind: Kind.NAME, value: name },
            value: toNode(inner),
          })),
      };
    default:
      return { kind: Kind.STRING, value: String(value) };
  }
}

function leafValue(random: Random, type: GraphQLInputType): unknown {
  if (isEnumType(type)) return random.pick(type.getValues()).name;
  if ('name' in type && type.name === 'Float') return random.pick([0, 1, -2.5, 0.1, random.below(100) / 8]);
  return 'name' in type ? inventLeaf(random, type.name, undefined) : null;
}

function inventVariable(
  { random, variables }: ArgumentWork,
  type: GraphQLInputType,
  hasDefault: boolean,
): string {
  const bare = getNullableType(type);
  const isNeeded = isNonNullType(type);
  // A nullable variable may stand where a default takes over, or with a default of its own.
  const written =
    isNeeded && (hasDefault || random.chance(0.3)) && random.chance(0.5) ? String(bare) : String(type);
  const isNullable = !written.endsWith('!');
  const needsDefault = isNeeded && isNullable && !hasDefault;
  const defaultLiteral =
    needsDefault || random.chance(0.2) ? print(constantNode(random, bare, 0)) : undefined;
  const canLeaveOut = isNullable || defaultLiteral !== undefined;
  if (canLeaveOut && random.chance(0.3))
    return variables.add({ type: written, defaultLiteral, value: undefined });
  // Null at a position that is not nullable would be an error of the request.
  if (isNullable && !isNeeded && random.chance(0.15)) {
    return variables.add({ type: written, defaultLiteral, value: null });
  }
  return variables.add({ type: written, defaultLiteral, value: inventValue(random, bare, 0) });
}

function constantNode(random: Random, type: GraphQLInputType, depth: number): ValueNode {
  const value = inventValue(random, type, depth);
  return nodeOf(value, getNullableType(type));
}

function nodeOf(value: unknown, type: GraphQLInputType): ValueNode {
  const bare = getNullableType(type);
  if (value === null) return { kind: Kind.NULL };
  if (isListType(bare)) {
    if (!Array.isArray(value)) return nodeOf(value, bare.ofType as GraphQLInputType);
    return {
      kind: Kind.LIST,
      values: value.map((item: unknown) => nodeOf(item, bare.ofType as GraphQLInputType)),
    };
  }
  if (isInputObjectType(bare)) {
    const fields = Object.entries(value as Record<string, unknown>).flatMap(([name, inner]) => {
      const field = bare.getFields()[name];
      return field === undefined
        ? []
        : [
            {
              kind: Kind.OBJECT_FIELD as const,
              name: { kind: Kind.NAME as const, value: name },
              value: nodeOf(inner, field.type),
            },
          ];
    });
    return { kind: Kind.OBJECT, fields };
  }
  return isEnumType(bare) ? { kind: Kind.ENUM, value: String(value) } : toNode(value);
}

/** A value as a client sends it. */
function inventValue(random: Random, type: GraphQLInputType, depth: number): unknown {
  if (!isNonNullType(type) && depth > 0 && random.chance(0.1)) return null;
  const bare = getNullableType(type);
  if (isListType(bare)) {
    if (random.chance(0.1))
      return inventValue(random, getNullableType(bare.ofType as GraphQLInputType), depth);
    const length = depth > mostDepth ? 0 : random.between(0, 3);
    return Array.from({ length }, () => inventValue(random, bare.ofType as GraphQLInputType, depth + 1));
  }
  if (isInputObjectType(bare)) {
    return Object.fromEntries(
      Object.values(bare.getFields())
        .filter((field) => isRequiredInputField(field) || (depth <= mostDepth && random.chance(0.6)))
        .map((field) => [field.name, inventValue(random, field.type, depth + 1)]),
    );
  }
  return leafValue(random, bare);
}
