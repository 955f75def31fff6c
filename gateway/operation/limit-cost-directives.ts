// @cost and @listSize as composition leaves them in a supergraph: under the name that the subgraphs import them by
// (`@cost`, `@myCost`, `@federation__cost`), which the @link to the cost specification tells, or wrapped in
// @join__directive.
import {
  Kind,
  valueFromASTUntyped,
  type ConstDirectiveNode,
  type DefinitionNode,
  type DocumentNode,
  type InputValueDefinitionNode,
} from 'graphql';

export interface ListSize {
  readonly assumedSize: number | undefined;
  readonly slicingArguments: readonly string[];
  /** Fields of the returned object that are the list; empty: the field itself is. */
  readonly sizedFields: readonly string[];
  readonly requireOneSlicingArgument: boolean;
}

export interface CostDirectives {
  /** By type name. */
  readonly typeWeights: ReadonlyMap<string, number>;
  /** By `Type.field`, also of input types. */
  readonly fieldWeights: ReadonlyMap<string, number>;
  /** By `Type.field.argument`. */
  readonly argumentWeights: ReadonlyMap<string, number>;
  /** By `Type.field`. */
  readonly listSizes: ReadonlyMap<string, ListSize>;
}

const costSpec = /^https:\/\/specs\.apollo\.dev\/cost\/v\d/;

export function readCostDirectives(document: DocumentNode): CostDirectives {
  const names = directiveNames(document);
  const typeWeights = new Map<string, number>();
  const fieldWeights = new Map<string, number>();
  const argumentWeights = new Map<string, number>();
  const listSizes = new Map<string, ListSize>();
  const readInput = (to: Map<string, number>, owner: string, input: InputValueDefinitionNode) => {
    const weight = weightIn(input.directives, names);
    if (weight !== undefined) to.set(`${owner}.${input.name.value}`, weight);
  };
  for (const node of document.definitions) {
    if (!isTypeNode(node)) continue;
    const type = node.name.value;
    const weight = weightIn(node.directives, names);
    if (weight !== undefined) typeWeights.set(type, weight);
    if (node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION) {
      for (const field of node.fields ?? []) readInput(fieldWeights, type, field);
    }
    if (node.kind !== Kind.OBJECT_TYPE_DEFINITION && node.kind !== Kind.INTERFACE_TYPE_DEFINITION) continue;
    for (const field of node.fields ?? []) {
      const key = `${type}.${field.name.value}`;
      const fieldWeight = weightIn(field.directives, names);
      if (fieldWeight !== undefined) fieldWeights.set(key, fieldWeight);
      const listSize = listSizeIn(field.directives, names);
      if (listSize !== undefined) listSizes.set(key, listSize);
      for (const argument of field.arguments ?? []) readInput(argumentWeights, key, argument);
    }
  }
  return { typeWeights, fieldWeights, argumentWeights, listSizes };
}

interface DirectiveNames {
  readonly cost: string;
  readonly listSize: string;
}

/**
 * A specification's elements are called `<specification>__<element>`, the one that has its name just that, unless
 * `import` says otherwise (https://specs.apollo.dev/link/v1.0). A supergraph of another composer may have no link.
 */
function directiveNames(document: DocumentNode): DirectiveNames {
  for (const node of document.definitions) {
    if (node.kind !== Kind.SCHEMA_DEFINITION && node.kind !== Kind.SCHEMA_EXTENSION) continue;
    for (const directive of node.directives ?? []) {
      const link = argumentsOf(directive);
      if (directive.name.value !== 'link' || typeof link['url'] !== 'string' || !costSpec.test(link['url']))
        continue;
      const specification = typeof link['as'] === 'string' ? link['as'] : 'cost';
      return {
        cost: importedName(link['import'], '@cost') ?? specification,
        listSize: importedName(link['import'], '@listSize') ?? `${specification}__listSize`,
      };
    }
  }
  return { cost: 'cost', listSize: 'listSize' };
}

function importedName(imports: unknown, element: string): string | undefined {
  if (!Array.isArray(imports)) return undefined;
  for (const item of imports as readonly unknown[]) {
    if (item === element) return element.slice(1);
    if (typeof item !== 'object' || item === null || !('name' in item) || item.name !== element) continue;
    return 'as' in item && typeof item.as === 'string' ? item.as.replace(/^@/, '') : element.slice(1);
  }
  return undefined;
}

function weightIn(
  directives: readonly ConstDirectiveNode[] | undefined,
  names: DirectiveNames,
): number | undefined {
  const given = findDirective(directives, names.cost, 'cost')?.['weight'];
  // IBM's specification has weights as strings, Apollo's as integers.
  const weight = typeof given === 'string' ? Number(given) : given;
  return typeof weight === 'number' && Number.isFinite(weight) ? weight : undefined;
}

function listSizeIn(
  directives: readonly ConstDirectiveNode[] | undefined,
  names: DirectiveNames,
): ListSize | undefined {
  const given = findDirective(directives, names.listSize, 'listSize');
  if (given === undefined) return undefined;
  const { assumedSize, slicingArguments, sizedFields, requireOneSlicingArgument } = given;
  return {
    assumedSize: typeof assumedSize === 'number' ? assumedSize : undefined,
    slicingArguments: textsOf(slicingArguments),
    sizedFields: textsOf(sizedFields),
    requireOneSlicingArgument: requireOneSlicingArgument !== false,
  };
}

/** The directive's arguments, also when composition wrapped it. */
function findDirective(
  directives: readonly ConstDirectiveNode[] = [],
  name: string,
  plainName: string,
): Readonly<Record<string, unknown>> | undefined {
  for (const directive of directives) {
    if (directive.name.value === name) return argumentsOf(directive);
    if (directive.name.value !== 'join__directive') continue;
    const wrapped = argumentsOf(directive);
    const { args } = wrapped;
    if (
      (wrapped['name'] === name || wrapped['name'] === plainName) &&
      typeof args === 'object' &&
      args !== null
    ) {
      return args as Readonly<Record<string, unknown>>;
    }
  }
  return undefined;
}

function argumentsOf(directive: ConstDirectiveNode): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    (directive.arguments ?? []).map(({ name, value }) => [name.value, valueFromASTUntyped(value)]),
  );
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}

function isTypeNode(node: DefinitionNode) {
  return (
    node.kind === Kind.OBJECT_TYPE_DEFINITION ||
    node.kind === Kind.INTERFACE_TYPE_DEFINITION ||
    node.kind === Kind.UNION_TYPE_DEFINITION ||
    node.kind === Kind.ENUM_TYPE_DEFINITION ||
    node.kind === Kind.SCALAR_TYPE_DEFINITION ||
    node.kind === Kind.INPUT_OBJECT_TYPE_DEFINITION
  );
}
