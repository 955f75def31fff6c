// Asks other fields for what failed ones should have answered: one more query, cut to the ways to them, with each
// provider aliased to the failed field's response key. Its answer is matched by keys, never by list positions, since
// lists may have changed between the two runs.
import {
  getNamedType,
  isInterfaceType,
  isObjectType,
  Kind,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type SelectionNode,
  type SelectionSetNode,
} from 'graphql';
import type { FallbackRun, RunAgain } from './degraded-result.ts';
import { explainNulls, type NullExplainer } from './explain-null.ts';
import type { FailedField, OperationPart } from './operation-part.ts';
import { walkAnswer, type ResponseObject } from './walk-answer.ts';

export interface ProviderAnswer {
  readonly value: unknown;
}

/** Documents kept by which fields failed together; past it they are made anew. */
const mostDocuments = 32;

/** What the providers answered, by failed field; a field is missing when its provider failed too. Never rejects. */
export async function askProviders(
  part: OperationPart,
  failed: readonly FailedField[],
  run: FallbackRun,
  runAgain: RunAgain,
): Promise<ReadonlyMap<FailedField, ProviderAnswer>> {
  const answers = new Map<FailedField, ProviderAnswer>();
  const matchable = failed.filter(({ way }) => way !== undefined);
  if (matchable.length === 0) return answers;
  const data = await answerOf(runAgain(documentFor(part, matchable)));
  if (data === undefined) return answers;
  const found = new Map<string, ProviderAnswer>();
  walkAnswer(
    { place: part.place, data: data.data, variables: run.variables, owner: undefined, withWay: true },
    ({ object, field, path, way }) => {
      const value = object[field.responseKey];
      // What came half is no better than the next fallback.
      if (way === undefined || value === undefined || data.explainer.hasErrorAt(path)) return;
      found.set(way, { value });
    },
  );
  for (const field of matchable) {
    const answer = field.way === undefined ? undefined : found.get(field.way);
    // One entity may have failed at several places; each gets a value of its own.
    if (answer !== undefined) answers.set(field, structuredClone(answer));
  }
  return answers;
}

async function answerOf(
  running: ReturnType<RunAgain>,
): Promise<{ readonly data: ResponseObject; readonly explainer: NullExplainer } | undefined> {
  try {
    const { data, errors } = await running;
    return data === null ? undefined : { data, explainer: explainNulls(errors) };
  } catch {
    // A bug in a second run must not cost the first one's answer.
    return undefined;
  }
}

/** Of the provider's fields, by the node that failed: at which types which field is asked instead. */
type Replacements = ReadonlyMap<FieldNode, ReadonlyMap<string, ReadonlySet<string>>>;

function documentFor(part: OperationPart, failed: readonly FailedField[]): DocumentNode {
  const replaced = new Map<FieldNode, Map<string, Set<string>>>();
  const combination = new Set<string>();
  for (const { field, next, path } of failed) {
    const fallback = field.fallbacks?.[next];
    if (fallback?.mode !== 'provider') continue;
    combination.add(
      `${path.filter((key) => typeof key === 'string').join('.')}@${field.parentName}:${fallback.field}`,
    );
    for (const node of field.nodes) {
      const providers = replaced.get(node) ?? new Map<string, Set<string>>();
      replaced.set(node, providers);
      providers.set(fallback.field, (providers.get(fallback.field) ?? new Set()).add(field.parentName));
    }
  }
  const key = [...combination].toSorted().join(' ');
  const known = part.providerDocuments.get(key);
  if (known !== undefined) return known;
  const document = makeDocument(part, replaced);
  if (part.providerDocuments.size < mostDocuments) part.providerDocuments.set(key, document);
  return document;
}

function makeDocument(part: OperationPart, replaced: Replacements): DocumentNode {
  const { operation, declared, place } = part;
  const keyNames = new Set([...declared.keys.values()].flat(2));
  const cut: Cut = { schema: declared.schema, replaced, keyNames };
  const { selections } = cutTo(cut, operation.selectionSet, place.type);
  const selectionSet: SelectionSetNode = { kind: Kind.SELECTION_SET, selections };
  const used = new Set<string>();
  visit(selectionSet, { Variable: ({ name }) => void used.add(name.value) });
  const variableDefinitions = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  return { kind: Kind.DOCUMENT, definitions: [{ ...operation, variableDefinitions, selectionSet }] };
}

interface Cut {
  readonly schema: GraphQLSchema;
  readonly replaced: Replacements;
  /** Fields that identify some entity, by which the two runs are compared. */
  readonly keyNames: ReadonlySet<string>;
}

/** `leads`: whether a provider is asked in it; the rest identifies the objects on the way. */
function cutTo(
  cut: Cut,
  { selections }: SelectionSetNode,
  type: GraphQLNamedType,
): { selections: SelectionNode[]; leads: boolean } {
  let leads = false;
  const kept = selections.flatMap((selection): SelectionNode[] => {
    if (selection.kind === Kind.INLINE_FRAGMENT) {
      const condition = selection.typeCondition && cut.schema.getType(selection.typeCondition.name.value);
      const below = cutTo(cut, selection.selectionSet, condition ?? type);
      leads ||= below.leads;
      return below.selections.length === 0 ? [] : [{ ...selection, selectionSet: setOf(below.selections) }];
    }
    if (selection.kind !== Kind.FIELD) return [];
    const providers = cut.replaced.get(selection);
    if (providers !== undefined) {
      leads = true;
      return [...providers].flatMap(([name, types]) => asProvider(selection, name, types, type));
    }
    if (selection.selectionSet === undefined) return identifies(cut, selection) ? [selection] : [];
    const definition =
      isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
    if (definition === undefined) return [];
    const below = cutTo(cut, selection.selectionSet, getNamedType(definition.type));
    leads ||= below.leads;
    return below.leads ? [{ ...selection, selectionSet: setOf(below.selections) }] : [];
  });
  return { selections: kept, leads };
}

function identifies({ keyNames }: Cut, { name, arguments: given = [] }: FieldNode): boolean {
  return name.value === '__typename' || (keyNames.has(name.value) && given.length === 0);
}

/** The provider in the place of the failed field: same arguments, same selection, same response key. */
function asProvider(
  node: FieldNode,
  provider: string,
  types: ReadonlySet<string>,
  writtenOn: GraphQLNamedType,
): SelectionNode[] {
  const asked: FieldNode = {
    ...node,
    alias: { kind: Kind.NAME, value: node.alias?.value ?? node.name.value },
    name: { kind: Kind.NAME, value: provider },
  };
  return [...types].map((typeName) =>
    typeName === writtenOn.name
      ? asked
      : {
          kind: Kind.INLINE_FRAGMENT,
          typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: typeName } },
          selectionSet: setOf([asked]),
        },
  );
}

function setOf(selections: readonly SelectionNode[]): SelectionSetNode {
  return { kind: Kind.SELECTION_SET, selections };
}
