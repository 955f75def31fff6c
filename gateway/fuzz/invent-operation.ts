// Random operations against an API schema: valid by construction but for clashes of response names, which validation
// finds; then the same chances give another one.
import {
  doTypesOverlap,
  getNamedType,
  isAbstractType,
  isCompositeType,
  isLeafType,
  Kind,
  OperationTypeNode,
  parse,
  print,
  validate,
  type DocumentNode,
  type FieldNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLObjectType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type FragmentSpreadNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import { inventArgumentNodes } from './invent-arguments.ts';
import { inventConditions } from './invent-conditions.ts';
import type { Random } from './random.ts';
import { VariablePool } from './variable-pool.ts';

export interface Operation {
  readonly text: string;
  readonly document: DocumentNode;
  /** As a client sends them, not coerced. */
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Selections of one operation: some operations are small, a few large. */
const sizes = [4, 8, 12, 20, 35, 60];
const mostDepth = 6;
const mostAttempts = 20;

/** The last ones mean something to JavaScript, JSON or federation. */
const aliases = ['a', 'b', 'c', 'x', 'id', 'name', 'price'];
const hostileAliases = [
  'constructor',
  'toString',
  '__proto__',
  'hasOwnProperty',
  'valueOf',
  'then',
  'toJSON',
  'length',
];
const reservedAliases = ['_entities', 'representations', '_0', '_e0', '__typename2', '_internal_qp_alias_0'];

interface Work {
  readonly schema: GraphQLSchema;
  readonly random: Random;
  readonly variables: VariablePool;
  readonly fragments: Map<string, { readonly type: GraphQLCompositeType; readonly set: SelectionSetNode }>;
  left: number;
  aliased: number;
}

/** Undefined when no attempt was valid; `rejected` counts those that were not. */
export function inventOperation(
  schema: GraphQLSchema,
  random: Random,
): { readonly operation: Operation | undefined; readonly rejected: number } {
  for (let rejected = 0; rejected < mostAttempts; rejected += 1) {
    const operation = attempt(schema, random);
    // Printed and parsed again: what is run is what a failing case's file says.
    if (validate(schema, operation.document).length === 0) return { operation, rejected };
  }
  return { operation: undefined, rejected: mostAttempts };
}

function attempt(schema: GraphQLSchema, random: Random): Operation {
  const mutation = schema.getMutationType();
  const isMutation = mutation != null && random.chance(0.15);
  const root = isMutation ? mutation : schema.getQueryType();
  if (root == null) throw new Error('an API schema has a query type');
  const variables = new VariablePool(random);
  const work: Work = {
    schema,
    random,
    variables,
    fragments: new Map(),
    left: random.pick(sizes),
    aliased: 0,
  };
  const selectionSet = inventSet(work, root, 0);
  const text = print({
    kind: Kind.DOCUMENT,
    definitions: [
      {
        kind: Kind.OPERATION_DEFINITION,
        operation: isMutation ? OperationTypeNode.MUTATION : OperationTypeNode.QUERY,
        ...(random.chance(0.3) ? { name: nameNode('Fuzzed') } : {}),
        variableDefinitions: variables.definitions(),
        selectionSet,
      },
      ...[...work.fragments].map(([name, { type, set }]) => ({
        kind: Kind.FRAGMENT_DEFINITION as const,
        name: nameNode(name),
        typeCondition: { kind: Kind.NAMED_TYPE as const, name: nameNode(type.name) },
        selectionSet: set,
      })),
    ],
  });
  return { text, document: parse(text, { noLocation: true }), variables: variables.values() };
}

function inventSet(work: Work, type: GraphQLCompositeType, depth: number): SelectionSetNode {
  const { random } = work;
  const count = random.between(1, depth === 0 ? 3 : 4);
  const selections: SelectionNode[] = [];
  for (let index = 0; index < count && (index === 0 || work.left > 0); index += 1) {
    work.left -= 1;
    selections.push(inventSelection(work, type, depth));
  }
  if (random.chance(0.1)) selections.push(random.pick(selections));
  return { kind: Kind.SELECTION_SET, selections };
}

function inventSelection(work: Work, type: GraphQLCompositeType, depth: number): SelectionNode {
  const canNest = depth < mostDepth && work.left > 0;
  const fragments = isAbstractType(type) ? 30 : 10;
  const make = work.random.weighted<() => SelectionNode>([
    ['getFields' in type ? 75 : 0, () => inventField(work, type, depth)],
    [isAbstractType(type) ? 10 : 5, () => inventTypename(work)],
    [canNest ? fragments : 0, () => inventInlineFragment(work, type, depth)],
    [canNest ? 8 : 0, () => inventSpread(work, type, depth)],
  ]);
  return make();
}

function inventTypename(work: Work): FieldNode {
  const alias = work.random.chance(0.4) ? inventAlias(work) : undefined;
  return fieldNode(work, '__typename', alias, [], undefined);
}

function inventField(work: Work, type: GraphQLCompositeType, depth: number): SelectionNode {
  if (!('getFields' in type)) return inventTypename(work);
  const fields = Object.values(type.getFields());
  const isDeepEnough = depth >= mostDepth || work.left <= 0;
  const leaves = fields.filter((field) => isLeafType(getNamedType(field.type)));
  const composite = fields.filter((field) => isCompositeType(getNamedType(field.type)));
  if (isDeepEnough && leaves.length === 0) return inventTypename(work);
  const goDeeper = !isDeepEnough && composite.length > 0 && (leaves.length === 0 || work.random.chance(0.55));
  const field = work.random.pick(goDeeper ? composite : leaves);
  return callField(work, field, depth);
}

function callField(work: Work, field: GraphQLField<unknown, unknown>, depth: number): FieldNode {
  const named = getNamedType(field.type);
  const args = inventArgumentNodes(work, field.args);
  const selectionSet = isCompositeType(named) ? inventSet(work, named, depth + 1) : undefined;
  // Two calls of one field with different arguments need two names.
  const differs = args.length > 0 ? work.random.chance(0.7) : work.random.chance(0.2);
  return fieldNode(work, field.name, differs ? inventAlias(work) : undefined, args, selectionSet);
}

function fieldNode(
  work: Work,
  name: string,
  alias: string | undefined,
  args: NonNullable<FieldNode['arguments']>,
  selectionSet: SelectionSetNode | undefined,
): FieldNode {
  return {
    kind: Kind.FIELD,
    name: nameNode(name),
    ...(alias === undefined ? {} : { alias: nameNode(alias) }),
    arguments: args,
    directives: inventConditions(work),
    ...(selectionSet === undefined ? {} : { selectionSet }),
  };
}

function inventAlias(work: Work): string {
  const { random } = work;
  work.aliased += 1;
  return random.weighted<() => string>([
    [60, () => `f${work.aliased}`],
    [22, () => random.pick(aliases)],
    [13, () => random.pick(hostileAliases)],
    [5, () => random.pick(reservedAliases)],
  ])();
}

function inventInlineFragment(work: Work, type: GraphQLCompositeType, depth: number): InlineFragmentNode {
  const condition = work.random.chance(0.15) ? undefined : inventCondition(work, type);
  return {
    kind: Kind.INLINE_FRAGMENT,
    ...(condition === undefined
      ? {}
      : { typeCondition: { kind: Kind.NAMED_TYPE, name: nameNode(condition.name) } }),
    directives: inventConditions(work),
    selectionSet: inventSet(work, condition ?? type, depth + 1),
  };
}

function inventSpread(work: Work, type: GraphQLCompositeType, depth: number): FragmentSpreadNode {
  const { random, fragments, schema } = work;
  const usable = [...fragments].filter(([, fragment]) => doTypesOverlap(schema, fragment.type, type));
  let name: string;
  if (usable.length > 0 && random.chance(0.4)) {
    name = random.pick(usable)[0];
  } else {
    const condition = inventCondition(work, type);
    // Set when it is complete, so that it cannot spread itself.
    const set = inventSet(work, condition, depth + 1);
    name = random.chance(0.1) ? `constructor${fragments.size}` : `F${fragments.size}`;
    fragments.set(name, { type: condition, set });
  }
  return { kind: Kind.FRAGMENT_SPREAD, name: nameNode(name), directives: inventConditions(work) };
}

/** The type itself, or one that some of its objects are. */
function inventCondition({ schema, random }: Work, type: GraphQLCompositeType): GraphQLCompositeType {
  if (random.chance(0.2)) return type;
  const all = Object.values(schema.getTypeMap()).filter(isCompositeType);
  const overlapping = all.filter(
    (other) => !other.name.startsWith('__') && other !== type && doTypesOverlap(schema, type, other),
  );
  const objects = overlapping.filter((other): other is GraphQLObjectType => !isAbstractType(other));
  if (overlapping.length === 0) return type;
  return random.pick(objects.length > 0 && random.chance(0.7) ? objects : overlapping);
}

function nameNode(value: string) {
  return { kind: Kind.NAME as const, value };
}
