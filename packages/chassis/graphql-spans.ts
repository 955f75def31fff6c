// What the span of a request tells of its GraphQL operation: type and name, never the document or its variables.
import type { ApolloServerPlugin } from '@apollo/server';
import { getOperationAST } from 'graphql';
import { currentContext } from './context.ts';

export function graphqlSpans(): ApolloServerPlugin {
  return {
    async requestDidStart() {
      const span = currentContext()?.span;
      if (span === undefined) return;
      return {
        async didResolveOperation({ document, request: { operationName } }) {
          const operation = getOperationAST(document, operationName);
          if (operation == null) return;
          const name = operation.name?.value;
          span.set({
            'graphql.operation.type': operation.operation,
            ...(name === undefined ? {} : { 'graphql.operation.name': name }),
          });
        },
      };
    },
  };
}
