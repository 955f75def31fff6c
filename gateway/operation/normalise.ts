// One operation with everything decided that can be: fragments inlined, @skip and @include applied by the values of
// their variables, selections that no type can meet dropped. So no plan, no compiled code and no executor ever meets a
// condition, and a skipped field's @requires chain cannot be fetched by mistake. The price is a plan for each
// combination of condition values that is really used (ADR 0013).
import {
  doTypesOverlap,
  getNamedType,
  isCompositeType,
  Kind,
  print,
  visit,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLCompositeType,
  type GraphQLSchema,
  type InlineFragmentNode,
  type OperationDefinitionNode,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { NormalisedOperation } from '../execution.ts';
import { fragmentsOf } from './condition-variables.ts';
import { DocumentRefused } from './parse-document.ts';

/** Fragments spread into fragments double at each level: a short text could name a billion fields. */
const mostSelections = 20_000;

export interface NormaliseInput {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly operation: OperationDefinitionNode;
  /** Of the variables that conditionVariables names. */
  readonly conditions: Readonly<Record<string, unknown>>;
  /** Whether @defer stays; otherwise its fragments are plain ones, as the specification allows. */
  readonly keepDefer: boolean;
}

interface Work extends NormaliseInput {
  readonly fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  selections: number;
}

/** Throws DocumentRefused for an operation that is too large. */
export function normalise(input: NormaliseInput): NormalisedOperation {
  const { schema, operation } = input;
  if (operation.operation === 'subscription') throw new Error('subscriptions are refused before');
  const rootType = schema.getRootType(operation.operation);
  if (rootType == null) throw new Error(`validated, but the schema has no ${operation.operation}`);
  const work: Work = { ...input, fragments: fragmentsOf(input.document), selections: 0 };
  const selectionSet: SelectionSetNode = {
    kind: Kind.SELECTION_SET,
    selections: inline(work, operation.selectionSet, [rootType], new Set()),
  };
  const used = withUsedVariables({ ...operation, directives: [], selectionSet });
  const renamedVariables = reservedVariables(used);
  const definition = renamedVariables.size === 0 ? used : renameVariables(used, renamedVariables);
  const document: DocumentNode = { kind: Kind.DOCUMENT, definitions: [definition] };
  const base = { kind: operation.operation, document, text: print(document) };
  return renamedVariables.size === 0 ? base : { ...base, renamedVariables };
}

/** Names that planners give to variables of their own. */
const reserved = /^(representations\d*|__batch_reps.*|_internal.*|contextualArgument.*)$/;

function reservedVariables({ variableDefinitions = [] }: OperationDefinitionNode): Map<string, string> {
  const names = variableDefinitions.map(({ variable }) => variable.name.value);
  const renamed = new Map<string, string>();
  for (const name of names) {
    if (!reserved.test(name)) continue;
    let other = `client_${name}`;
    while (names.includes(other)) other = `client_${other}`;
    renamed.set(name, other);
  }
  return renamed;
}

function renameVariables(
  operation: OperationDefinitionNode,
  names: ReadonlyMap<string, string>,
): OperationDefinitionNode {
  return visit(operation, {
    Variable(variable) {
      const value = names.get(variable.name.value);
      return value === undefined ? undefined : { ...variable, name: { ...variable.name, value } };
    },
  });
}

/** `within`: every type condition on the way from the field down; a fragment must be possible under all of them. */
function inline(
  work: Work,
  { selections }: SelectionSetNode,
  within: readonly GraphQLCompositeType[],
  spread: Set<string>,
): SelectionNode[] {
  const result: SelectionNode[] = [];
  for (const selection of selections) {
    if (isSkipped(work, selection.directives)) continue;
    work.selections += 1;
    if (work.selections > mostSelections) throw tooManySelections();
    if (selection.kind === Kind.FIELD) {
      result.push(inlineField(work, selection, within));
      continue;
    }
    const defer = deferOf(work, selection.directives);
    const isSpread = selection.kind === Kind.FRAGMENT_SPREAD;
    // As in GraphQL's CollectFields: the same fragment once in a selection set.
    if (isSpread && defer === undefined) {
      if (spread.has(selection.name.value)) continue;
      spread.add(selection.name.value);
    }
    const fragment = isSpread ? work.fragments.get(selection.name.value) : selection;
    if (fragment === undefined) throw new Error('validated, but a fragment is missing');
    const inlined = inlineFragment(work, fragment, within, spread, defer);
    if (inlined !== undefined) result.push(inlined);
  }
  return result;
}

function inlineField(work: Work, field: FieldNode, within: readonly GraphQLCompositeType[]): FieldNode {
  const { selectionSet, directives: _decided, ...rest } = field;
  if (selectionSet === undefined) return { ...rest, directives: [] };
  const type = fieldType(work.schema, within, field.name.value);
  return {
    ...rest,
    directives: [],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: type === undefined ? [] : inline(work, selectionSet, [type], new Set()),
    },
  };
}

function inlineFragment(
  work: Work,
  fragment: FragmentDefinitionNode | InlineFragmentNode,
  within: readonly GraphQLCompositeType[],
  spread: Set<string>,
  defer: DirectiveNode | undefined,
): InlineFragmentNode | undefined {
  const { typeCondition } = fragment;
  let narrowed = within;
  if (typeCondition !== undefined) {
    const type = work.schema.getType(typeCondition.name.value);
    if (!isCompositeType(type)) throw new Error('validated, but a type condition is missing');
    if (!isPossible(work.schema, [...within, type])) return undefined;
    // The innermost one stands last: fields are looked up on it.
    narrowed = [...within.filter((known) => known !== type), type];
  }
  // What is spread under a condition is not spread for the types that do not meet it, nor what is deferred for now.
  const ownSpread = defer !== undefined || narrows(work.schema, within, narrowed);
  const alsoSpread = ownSpread ? new Set(spread) : spread;
  const selections = inline(work, fragment.selectionSet, narrowed, alsoSpread);
  if (selections.length === 0) return undefined;
  return {
    kind: Kind.INLINE_FRAGMENT,
    ...(typeCondition === undefined ? {} : { typeCondition }),
    directives: defer === undefined ? [] : [defer],
    selectionSet: { kind: Kind.SELECTION_SET, selections },
  };
}

/** Whether an object type that meets all of `before` may miss the condition that `after` adds. */
function narrows(
  schema: GraphQLSchema,
  before: readonly GraphQLCompositeType[],
  after: readonly GraphQLCompositeType[],
): boolean {
  const added = after.at(-1);
  if (added === undefined || before.includes(added)) return false;
  const met = possible(schema, added);
  return !before.some((type) => possible(schema, type).every((object) => met.includes(object)));
}

/** Whether some object type meets all conditions at once. */
function isPossible(schema: GraphQLSchema, types: readonly GraphQLCompositeType[]): boolean {
  const [first, ...rest] = types;
  if (first === undefined) return true;
  if (rest.length === 1 && rest[0] !== undefined) return doTypesOverlap(schema, first, rest[0]);
  return possible(schema, first).some((object) =>
    rest.every((type) => possible(schema, type).includes(object)),
  );
}

function possible(schema: GraphQLSchema, type: GraphQLCompositeType): readonly GraphQLCompositeType[] {
  return 'resolveType' in type ? schema.getPossibleTypes(type) : [type];
}

function fieldType(
  schema: GraphQLSchema,
  within: readonly GraphQLCompositeType[],
  name: string,
): GraphQLCompositeType | undefined {
  const innermost = within.at(-1);
  if (innermost === undefined) return undefined;
  if (innermost === schema.getQueryType() && name.startsWith('__')) {
    const type = schema.getType(name === '__schema' ? '__Schema' : '__Type');
    return isCompositeType(type) ? type : undefined;
  }
  if (!('getFields' in innermost)) return undefined;
  const field = innermost.getFields()[name];
  const type = field === undefined ? undefined : getNamedType(field.type);
  return isCompositeType(type) ? type : undefined;
}

function isSkipped(work: Work, directives: readonly DirectiveNode[] = []): boolean {
  return directives.some(
    (directive) =>
      (directive.name.value === 'skip' && ifOf(work, directive)) ||
      (directive.name.value === 'include' && !ifOf(work, directive)),
  );
}

/** Without its condition; undefined when there is none or it is off. */
function deferOf(work: Work, directives: readonly DirectiveNode[] = []): DirectiveNode | undefined {
  const defer = directives.find(({ name }) => name.value === 'defer');
  if (defer === undefined || !work.keepDefer) return undefined;
  const given = defer.arguments ?? [];
  if (given.some(({ name }) => name.value === 'if') && !ifOf(work, defer)) return undefined;
  return { ...defer, arguments: given.filter(({ name }) => name.value !== 'if') };
}

function ifOf(work: Work, directive: DirectiveNode): boolean {
  const value = directive.arguments?.find(({ name }) => name.value === 'if')?.value;
  if (value?.kind === Kind.BOOLEAN) return value.value;
  // A variable may be left out only where the argument has a default: @defer's, which is true.
  if (value?.kind === Kind.VARIABLE) return work.conditions[value.name.value] !== false;
  return true;
}

function withUsedVariables(operation: OperationDefinitionNode): OperationDefinitionNode {
  const used = new Set<string>();
  visit(operation.selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  return {
    ...operation,
    variableDefinitions: (operation.variableDefinitions ?? [])
      .filter(({ variable }) => used.has(variable.name.value))
      .map((definition) => ({ ...definition, directives: [] })),
  };
}

function tooManySelections(): DocumentRefused {
  return new DocumentRefused([
    {
      message: `The operation selects more than ${mostSelections} fields and fragments once its fragments are spread out.`,
      extensions: { code: 'QUERY_TOO_COMPLEX', limit: 'selections', most: mostSelections },
    },
  ]);
}
