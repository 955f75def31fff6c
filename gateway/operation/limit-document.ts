// Limits on the shape of a document, which need no schema and no variables: they are checked before validation, whose
// own cost grows with what they bound, and once for each document. What fragments multiply is counted as often as they
// are spread.
import {
  Kind,
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLFormattedError,
  type SelectionSetNode,
} from 'graphql';
import { eachSelection } from './walk-selections.ts';

/** A limit that is absent is not checked. */
export interface DocumentLimits {
  /** Lexical tokens of the text; parse with graphql-js' maxTokens as well, to stop while reading. */
  readonly tokens?: number;
  /** Fields inside fields. Introspection is not counted: graphql-js has a rule of its own for it. */
  readonly depth?: number;
  /** Aliases of an operation: each lets the same field run once more. */
  readonly aliases?: number;
  /** Fields of the operation itself: each is a request to a subgraph, in a mutation one after the other. */
  readonly rootFields?: number;
  readonly directivesPerField?: number;
  /** Of the whole document. */
  readonly directives?: number;
}

/** Far beyond what people and their tools write, far below what hurts. */
export const defaultDocumentLimits: Required<DocumentLimits> = {
  tokens: 15_000,
  depth: 40,
  aliases: 200,
  rootFields: 60,
  directivesPerField: 10,
  directives: 200,
};

type Limit = keyof DocumentLimits;

const whatIsCounted: Readonly<Record<Limit, string>> = {
  tokens: 'tokens',
  depth: 'levels of fields',
  aliases: 'aliases in an operation',
  rootFields: 'root fields in an operation',
  directivesPerField: 'directives at one field',
  directives: 'directives',
};

/** Empty when the document keeps all limits. It may be any parsed document, also one with fragments in circles. */
export function limitDocument(document: DocumentNode, limits: DocumentLimits): GraphQLFormattedError[] {
  const found = measureDocument(document);
  return (Object.keys(whatIsCounted) as Limit[]).flatMap((limit) => {
    const most = limits[limit];
    return most === undefined || found[limit] <= most ? [] : [tooComplex(limit, most, found[limit])];
  });
}

/** `found` may be without bound: fragments that double at each level count further than numbers do. */
export function tooComplex(limit: string, most: number, found: number): GraphQLFormattedError {
  const counted = Object.hasOwn(whatIsCounted, limit) ? whatIsCounted[limit as Limit] : `points of ${limit}`;
  const count = Number.isFinite(found) ? found : 'countless';
  return {
    message: `The document is too complex: it has ${count} ${counted}, and ${most} are allowed.`,
    extensions: { code: 'QUERY_TOO_COMPLEX', limit, most, ...(Number.isFinite(found) ? { found } : {}) },
  };
}

/** What is in the document; for an operation's measures, those of its largest one. */
export function measureDocument(document: DocumentNode): Required<DocumentLimits> {
  const measuring: Measuring = { fragments: new Map(), measured: new Map() };
  for (const node of document.definitions) {
    if (node.kind === Kind.FRAGMENT_DEFINITION) measuring.fragments.set(node.name.value, node);
  }
  const most = { depth: 0, aliases: 0, rootFields: 0 };
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION) continue;
    const measure = measureSelections(measuring, node.selectionSet);
    most.depth = Math.max(most.depth, measure.depth);
    most.aliases = Math.max(most.aliases, measure.aliases);
    most.rootFields = Math.max(most.rootFields, measure.fields);
  }
  return { tokens: document.tokenCount ?? 0, ...most, ...countDirectives(document) };
}

interface Measure {
  depth: number;
  aliases: number;
  /** Of this level only. */
  fields: number;
}

interface Measuring {
  readonly fragments: Map<string, FragmentDefinitionNode>;
  /** Each fragment is measured once, however often it is spread: otherwise a short text would take years. */
  readonly measured: Map<string, Measure>;
}

function measureSelections(measuring: Measuring, { selections }: SelectionSetNode): Measure {
  const total: Measure = { depth: 0, aliases: 0, fields: 0 };
  for (const selection of selections) {
    if (selection.kind !== Kind.FIELD) {
      const inner =
        selection.kind === Kind.INLINE_FRAGMENT
          ? measureSelections(measuring, selection.selectionSet)
          : measureFragment(measuring, selection.name.value);
      total.depth = Math.max(total.depth, inner.depth);
      total.aliases += inner.aliases;
      total.fields += inner.fields;
      continue;
    }
    total.fields += 1;
    if (selection.alias !== undefined) total.aliases += 1;
    const { selectionSet } = selection;
    const inner = selectionSet === undefined ? undefined : measureSelections(measuring, selectionSet);
    total.aliases += inner?.aliases ?? 0;
    if (!selection.name.value.startsWith('__')) total.depth = Math.max(total.depth, 1 + (inner?.depth ?? 0));
  }
  return total;
}

function measureFragment(measuring: Measuring, name: string): Measure {
  const known = measuring.measured.get(name);
  if (known !== undefined) return known;
  // Stands for itself inside itself; validation refuses the circle afterwards.
  measuring.measured.set(name, { depth: 0, aliases: 0, fields: 0 });
  const fragment = measuring.fragments.get(name);
  const measure =
    fragment === undefined
      ? { depth: 0, aliases: 0, fields: 0 }
      : measureSelections(measuring, fragment.selectionSet);
  measuring.measured.set(name, measure);
  return measure;
}

function countDirectives(document: DocumentNode): { directives: number; directivesPerField: number } {
  let directives = 0;
  let directivesPerField = 0;
  for (const node of document.definitions) {
    if (node.kind !== Kind.OPERATION_DEFINITION && node.kind !== Kind.FRAGMENT_DEFINITION) continue;
    directives += node.directives?.length ?? 0;
    for (const variable of node.variableDefinitions ?? []) directives += variable.directives?.length ?? 0;
    eachSelection(node.selectionSet, (selection) => {
      const given = selection.directives?.length ?? 0;
      directives += given;
      if (selection.kind === Kind.FIELD) directivesPerField = Math.max(directivesPerField, given);
    });
  }
  return { directives, directivesPerField };
}
