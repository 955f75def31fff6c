// Build phase of a live query: a subscription document becomes a query of the root field's twin, which asks for
// the same selection of each event, plus sequence and final under names of our own; or of the state, plus its version.
import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  separateOperations,
  TypeInfo,
  validate,
  visit,
  visitWithTypeInfo,
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { keyVariableOf } from './list-key.ts';
import { isStateField, type LiveEventsField, type LiveField, type LiveStateField } from './live-field.ts';

export interface LiveDocument {
  readonly field: string;
  readonly live: LiveEventsField;
  /** The key under which the client expects its payload. */
  readonly responseKey: string;
  /** The twin's query text; takes the client's variables and `afterName`, `firstName`. */
  readonly query: string;
  /** The client's variables that the query uses. */
  readonly variableNames: ReadonlySet<string>;
  /** Values of the subscription field's arguments; throws GraphQLError for bad variables. */
  readonly argumentsOf: (variables: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

export interface StateDocument extends Omit<LiveDocument, 'live'> {
  readonly live: LiveStateField;
  /** The client's variable that alone names the state, if one does. */
  readonly keyVariable: string | undefined;
  /** Selects nothing but what everyone who is signed in may see alike. */
  readonly isForEveryone: boolean;
}

export type Prepared =
  | { readonly kind: 'live'; readonly document: LiveDocument }
  | { readonly kind: 'state'; readonly document: StateDocument }
  | { readonly kind: 'operation' }
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }
  | { readonly kind: 'unsupported'; readonly message: string };

// Names that no client would choose for its own variables and aliases.
export const afterName = 'live_afterSequence';
export const firstName = 'live_first';
export const sequenceAlias = 'live_sequence';
export const finalAlias = 'live_final';
export const versionAlias = 'live_version';

/** Longer documents are refused before they are validated. */
const mostTokens = 2_000;

export function prepare(
  schema: GraphQLSchema,
  liveFields: Readonly<Record<string, LiveField>>,
  text: string,
  operationName: string | undefined,
): Prepared {
  let document: DocumentNode;
  try {
    document = parse(text, { maxTokens: mostTokens });
  } catch (error) {
    return { kind: 'invalid', errors: [error as GraphQLError] };
  }
  const errors = validationErrors(schema, document);
  if (errors.length > 0) return { kind: 'invalid', errors };
  const operation = operationOf(document, operationName);
  if (operation === undefined)
    return { kind: 'unsupported', message: 'Say which operation of the document is meant.' };
  if (operation.operation !== OperationTypeNode.SUBSCRIPTION) return { kind: 'operation' };
  return prepareLive(schema, liveFields, document, operation);
}

function prepareLive(
  schema: GraphQLSchema,
  liveFields: Readonly<Record<string, LiveField>>,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): Prepared {
  const [root] = operation.selectionSet.selections;
  if (root?.kind !== Kind.FIELD) {
    return { kind: 'unsupported', message: 'Select the subscription field itself, not through a fragment.' };
  }
  if ((root.directives ?? []).length > 0) {
    return { kind: 'unsupported', message: 'The subscription field itself takes no directive.' };
  }
  const field = root.name.value;
  const live = Object.hasOwn(liveFields, field) ? liveFields[field] : undefined;
  const definition = schema.getSubscriptionType()?.getFields()[field];
  if (live === undefined || definition === undefined) {
    return { kind: 'unsupported', message: `${field} is not served here.` };
  }
  const twin = isStateField(live) ? stateTwin(root, live) : eventsTwin(root, live);
  const query = twinQuery(document, operation, twin);
  const used = variablesUsed(query);
  const common = {
    field,
    responseKey: root.alias?.value ?? field,
    query: print(query),
    variableNames: new Set(used),
    argumentsOf(variables: Readonly<Record<string, unknown>>) {
      const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
      if (coerced === undefined) throw errors[0] ?? new GraphQLError('A variable does not fit its type.');
      return getArgumentValues(definition, root, coerced);
    },
  };
  if (!isStateField(live)) return { kind: 'live', document: { ...common, live } };
  const isForEveryone = selectsOnly(schema, query, live.state.forEveryone ?? []);
  const keyVariable = keyVariableOf(root, live.key, used);
  return { kind: 'state', document: { ...common, live, keyVariable, isForEveryone } };
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === undefined) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((operation) => operation.name?.value === name);
}

/** What the root field is replaced by. */
interface Twin {
  readonly field: FieldNode;
  /** Variables of our own, as they are declared. */
  readonly declares: string;
}

function eventsTwin(root: FieldNode, { twin }: LiveEventsField): Twin {
  const field = twinField(root, twin, {
    arguments: [...withoutAfter(root), argument('afterSequence', afterName), argument('first', firstName)],
    selections: [aliased(sequenceAlias, 'sequence'), aliased(finalAlias, 'final')],
  });
  return { field, declares: `$${afterName}: Int, $${firstName}: Int!` };
}

function stateTwin(root: FieldNode, { twin, key, state }: LiveStateField): Twin {
  const { twinKey = key, isVersioned = false } = state;
  const field = twinField(root, twin, {
    arguments: withoutAfter(root).map((given) =>
      given.name.value === key ? { ...given, name: { kind: Kind.NAME, value: twinKey } } : given,
    ),
    selections: isVersioned ? [aliased(versionAlias, 'version')] : [],
  });
  return { field, declares: '' };
}

function withoutAfter({ arguments: given = [] }: FieldNode): ArgumentNode[] {
  return given.filter(({ name }) => name.value !== 'after');
}

function twinField(
  root: FieldNode,
  twin: string,
  own: { readonly arguments: readonly ArgumentNode[]; readonly selections: readonly FieldNode[] },
): FieldNode {
  return {
    ...root,
    alias: { kind: Kind.NAME, value: root.alias?.value ?? root.name.value },
    name: { kind: Kind.NAME, value: twin },
    arguments: own.arguments,
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...(root.selectionSet?.selections ?? []), ...own.selections],
    },
  };
}

/** The chosen operation and the fragments that it uses, with the root field replaced by its twin. */
function twinQuery(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  { field, declares }: Twin,
): DocumentNode {
  const own = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const query: OperationDefinitionNode = {
    ...operation,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: [],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [field] },
  };
  const rest = own.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const used = new Set(variablesUsed({ kind: Kind.DOCUMENT, definitions: [query, ...rest] }));
  const declared = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  const added = parse(declares === '' ? '{ x }' : `query (${declares}) { x }`).definitions[0];
  const ours = added?.kind === Kind.OPERATION_DEFINITION ? (added.variableDefinitions ?? []) : [];
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...query, variableDefinitions: [...declared, ...ours] }, ...rest],
  };
}

/** Whether every field below the root is one of these (`Type.field`), or __typename. */
function selectsOnly(schema: GraphQLSchema, query: DocumentNode, fields: readonly string[]): boolean {
  const types = new TypeInfo(schema);
  const allowed = new Set(fields);
  let isAllowed = true;
  const look = ({ name: { value: name } }: FieldNode): void => {
    const parent = types.getParentType();
    if (parent === schema.getQueryType() || name === '__typename') return;
    isAllowed &&= allowed.has(`${parent?.name}.${name}`);
  };
  visit(query, visitWithTypeInfo(types, { Field: look }));
  return isAllowed;
}

/** Names of the variables that are used, not only declared. */
function variablesUsed(document: DocumentNode): string[] {
  const names: string[] = [];
  visit(document, {
    VariableDefinition: () => false,
    Variable: ({ name }) => void names.push(name.value),
  });
  return names;
}

function argument(name: string, variable: string) {
  return {
    kind: Kind.ARGUMENT,
    name: { kind: Kind.NAME, value: name },
    value: { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: variable } },
  } as const;
}

function aliased(alias: string, name: string): FieldNode {
  return {
    kind: Kind.FIELD,
    alias: { kind: Kind.NAME, value: alias },
    name: { kind: Kind.NAME, value: name },
  };
}

/** Some of graphql-js's rules throw for documents that other rules find invalid; that is the document's fault too. */
function validationErrors(schema: GraphQLSchema, document: DocumentNode): readonly GraphQLError[] {
  try {
    return validate(schema, document);
  } catch (error) {
    if (error instanceof GraphQLError) return [error];
    return [new GraphQLError('The document does not fit the schema.')];
  }
}
