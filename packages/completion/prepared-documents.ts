// Each document is parsed, validated and turned into its twin once, however many subscribe with it.
import { GraphQLError, parse, type DocumentNode, type GraphQLSchema } from 'graphql';
import { prepare, type LiveField, type Prepared } from './twin.ts';

/** Clients ship a handful of documents; more than this many are remembered for none. */
const mostRemembered = 1_000;

export interface PreparedDocument {
  readonly prepared: Prepared;
  readonly document: DocumentNode;
}

const nothing: DocumentNode = parse('{ __typename }');

export function createPreparedDocuments(
  schema: GraphQLSchema,
  liveFields: Readonly<Record<string, LiveField>>,
): { prepare(text: string, operationName: string | undefined): PreparedDocument } {
  const remembered = new Map<string, PreparedDocument>();
  return {
    prepare(text, operationName) {
      const name = `${operationName ?? ''}\n${text}`;
      const known = remembered.get(name);
      if (known !== undefined) return known;
      const prepared = withCodes(prepare(schema, liveFields, text, operationName));
      const document = prepared.kind === 'invalid' ? nothing : parse(text);
      if (remembered.size >= mostRemembered) remembered.delete(remembered.keys().next().value ?? '');
      const made = { prepared, document };
      remembered.set(name, made);
      return made;
    },
  };
}

/** graphql-js gives its errors no code; these are the ones that servers commonly use. */
function withCodes(prepared: Prepared): Prepared {
  if (prepared.kind !== 'invalid') return prepared;
  const errors = prepared.errors.map(
    ({ message, nodes, source, positions }) =>
      new GraphQLError(message, {
        ...(nodes === undefined ? {} : { nodes }),
        ...(source === undefined ? {} : { source }),
        ...(positions === undefined ? {} : { positions }),
        extensions: {
          code: message.startsWith('Syntax Error') ? 'GRAPHQL_PARSE_FAILED' : 'GRAPHQL_VALIDATION_FAILED',
        },
      }),
  );
  return { kind: 'invalid', errors };
}
