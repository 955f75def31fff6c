// One request to a subgraph: the caller's own token, the context and what is left of the deadline go along;
// at its end the request is aborted. undici's `request`, the lightest of its clients that reads a body.
import type { GraphQLDataSource } from '@apollo/gateway';
import type { GatewayGraphQLResponse } from '@apollo/server-gateway-interface';
import type { GraphQLFormattedError } from 'graphql';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { contextHeaders, currentContext, remainingMs } from '@simplebank/chassis';

/** A subgraph that takes longer is not waited for, even when the caller would. */
const longestFetchMs = 10_000;
const connectTimeoutMs = 1_000;
const connectionsPerSubgraph = 64;

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
  /** `urlOf` is asked at each request, since an address may change while the gateway runs. */
  of(urlOf: () => string): GraphQLDataSource;
  close(): Promise<void>;
}

export function createSubgraphDataSources(warn: (message: string) => void): SubgraphDataSources {
  const agent = new Agent({
    connections: connectionsPerSubgraph,
    pipelining: 1,
    connect: { timeout: connectTimeoutMs },
  });

  async function post(url: string, body: string): Promise<GatewayGraphQLResponse> {
    const timeoutMs = Math.min(remainingMs() ?? longestFetchMs, longestFetchMs);
    if (timeoutMs <= 0) return deadlineExceeded;
    const authorization = currentContext()?.authorization;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await request(url, {
        method: 'POST',
        dispatcher: agent,
        body,
        headers: {
          ...contextHeaders(),
          'content-type': 'application/json',
          'x-deadline-ms': String(timeoutMs),
          ...(authorization === undefined ? {} : { authorization }),
        },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal,
      });
      return answerOf(response.statusCode, await response.body.text());
    } catch (cause) {
      if (signal.aborted) return deadlineExceeded;
      warn(`${url} does not answer: ${cause instanceof Error ? cause.message : String(cause)}`);
      return unavailable;
    }
  }

  function answerOf(status: number, text: string): GatewayGraphQLResponse {
    const answer = answerSchema.safeParse(parseJson(text));
    if (!answer.success) {
      warn(`a subgraph answered ${status} without a GraphQL result`);
      return unavailable;
    }
    const { data, errors } = answer.data;
    return { data: data ?? null, ...(errors === undefined ? {} : { errors }) };
  }

  return {
    of: (urlOf) => ({
      async process({ request: { query, variables, operationName } }) {
        const answer = await post(urlOf(), JSON.stringify({ query, variables, operationName }));
        const representations: unknown = variables?.['representations'];
        return placed(answer, Array.isArray(representations) ? representations.length : 0);
      },
    }),
    close: () => agent.close(),
  };
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
