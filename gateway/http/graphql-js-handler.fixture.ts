// A real, small schema answered by graphql-js behind the engine's contract, for tests of the front.
import { setImmediate as turn } from 'node:timers/promises';
import {
  buildSchema,
  execute,
  getOperationAST,
  getVariableValues,
  GraphQLError,
  parse,
  validate,
  type DocumentNode,
  type GraphQLFormattedError,
} from 'graphql';
import type { GatewayAnswer, GatewayRequest, RequestHandler } from '../gateway-request.ts';

const schema = buildSchema(`
  type Query { greeting(name: String = "you"): String! broken: Int big(size: Int!): String! }
  type Mutation { remember(text: String!): String! }
`);

const root = {
  greeting: ({ name }: { name: string }) => `Hello ${name}`,
  broken: () => {
    throw new GraphQLError('It is broken.', { extensions: { code: 'SERVICE_UNAVAILABLE' } });
  },
  big: ({ size }: { size: number }) => 'x'.repeat(size),
  remember: ({ text }: { text: string }) => text,
};

export interface RecordingHandler extends RequestHandler {
  readonly requests: readonly GatewayRequest[];
}

export function graphqlJsHandler(): RecordingHandler {
  const requests: GatewayRequest[] = [];
  return {
    requests,
    async handle(request) {
      requests.push(request);
      await turn();
      return answer(request);
    },
  };
}

async function answer(request: GatewayRequest): Promise<GatewayAnswer> {
  let document: DocumentNode;
  try {
    document = parse(request.query);
  } catch (error) {
    return refused([error as GraphQLError], 'GRAPHQL_PARSE_FAILED');
  }
  const errors = validate(schema, document);
  if (errors.length > 0) return refused(errors, 'GRAPHQL_VALIDATION_FAILED');
  const operation = getOperationAST(document, request.operationName);
  if (operation == null) return refused([new GraphQLError('Which operation?')], 'OPERATION_NOT_SUPPORTED');
  if (operation.operation === 'mutation' && !request.allowMutation) {
    return refused([new GraphQLError('A GET may only query.')], 'OPERATION_NOT_SUPPORTED', 405);
  }
  const coerced = getVariableValues(schema, operation.variableDefinitions ?? [], request.variables ?? {});
  if (coerced.errors !== undefined) return refused(coerced.errors, 'BAD_USER_INPUT');
  const result = await execute({
    schema,
    document,
    rootValue: root,
    variableValues: request.variables ?? {},
    operationName: request.operationName ?? null,
  });
  return {
    kind: 'executed',
    text: JSON.stringify(result),
    hasData: result.data != null,
    hasErrors: result.errors !== undefined,
  };
}

function refused(errors: readonly GraphQLError[], code: string, status = 400): GatewayAnswer {
  return {
    kind: 'refused',
    status,
    errors: errors.map((error): GraphQLFormattedError => ({ ...error.toJSON(), extensions: { code } })),
  };
}
