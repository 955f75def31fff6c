// Each document is parsed, validated and turned into its twin once, however many subscribe with it.
import { GraphQLError, type GraphQLSchema } from 'graphql';
import type { LiveField } from './live-field.ts';
import { prepare, type Prepared } from './twin.ts';

/** Clients ship a handful of documents; the oldest are forgotten beyond this many characters of text. */
const mostRememberedText = 4 * 1024 * 1024;

export interface PreparedDocuments {
  prepare(text: string, operationName: string | undefined): Prepared;
}

export function createPreparedDocuments(
  schema: GraphQLSchema,
  liveFields: Readonly<Record<string, LiveField>>,
): PreparedDocuments {
  const remembered = new Map<string, Prepared>();
  let rememberedText = 0;

  function remember(name: string, made: Prepared): void {
    remembered.set(name, made);
    rememberedText += name.length;
    for (const oldest of remembered.keys()) {
      if (rememberedText <= mostRememberedText) return;
      remembered.delete(oldest);
      rememberedText -= oldest.length;
    }
  }

  return {
    prepare(text, operationName) {
      const name = `${operationName ?? ''}\n${text}`;
      const known = remembered.get(name);
      if (known !== undefined) return known;
      const made = withCodes(prepare(schema, liveFields, text, operationName));
      // An invalid one costs its sender nothing to repeat, and would push out the good ones.
      if (made.kind !== 'invalid') remember(name, made);
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
