// The client's variables, checked against their types and with defaults filled in, as GraphQL 6.1.2 says.
import {
  getVariableValues,
  type GraphQLFormattedError,
  type GraphQLSchema,
  type OperationDefinitionNode,
} from 'graphql';
import { DocumentRefused } from './parse-document.ts';

/** More errors than this help nobody. */
const mostErrors = 20;

const nothing: Readonly<Record<string, unknown>> = {};

/** Throws DocumentRefused with BAD_USER_INPUT. */
export function coerceVariables(
  schema: GraphQLSchema,
  { variableDefinitions = [] }: OperationDefinitionNode,
  given: Readonly<Record<string, unknown>> | undefined,
): Readonly<Record<string, unknown>> {
  if (variableDefinitions.length === 0) return nothing;
  const result = getVariableValues(schema, variableDefinitions, given ?? {}, { maxErrors: mostErrors });
  if (result.errors !== undefined) {
    throw new DocumentRefused(
      result.errors.map((error): GraphQLFormattedError => {
        const { message, locations } = error.toJSON();
        return {
          message,
          ...(locations === undefined ? {} : { locations }),
          extensions: { code: 'BAD_USER_INPUT' },
        };
      }),
    );
  }
  return result.coerced;
}
