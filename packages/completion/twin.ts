// Build phase of a live query: a subscription document becomes a query of the root field's twin, which asks for
// the same selection of each event, plus sequence and final under names of our own.
import {
  getArgumentValues,
  getVariableValues,
  GraphQLError,
  Kind,
  OperationTypeNode,
  parse,
  print,
  separateOperations,
  validate,
  visit,
  type DocumentNode,
  type FieldNode,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';

/** How a subscription field is served; the twin answers a list of the same type, oldest first. */
export interface LiveField {
  /** Query field with the arguments (key, afterSequence, first). */
  readonly twin: string;
  /** The argument that names the aggregate. */
  readonly key: string;
  /** The event stream that tells when there is more. */
  readonly stream: string;
}

export interface LiveDocument {
  readonly field: string;
  readonly live: LiveField;
  /** The key under which the client expects its payload. */
  readonly responseKey: string;
  /** The twin's query text; takes the client's variables and `afterName`, `firstName`. */
  readonly query: string;
  /** The client's variables that the query uses. */
  readonly variableNames: ReadonlySet<string>;
  /** Values of the subscription field's arguments; throws GraphQLError for bad variables. */
  readonly argumentsOf: (variables: Readonly<Record<string, unknown>>) => Record<string, unknown>;
}

export type Prepared =
  | { readonly kind: 'live'; readonly document: LiveDocument }
  | { readonly kind: 'operation' }
  | { readonly kind: 'invalid'; readonly errors: readonly GraphQLError[] }
  | { readonly kind: 'unsupported'; readonly message: string };

// Names that no client would choose for its own variables and aliases.
export const afterName = 'live_afterSequence';
export const firstName = 'live_first';
export const sequenceAlias = 'live_sequence';
export const finalAlias = 'live_final';

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
  const query = twinQuery(document, operation, root, live);
  return {
    kind: 'live',
    document: {
      field,
      live,
      responseKey: root.alias?.value ?? field,
      query: print(query),
      variableNames: new Set(variablesUsed(query)),
      argumentsOf(variables) {
        const { coerced, errors } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
        if (coerced === undefined) throw errors[0] ?? new GraphQLError('A variable does not fit its type.');
        return getArgumentValues(definition, root, coerced);
      },
    },
  };
}

function operationOf(document: DocumentNode, name: string | undefined): OperationDefinitionNode | undefined {
  const operations = document.definitions.filter(
    (definition) => definition.kind === Kind.OPERATION_DEFINITION,
  );
  if (name === undefined) return operations.length === 1 ? operations[0] : undefined;
  return operations.find((operation) => operation.name?.value === name);
}

/** The chosen operation and the fragments that it uses, with the root field replaced by its twin. */
function twinQuery(
  document: DocumentNode,
  operation: OperationDefinitionNode,
  root: FieldNode,
  live: LiveField,
): DocumentNode {
  const own = separateOperations(document)[operation.name?.value ?? ''] ?? document;
  const twinField: FieldNode = {
    ...root,
    alias: { kind: Kind.NAME, value: root.alias?.value ?? root.name.value },
    name: { kind: Kind.NAME, value: live.twin },
    arguments: [
      ...(root.arguments ?? []).filter(({ name }) => name.value !== 'after'),
      argument('afterSequence', afterName),
      argument('first', firstName),
    ],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [
        ...(root.selectionSet?.selections ?? []),
        aliased(sequenceAlias, 'sequence'),
        aliased(finalAlias, 'final'),
      ],
    },
  };
  const query: OperationDefinitionNode = {
    ...operation,
    operation: OperationTypeNode.QUERY,
    variableDefinitions: [],
    selectionSet: { kind: Kind.SELECTION_SET, selections: [twinField] },
  };
  const rest = own.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const used = new Set(variablesUsed({ kind: Kind.DOCUMENT, definitions: [query, ...rest] }));
  const declared = (operation.variableDefinitions ?? []).filter(({ variable }) =>
    used.has(variable.name.value),
  );
  const added = parse(`query ($${afterName}: Int, $${firstName}: Int!) { x }`).definitions[0];
  const ours = added?.kind === Kind.OPERATION_DEFINITION ? (added.variableDefinitions ?? []) : [];
  return {
    kind: Kind.DOCUMENT,
    definitions: [{ ...query, variableDefinitions: [...declared, ...ours] }, ...rest],
  };
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
