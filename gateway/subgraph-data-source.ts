// One request to a subgraph, to any of its replicas: the caller's own token, the context and what is left of the
// deadline go along; at its end the request is aborted.
import type { GraphQLDataSource } from '@apollo/gateway';
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import type { GraphQLFormattedError } from 'graphql';
import { z } from 'zod';
import { currentContext, DeadlineExceeded, ServiceUnavailable, type ReplicaCalls } from '@simplebank/chassis';

/** A subgraph that takes longer is not waited for, even when the caller would. */
const longestFetchMs = 10_000;

/** GraphQL, section 7.1: an answer without data says why. */
const answerSchema = z
  .object({
    data: z.record(z.string(), z.unknown()).nullish(),
    errors: z
      .array(z.custom<GraphQLFormattedError>((error) => typeof error === 'object' && error !== null))
      .optional(),
  })
  .refine(({ data, errors = [] }) => data != null || errors.length > 0);

export interface SubgraphDataSources {
  of(name: string): GraphQLDataSource;
}

export function createSubgraphDataSources(options: {
  calls: ReplicaCalls;
  warn: (message: string) => void;
}): SubgraphDataSources {
  const { calls, warn } = options;

  async function post(
    name: string,
    query: string | undefined,
    body: string,
  ): Promise<GatewayGraphQLResponse> {
    try {
      const { status, text } = await calls.send(name, '/graphql', {
        body,
        authorization: currentContext()?.authorization,
        longestMs: longestFetchMs,
        isRepeatable: () => isQuery(query),
      });
      return answerOf(name, status, text);
    } catch (fault) {
      if (fault instanceof DeadlineExceeded) return deadlineExceeded;
      if (!(fault instanceof ServiceUnavailable)) throw fault;
      const { cause } = fault;
      warn(`${fault.message}: ${cause instanceof Error ? cause.message : String(cause)}`);
      return unavailable;
    }
  }

  function answerOf(name: string, status: number, text: string): GatewayGraphQLResponse {
    const answer = answerSchema.safeParse(parseJson(text));
    if (!answer.success) {
      warn(`${name} answered ${status} without a GraphQL result`);
      return unavailable;
    }
    const { data, errors } = answer.data;
    return { data: data ?? null, ...(errors === undefined ? {} : { errors }) };
  }

  return {
    of: (name) => ({
      async process({ request: { query, variables, operationName } }) {
        const answer = await post(name, query, JSON.stringify({ query, variables, operationName }));
        const representations: unknown = variables?.['representations'];
        return placed(answer, Array.isArray(representations) ? representations.length : 0);
      },
    }),
  };
}

/** Of the planner's own operations, which begin with their kind; a mutation is never sent twice. */
function isQuery(operation: string | undefined): boolean {
  return operation !== undefined && /^\s*(query\b|\{)/.test(operation);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** An error that fails a whole fetch of entities fails each of them; so the engine can say where in the query. */
function placed(answer: GatewayGraphQLResponse, entities: number): GatewayGraphQLResponse {
  if (answer.data !== null || answer.errors === undefined || entities === 0) return answer;
  const errors = answer.errors.flatMap((error) =>
    error.path === undefined
      ? Array.from({ length: entities }, (_, index) => ({ ...error, path: ['_entities', index] }))
      : [error],
  );
  return { ...answer, errors };
}

// Answers rather than exceptions: the engine then goes on with the rest of the query.
const deadlineExceeded = faultAnswer('DEADLINE_EXCEEDED', 'The answer was not ready in time.');
const unavailable = faultAnswer('SERVICE_UNAVAILABLE', 'A part of the bank does not answer right now.');

function faultAnswer(code: string, message: string): GatewayGraphQLResponse {
  return { data: null, errors: [{ message, extensions: { code } }] };
}
