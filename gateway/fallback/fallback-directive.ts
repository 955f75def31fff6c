// The directive by which a subgraph's authors say what a field answers when it fails, and how it is read from a
// supergraph, where @composeDirective has brought it. What cannot work is refused at load, with the field named.
import {
  getNamedType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type GraphQLField,
  type GraphQLInterfaceType,
  type GraphQLObjectType,
  type GraphQLSchema,
} from 'graphql';
import { linkedDirective } from '../supergraph/linked-directive.ts';
import { SupergraphInvalid } from '../planner/planner.ts';
import type { Supergraph } from '../supergraph/supergraph.ts';
import { checkDefault } from './default-value.ts';

const fallbackSpecification = 'https://simplebank.dev/fallback';

/** What a subgraph adds to its schema to use it; README.md shows the two links that go with it. */
export const fallbackDefinition = `directive @fallback(
  mode: String!
  maxAgeSeconds: Int
  shared: Boolean
  field: String
  value: String
) repeatable on FIELD_DEFINITION`;

export type Fallback =
  /** The field stays null, without an error. */
  | { readonly mode: 'omit' }
  /** The value of before. `shared`: it is the same for every caller, so that one's value may answer another. */
  | { readonly mode: 'lastKnown'; readonly maxAgeMs: number; readonly shared: boolean }
  /** Another field of the same type, which another subgraph serves. */
  | { readonly mode: 'provider'; readonly field: string }
  /** A JSON value that fits the field's type. */
  | { readonly mode: 'default'; readonly value: unknown };

/** More than this on one field is a list nobody thinks through, and each provider costs a second execution. */
const mostFallbacks = 8;

/** A value older than a week is no last known value but an archive. */
const longestAgeSeconds = 7 * 24 * 3600;

/** By `Type.field`, in the order written. Throws SupergraphInvalid. */
export function readFallbacks(
  supergraph: Supergraph,
  apiSchema: GraphQLSchema,
): ReadonlyMap<string, readonly Fallback[]> {
  const found = new Map<string, readonly Fallback[]>();
  const name = linkedDirective(supergraph.document, {
    identity: fallbackSpecification,
    directive: 'fallback',
  });
  if (name === undefined) return found;
  for (const parent of Object.values(supergraph.fullSchema.getTypeMap())) {
    if (!isObjectType(parent) && !isInterfaceType(parent)) continue;
    const visible = apiSchema.getType(parent.name);
    if (!isObjectType(visible) && !isInterfaceType(visible)) continue;
    for (const { name: fieldName, astNode } of Object.values(parent.getFields())) {
      const applied = (astNode?.directives ?? []).filter((directive) => directive.name.value === name);
      const field = visible.getFields()[fieldName];
      if (applied.length === 0 || field === undefined) continue;
      found.set(`${parent.name}.${fieldName}`, fieldFallbacks(apiSchema, visible, field, applied));
    }
  }
  return withInherited(apiSchema, found);
}

/** What an interface says of its field holds for implementers that say nothing themselves, where the types agree. */
function withInherited(
  schema: GraphQLSchema,
  declared: ReadonlyMap<string, readonly Fallback[]>,
): ReadonlyMap<string, readonly Fallback[]> {
  const all = new Map(declared);
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isInterfaceType(type)) continue;
    for (const field of Object.values(type.getFields())) {
      const fallbacks = declared.get(`${type.name}.${field.name}`);
      if (fallbacks === undefined) continue;
      for (const object of schema.getPossibleTypes(type)) {
        const key = `${object.name}.${field.name}`;
        const hasSameType = String(object.getFields()[field.name]?.type) === String(field.type);
        if (hasSameType && !all.has(key)) all.set(key, fallbacks);
      }
    }
  }
  return all;
}

function fieldFallbacks(
  schema: GraphQLSchema,
  parent: GraphQLObjectType | GraphQLInterfaceType,
  field: GraphQLField<unknown, unknown>,
  applied: readonly ConstDirectiveNode[],
): readonly Fallback[] {
  const refuse = (reason: string): never => {
    throw new SupergraphInvalid(`@fallback on ${parent.name}.${field.name}: ${reason}`);
  };
  if (isNonNullType(field.type)) {
    refuse(
      `the field is ${String(field.type)}; its null would reach the parent before a fallback could answer.`,
    );
  }
  if (parent === schema.getMutationType()) {
    refuse('a mutation that failed must say so; put the fallback on the fields of what it returns.');
  }
  if (applied.length > mostFallbacks) refuse(`more than ${mostFallbacks} on one field.`);
  const fallbacks = applied.map((directive) => readOne(schema, parent, field, directive, refuse));
  const final = fallbacks.findIndex(({ mode }) => mode === 'omit' || mode === 'default');
  if (final >= 0 && final < fallbacks.length - 1) {
    refuse(
      `nothing is asked after "${fallbacks[final]?.mode ?? ''}", which always answers. ` +
        'Several subgraphs declare one after the other: let them declare the same, or let only one of them.',
    );
  }
  return fallbacks;
}

function readOne(
  schema: GraphQLSchema,
  parent: GraphQLObjectType | GraphQLInterfaceType,
  field: GraphQLField<unknown, unknown>,
  directive: ConstDirectiveNode,
  refuse: (reason: string) => never,
): Fallback {
  const given = new Map(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)] as const),
  );
  const mode = given.get('mode');
  const takes = (...names: string[]) => {
    for (const [name, value] of given) {
      if (name === 'mode' || names.includes(name) || value === null) continue;
      refuse(`"${String(mode)}" takes no ${name}.`);
    }
  };
  if (mode === 'omit') {
    takes();
    return { mode };
  }
  if (mode === 'lastKnown') {
    takes('maxAgeSeconds', 'shared');
    const seconds = given.get('maxAgeSeconds');
    if (typeof seconds !== 'number' || seconds < 1 || seconds > longestAgeSeconds) {
      return refuse(`"lastKnown" needs maxAgeSeconds from 1 to ${longestAgeSeconds}.`);
    }
    return { mode, maxAgeMs: seconds * 1_000, shared: given.get('shared') === true };
  }
  if (mode === 'provider') {
    takes('field');
    return { mode, field: providerField(parent, field, given.get('field'), refuse) };
  }
  if (mode === 'default') {
    takes('value');
    return { mode, value: defaultValue(schema, field, given.get('value'), refuse) };
  }
  return refuse(`there is no mode ${JSON.stringify(mode)}; omit, lastKnown, provider and default are.`);
}

/** The same question put to somebody else: same type, same arguments. */
function providerField(
  parent: GraphQLObjectType | GraphQLInterfaceType,
  field: GraphQLField<unknown, unknown>,
  name: unknown,
  refuse: (reason: string) => never,
): string {
  if (typeof name !== 'string') return refuse('"provider" needs the field that answers instead.');
  const other = parent.getFields()[name];
  if (other === undefined) return refuse(`clients see no field ${parent.name}.${name}.`);
  if (other === field) return refuse('the field cannot stand in for itself.');
  if (String(other.type) !== String(field.type)) {
    return refuse(`${parent.name}.${name} is ${String(other.type)}, not ${String(field.type)}.`);
  }
  for (const argument of field.args) {
    const same = other.args.find((candidate) => candidate.name === argument.name);
    if (same === undefined || String(same.type) !== String(argument.type)) {
      return refuse(`${parent.name}.${name} does not take the argument ${argument.name}.`);
    }
  }
  for (const argument of other.args) {
    if (field.args.some((candidate) => candidate.name === argument.name)) continue;
    if (isNonNullType(argument.type) && argument.defaultValue === undefined) {
      return refuse(
        `${parent.name}.${name} needs the argument ${argument.name}, which the field does not take.`,
      );
    }
  }
  return name;
}

function defaultValue(
  schema: GraphQLSchema,
  field: GraphQLField<unknown, unknown>,
  text: unknown,
  refuse: (reason: string) => never,
): unknown {
  if (typeof text !== 'string') return refuse('"default" needs a value, as JSON text.');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refuse(`the value is not JSON: ${text}`);
  }
  const fault = checkDefault(schema, field.type, value);
  if (fault !== undefined)
    return refuse(`the default does not fit ${getNamedType(field.type).name}: ${fault}`);
  return value;
}
