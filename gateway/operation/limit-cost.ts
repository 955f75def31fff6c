// What an operation may cost, estimated before it is planned: IBM's GraphQL cost specification with @cost and @listSize
// as Apollo Router reads them. A field costs its weight and that of its selections, times the size of its list, and what
// its arguments weigh. Each operation is compiled once to a number, or to a function of its variables.
import {
  getNamedType,
  getNullableType,
  isAbstractType,
  isCompositeType,
  isListType,
  isObjectType,
  Kind,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLField,
  type GraphQLFormattedError,
  type GraphQLNamedType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { argumentCost, sizeOfList } from './limit-cost-arguments.ts';
import { readCostDirectives, type CostDirectives, type ListSize } from './limit-cost-directives.ts';
import { evaluate, product, sum, type Cost, type Variables } from './limit-cost-formula.ts';
import { tooComplex } from './limit-document.ts';

/** Of a list whose size nothing tells. */
const defaultListSize = 10;
/** A mutation does more than it reads. */
const mutationCost = 10;
/** Fragments spread in fragments double at each level; beyond this the cost is without bound. */
const mostSelections = 20_000;

export interface CostModelOptions {
  readonly defaultListSize?: number;
}

export interface CostModel {
  /** Infinite when the operation is too large to look at. Variables as coerced, with their defaults. */
  costOf(document: DocumentNode, operation: OperationDefinitionNode, variables: Variables): number;
  /** Why it is refused: it costs more than `most`, or a list is asked for without exactly one slicing argument. */
  limitCost(
    document: DocumentNode,
    operation: OperationDefinitionNode,
    variables: Variables,
    most: number,
  ): GraphQLFormattedError[];
}

/** `schema` is the one that operations were validated by; the directives are read from the supergraph's document. */
export function createCostModel(
  supergraph: DocumentNode,
  schema: GraphQLSchema,
  options: CostModelOptions = {},
): CostModel {
  const model: Model = {
    schema,
    directives: readCostDirectives(supergraph),
    defaultListSize: options.defaultListSize ?? defaultListSize,
  };
  const compiled = new WeakMap<OperationDefinitionNode, Cost>();
  const formulaOf = (document: DocumentNode, operation: OperationDefinitionNode): Cost => {
    let formula = compiled.get(operation);
    if (formula === undefined) {
      formula = compileOperation(model, document, operation);
      compiled.set(operation, formula);
    }
    return formula;
  };
  return {
    costOf: (document, operation, variables) => evaluate(formulaOf(document, operation), variables).cost,
    limitCost(document, operation, variables, most) {
      const { cost, problems } = evaluate(formulaOf(document, operation), variables);
      const errors = problems.map((message): GraphQLFormattedError => {
        return { message, extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'slicingArguments', most: 1 } };
      });
      return cost > most ? [...errors, tooComplex('cost', most, cost)] : errors;
    },
  };
}

interface Model {
  readonly schema: GraphQLSchema;
  readonly directives: CostDirectives;
  readonly defaultListSize: number;
}

interface Work extends Model {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  selections: number;
}

function compileOperation(model: Model, document: DocumentNode, operation: OperationDefinitionNode): Cost {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) fragments.set(node.name.value, node);
  }
  const work: Work = { ...model, fragments, selections: 0 };
  const root = model.schema.getRootType(operation.operation);
  if (root == null) return 0;
  const selections = selectionsCost(work, root, operation.selectionSet, undefined);
  if (work.selections > mostSelections) return Infinity;
  return sum([operation.operation === 'mutation' ? mutationCost : 0, selections]);
}

/** The size of those fields that the field around them is the list of. */
interface Sized {
  readonly fields: readonly string[];
  readonly size: Cost;
}

function selectionsCost(
  work: Work,
  parent: GraphQLCompositeType,
  { selections }: SelectionSetNode,
  sized: Sized | undefined,
): Cost {
  const parts: Cost[] = [];
  for (const selection of selections) {
    work.selections += 1;
    if (work.selections > mostSelections) return Infinity;
    let cost: Cost;
    if (selection.kind === Kind.FIELD) cost = fieldCost(work, parent, selection, sized);
    else {
      const fragment =
        selection.kind === Kind.INLINE_FRAGMENT ? selection : work.fragments.get(selection.name.value);
      if (fragment === undefined) continue;
      // All types' fragments add up, as in Apollo Router: never too low, for an object too high.
      const condition = fragment.typeCondition && work.schema.getType(fragment.typeCondition.name.value);
      cost = selectionsCost(
        work,
        isCompositeType(condition) ? condition : parent,
        fragment.selectionSet,
        sized,
      );
    }
    parts.push(whenIncluded(selection.directives, cost));
  }
  return sum(parts);
}

function fieldCost(
  work: Work,
  parent: GraphQLCompositeType,
  node: FieldNode,
  sized: Sized | undefined,
): Cost {
  const name = node.name.value;
  const field = 'getFields' in parent ? parent.getFields()[name] : undefined;
  // Introspection, and __typename, is answered here.
  if (field === undefined) return 0;
  const listSize = listSizeOf(work, parent, name);
  const type = getNamedType(field.type);
  const size = sizeOf(work, parent, node, field, listSize, sized);
  const inner =
    node.selectionSet === undefined || !isCompositeType(type)
      ? 0
      : selectionsCost(work, type, node.selectionSet, sizedBy(work, node, field, listSize));
  const weight = weightOfField(work, parent, name) ?? weightOfType(work, type);
  const argumentsCost = sum(
    field.args.map((argument) => {
      const given = node.arguments?.find(({ name: { value } }) => value === argument.name)?.value;
      const own = work.directives.argumentWeights.get(`${parent.name}.${name}.${argument.name}`);
      return given === undefined ? 0 : argumentCost(work.directives, argument.type, own, given);
    }),
  );
  return sum([product(size, sum([weight, inner])), argumentsCost]);
}

function sizeOf(
  work: Work,
  parent: GraphQLCompositeType,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  listSize: ListSize | undefined,
  sized: Sized | undefined,
): Cost {
  if (!isListType(getNullableType(field.type))) return 1;
  if (sized?.fields.includes(node.name.value) === true) return sized.size;
  if (listSize === undefined || listSize.sizedFields.length > 0) return work.defaultListSize;
  return sizeOfList({
    listSize,
    field,
    node,
    otherwise: work.defaultListSize,
    where: `${parent.name}.${field.name}`,
  });
}

function sizedBy(
  work: Work,
  node: FieldNode,
  field: GraphQLField<unknown, unknown>,
  listSize: ListSize | undefined,
): Sized | undefined {
  if (listSize === undefined || listSize.sizedFields.length === 0) return undefined;
  const size = sizeOfList({ listSize, field, node, otherwise: work.defaultListSize, where: field.name });
  return { fields: listSize.sizedFields, size };
}

/** Interfaces carry no weights (composition refuses them), so the dearest implementation counts for all. */
function weightOfField(work: Work, parent: GraphQLCompositeType, name: string): number | undefined {
  const own = work.directives.fieldWeights.get(`${parent.name}.${name}`);
  if (own !== undefined || !isAbstractType(parent)) return own;
  return highest(
    work.schema
      .getPossibleTypes(parent)
      .map((type) => work.directives.fieldWeights.get(`${type.name}.${name}`)),
  );
}

function weightOfType(work: Work, type: GraphQLNamedType): number {
  const own = work.directives.typeWeights.get(type.name);
  if (own !== undefined) return own;
  if (isObjectType(type)) return 1;
  if (!isAbstractType(type)) return 0;
  return (
    highest(
      work.schema.getPossibleTypes(type).map(({ name }) => work.directives.typeWeights.get(name) ?? 1),
    ) ?? 1
  );
}

function listSizeOf(work: Work, parent: GraphQLCompositeType, name: string): ListSize | undefined {
  const own = work.directives.listSizes.get(`${parent.name}.${name}`);
  if (own !== undefined || !isAbstractType(parent)) return own;
  const possible = work.schema
    .getPossibleTypes(parent)
    .flatMap((type) => work.directives.listSizes.get(`${type.name}.${name}`) ?? []);
  return possible.toSorted((a, b) => (b.assumedSize ?? 0) - (a.assumedSize ?? 0))[0];
}

function highest(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined);
  return known.length === 0 ? undefined : Math.max(...known);
}

/** Conditions are decided by variables too; a normalised operation has none left. */
function whenIncluded(directives: readonly DirectiveNode[] = [], cost: Cost): Cost {
  let result = cost;
  for (const { name, arguments: given } of directives) {
    if (name.value !== 'skip' && name.value !== 'include') continue;
    const value = given?.find((argument) => argument.name.value === 'if')?.value;
    const wanted = name.value === 'include';
    if (value?.kind === Kind.BOOLEAN && value.value !== wanted) return 0;
    if (value?.kind !== Kind.VARIABLE) continue;
    const variable = value.name.value;
    const inner = result;
    result = (run) =>
      run.variables[variable] === wanted ? (typeof inner === 'number' ? inner : inner(run)) : 0;
  }
  return result;
}
