// A client's text becomes a document that fits the schema: parsed with a limit on tokens, validated by all of GraphQL's
// rules. What comes out is cached by its text (document-cache.ts), so that this is paid once for each document.
import {
  GraphQLError,
  Kind,
  KnownTypeNamesRule,
  parse,
  specifiedRules,
  validate,
  type ASTVisitor,
  type DocumentNode,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type ValidationRule,
} from 'graphql';
import { limitDocument, type DocumentLimits } from './limit-document.ts';

/** More errors than this help nobody to mend a document, and looking for them costs time. */
const mostValidationErrors = 20;

export interface ParseOptions {
  readonly schema: GraphQLSchema;
  readonly limits: DocumentLimits;
  readonly rules: readonly ValidationRule[];
  /** Leaves out what a misspelt name could have meant: guesses would tell a schema that nobody may ask for. */
  readonly hideSuggestions?: boolean;
}

/** graphql-js' own rule lists the schema's types for each document, in case one is misspelt: here only when one is. */
const knownTypeNames: ValidationRule = (context) => {
  let rule: ASTVisitor | undefined;
  return {
    NamedType(node: NamedTypeNode, ...where) {
      if (context.getSchema().getType(node.name.value) !== undefined) return;
      rule ??= KnownTypeNamesRule(context);
      if ('NamedType' in rule && typeof rule.NamedType === 'function') rule.NamedType(node, ...where);
    },
  };
};

const standardRules = specifiedRules.map((rule) => (rule === KnownTypeNamesRule ? knownTypeNames : rule));

/** Throws a GraphQLError with extensions.code when the text is no document of this schema. */
export function parseDocument(text: string, options: ParseOptions): DocumentNode {
  const { schema, limits, rules, hideSuggestions = false } = options;
  let document: DocumentNode;
  try {
    document = parse(text, limits.tokens === undefined ? {} : { maxTokens: limits.tokens });
  } catch (error) {
    if (error instanceof GraphQLError) throw new DocumentRefused([withCode(error, 'GRAPHQL_PARSE_FAILED')]);
    // The parser goes down with each level of braces: thousands of them end its stack.
    if (!(error instanceof RangeError)) throw error;
    const message = 'Syntax Error: The document is nested too deeply.';
    throw new DocumentRefused([{ message, extensions: { code: 'GRAPHQL_PARSE_FAILED' } }]);
  }
  // Before validation, whose own cost grows with what they bound.
  const excess = limitDocument(document, limits);
  if (excess.length > 0) throw new DocumentRefused(excess);
  const errors = validate(schema, document, [...standardRules, ...rules], {
    maxErrors: mostValidationErrors,
    hideSuggestions,
  });
  if (errors.length > 0) {
    throw new DocumentRefused(errors.map((error) => withCode(error, 'GRAPHQL_VALIDATION_FAILED')));
  }
  return document;
}

/** Everything that is wrong with a request, before anything of it has run. */
export class DocumentRefused extends Error {
  override readonly name = 'DocumentRefused';
  readonly errors: readonly GraphQLFormattedError[];
  readonly status: number;
  constructor(errors: readonly GraphQLFormattedError[], status = 400) {
    super(errors.map(({ message }) => message).join('; '));
    this.errors = errors;
    this.status = status;
  }
}

function withCode(error: GraphQLError, code: string): GraphQLFormattedError {
  const { message, locations } = error.toJSON();
  const known = error.extensions['code'];
  return {
    message,
    ...(locations === undefined ? {} : { locations }),
    extensions: { ...error.extensions, code: typeof known === 'string' ? known : code },
  };
}

/** The operation that the request names, or the only one. */
export function pickOperation(
  document: DocumentNode,
  operationName: string | undefined,
): OperationDefinitionNode {
  const operations = document.definitions.filter((node) => node.kind === Kind.OPERATION_DEFINITION);
  const picked =
    operationName === undefined || operationName === ''
      ? operations.length === 1
        ? operations[0]
        : undefined
      : operations.find(({ name }) => name?.value === operationName);
  if (picked === undefined) {
    throw notSupported('operationName must name one of the operations of the document.');
  }
  if (picked.operation === 'subscription') throw notSupported('Subscriptions are not served over HTTP here.');
  return picked;
}

export function notSupported(message: string, status = 400): DocumentRefused {
  return new DocumentRefused([{ message, extensions: { code: 'OPERATION_NOT_SUPPORTED' } }], status);
}
