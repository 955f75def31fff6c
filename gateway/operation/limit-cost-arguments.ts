// What the arguments of a field say about its cost: how long its list will be (slicing arguments), and what they weigh
// themselves (each input object one, unless @cost says otherwise).
import {
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  valueFromASTUntyped,
  type FieldNode,
  type GraphQLField,
  type GraphQLInputType,
  type ValueNode,
} from 'graphql';
import type { CostDirectives, ListSize } from './limit-cost-directives.ts';
import type { Cost, CostRun, Variables } from './limit-cost-formula.ts';

export interface ListSizeInput {
  readonly listSize: ListSize;
  readonly field: GraphQLField<unknown, unknown>;
  readonly node: FieldNode;
  /** The size when nothing tells it. */
  readonly otherwise: number;
  /** For the message of a problem. */
  readonly where: string;
}

/** The largest slicing argument that is given, else the assumed size. */
export function sizeOfList({ listSize, field, node, otherwise, where }: ListSizeInput): Cost {
  const { slicingArguments, assumedSize, requireOneSlicingArgument } = listSize;
  if (slicingArguments.length === 0) return assumedSize ?? otherwise;
  const readers = slicingArguments.map((path) => readSlicingArgument(path, field, node));
  return (run: CostRun) => {
    const sizes = readers.map((read) => read(run.variables)).filter((size) => size !== undefined);
    // An assumed size is an answer to "none"; nothing is one to "several".
    const isAmbiguous = sizes.length > 1 || (sizes.length === 0 && assumedSize === undefined);
    if (requireOneSlicingArgument && isAmbiguous) {
      run.problems.push(`${where} must be given exactly one of ${slicingArguments.join(', ')}.`);
    }
    return sizes.length === 0 ? (assumedSize ?? otherwise) : Math.max(...sizes);
  };
}

/** The argument's value as a number; a path like `page.first` leads into an input object. */
function readSlicingArgument(
  path: string,
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
): (variables: Variables) => number | undefined {
  const [name = '', ...inside] = path.split('.');
  const value = node.arguments?.find((argument) => argument.name.value === name)?.value;
  const byDefault: unknown = field.args.find((argument) => argument.name === name)?.defaultValue;
  return (variables) => {
    // A variable that is not given leaves the argument to its default.
    const isGiven =
      value !== undefined && (value.kind !== Kind.VARIABLE || variables[value.name.value] !== undefined);
    let found: unknown = isGiven ? valueFromASTUntyped(value, variables) : byDefault;
    for (const key of inside) {
      found = typeof found === 'object' && found !== null ? (found as Variables)[key] : undefined;
    }
    return typeof found === 'number' ? Math.max(0, found) : undefined;
  };
}

/** `own` is the weight that @cost gives the argument itself. */
export function argumentCost(
  directives: CostDirectives,
  type: GraphQLInputType,
  own: number | undefined,
  value: ValueNode,
): Cost {
  if (holdsVariable(value)) {
    return ({ variables }) => inputCost(directives, type, own, valueFromASTUntyped(value, variables));
  }
  return inputCost(directives, type, own, valueFromASTUntyped(value));
}

function inputCost(
  directives: CostDirectives,
  type: GraphQLInputType,
  own: number | undefined,
  value: unknown,
): number {
  if (value === undefined || value === null) return 0;
  const nullable = getNullableType(type);
  if (isListType(nullable) && Array.isArray(value)) {
    return value.reduce<number>(
      (total, item) => total + inputCost(directives, nullable.ofType, own, item),
      0,
    );
  }
  const named = getNamedType(type);
  const weight = own ?? directives.typeWeights.get(named.name) ?? (isInputObjectType(named) ? 1 : 0);
  if (!isInputObjectType(named) || typeof value !== 'object') return weight;
  let total = weight;
  for (const field of Object.values(named.getFields())) {
    const inner = Object.hasOwn(value, field.name) ? (value as Variables)[field.name] : undefined;
    total += inputCost(
      directives,
      field.type,
      directives.fieldWeights.get(`${named.name}.${field.name}`),
      inner,
    );
  }
  return total;
}

function holdsVariable(value: ValueNode): boolean {
  if (value.kind === Kind.VARIABLE) return true;
  if (value.kind === Kind.LIST) return value.values.some(holdsVariable);
  return value.kind === Kind.OBJECT && value.fields.some((field) => holdsVariable(field.value));
}
