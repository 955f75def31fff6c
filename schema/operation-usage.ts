// What an operation uses of a schema: every field, argument, input field, enum value and fragment that a change could
// take away from it. What a variable may carry counts as sent, because nobody knows what clients put into it.
import { readFileSync } from 'node:fs';
import {
  getNamedType,
  isAbstractType,
  isCompositeType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  Kind,
  parse,
  typeFromAST,
  TypeInfo,
  visit,
  visitWithTypeInfo,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLNamedType,
  type GraphQLSchema,
} from 'graphql';

export interface Usage {
  /**
   * `Order`, `Order.status`, `Query.order.id` (an argument that is given), `OrderSide.BUY` (sent), `OrderInput.symbol`
   * (sent), `@skip.if`.
   */
  readonly coordinates: ReadonlySet<string>;
  /** Arguments that may be left out at one place at least. */
  readonly omitted: ReadonlySet<string>;
  /** Enums that stand in answers. */
  readonly enumsRead: ReadonlySet<string>;
  /** `Abstract/Object` for each object type that a fragment reaches through an abstract type, or the other way round. */
  readonly overlaps: ReadonlySet<string>;
}

type Collected = { readonly [Key in keyof Usage]: Set<string> };

/** The BFFs serve a subscription by a query twin (packages/completion/live/twin.ts), which its document does not show. */
const implied: Readonly<Record<string, readonly string[]>> = JSON.parse(
  readFileSync(new URL('implied-usage.json', import.meta.url), 'utf8'),
);

/** What the schema does not know is left out: an operation may be newer than the schema. */
export function usageOf(schema: GraphQLSchema, text: string): Usage {
  const document = parse(text);
  const types = new TypeInfo(schema);
  const usage: Collected = {
    coordinates: new Set(),
    omitted: new Set(),
    enumsRead: new Set(),
    overlaps: new Set(),
  };
  const conditions = conditionsOf(schema, document);
  const maybeAbsent = nullableVariables(document);
  visit(
    document,
    visitWithTypeInfo(types, {
      VariableDefinition: ({ type }) => sendsAny(usage, namedType(typeFromAST(schema, type))),
      Field: (node) => readsField(schema, types, { node, maybeAbsent, usage }),
      InlineFragment: ({ typeCondition }) =>
        reaches(schema, usage, types.getParentType(), schema.getType(typeCondition?.name.value ?? '')),
      FragmentSpread: ({ name }) => reaches(schema, usage, types.getParentType(), conditions.get(name.value)),
      FragmentDefinition: ({ typeCondition }) => void usage.coordinates.add(typeCondition.name.value),
      Directive: ({ name, arguments: given = [] }) => {
        usage.coordinates.add(`@${name.value}`);
        for (const argument of given) usage.coordinates.add(`@${name.value}.${argument.name.value}`);
      },
      ObjectValue: () => void addNamed(usage, namedType(types.getInputType())),
      ObjectField: ({ name }) => {
        const parent = namedType(types.getParentInputType());
        if (parent) usage.coordinates.add(`${parent.name}.${name.value}`);
      },
      EnumValue: ({ value }) => {
        const parent = namedType(types.getInputType());
        if (parent) usage.coordinates.add(`${parent.name}.${value}`);
      },
    }),
  );
  return usage;
}

function readsField(
  schema: GraphQLSchema,
  types: TypeInfo,
  { node, maybeAbsent, usage }: { node: FieldNode; maybeAbsent: ReadonlySet<string>; usage: Collected },
): void {
  const parent = types.getParentType();
  const field = types.getFieldDef();
  if (!parent || !field || field.name.startsWith('__')) return;
  const named = getNamedType(field.type);
  usage.coordinates.add(named.name);
  if (isEnumType(named)) usage.enumsRead.add(named.name);
  // What is asked of an interface is asked of every type that it may stand for.
  const owners = isInterfaceType(parent) ? [parent, ...schema.getPossibleTypes(parent)] : [parent];
  for (const { name } of owners) {
    const coordinate = `${name}.${field.name}`;
    usage.coordinates.add(name).add(coordinate);
    for (const also of implied[coordinate] ?? []) usage.coordinates.add(also);
    for (const argument of field.args) {
      const given = node.arguments?.find((one) => one.name.value === argument.name)?.value;
      const at = `${coordinate}.${argument.name}`;
      if (given !== undefined) usage.coordinates.add(at);
      if (given === undefined || (given.kind === Kind.VARIABLE && maybeAbsent.has(given.name.value)))
        usage.omitted.add(at);
    }
  }
  for (const argument of field.args) {
    if (node.arguments?.some((one) => one.name.value === argument.name))
      addNamed(usage, getNamedType(argument.type));
  }
}

/** A variable may carry every value of an enum and every field of an input, at any depth. */
function sendsAny(usage: Collected, type: GraphQLNamedType | undefined, seen = new Set<string>()): void {
  if (type === undefined || seen.has(type.name)) return;
  seen.add(type.name);
  usage.coordinates.add(type.name);
  if (isEnumType(type)) {
    for (const { name } of type.getValues()) usage.coordinates.add(`${type.name}.${name}`);
  } else if (isInputObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      usage.coordinates.add(`${type.name}.${field.name}`);
      sendsAny(usage, getNamedType(field.type), seen);
    }
  }
}

function reaches(
  schema: GraphQLSchema,
  usage: Collected,
  parent: GraphQLCompositeType | null | undefined,
  condition: GraphQLNamedType | undefined,
): void {
  if (!parent || !isCompositeType(condition)) return;
  usage.coordinates.add(condition.name);
  const objectsOf = (type: GraphQLCompositeType) =>
    isAbstractType(type) ? schema.getPossibleTypes(type) : [type];
  for (const [abstract, other] of [
    [parent, condition],
    [condition, parent],
  ] as const) {
    if (!isAbstractType(abstract) || abstract === other) continue;
    for (const { name } of objectsOf(other)) usage.overlaps.add(`${abstract.name}/${name}`);
  }
}

function conditionsOf(
  schema: GraphQLSchema,
  document: DocumentNode,
): Map<string, GraphQLNamedType | undefined> {
  const fragments = document.definitions.filter((one) => one.kind === Kind.FRAGMENT_DEFINITION);
  return new Map(
    fragments.map(({ name, typeCondition }) => [name.value, schema.getType(typeCondition.name.value)]),
  );
}

function nullableVariables(document: DocumentNode): Set<string> {
  const operations = document.definitions.filter((one) => one.kind === Kind.OPERATION_DEFINITION);
  const variables = operations.flatMap(({ variableDefinitions = [] }) => variableDefinitions);
  return new Set(
    variables
      .filter(({ type }) => type.kind !== Kind.NON_NULL_TYPE)
      .map(({ variable }) => variable.name.value),
  );
}

function addNamed(usage: Collected, type: GraphQLNamedType | undefined): void {
  if (type) usage.coordinates.add(type.name);
}

function namedType(type: Parameters<typeof getNamedType>[0]): GraphQLNamedType | undefined {
  return getNamedType(type) ?? undefined;
}
