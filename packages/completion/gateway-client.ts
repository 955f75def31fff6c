// How a BFF asks the gateway: the caller's own token, the context and what is left of the deadline go along.
import { getOperationAST, OperationTypeNode, parse, type GraphQLFormattedError } from 'graphql';
import { currentContext, publicFault, type ReplicaCalls } from '@simplebank/chassis';
import { withErrorExtensions } from './answer-errors.ts';
import { problem } from './accept-operation.ts';

/** For work that has no deadline of its own, as a live query's next page. */
const longestAskMs = 5_000;

export interface GatewayAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

/** A GraphQL request as HTTP brings it: a POST's body, or what stands behind the question mark of a GET. */
export interface ForwardedRequest {
  readonly body?: string;
  readonly search?: string;
  /** Default `application/json`. */
  readonly accept?: string | undefined;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface GatewayClient {
  /**
   * Passes a GraphQL request on as it came; a query whose answer was lost is asked once more. Throws
   * ServiceUnavailable or DeadlineExceeded.
   */
  forward(request: ForwardedRequest): Promise<ForwardedAnswer>;
  /** Runs an operation; faults come back as errors with their public code. */
  ask(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    operationName?: string,
  ): Promise<GatewayAnswer>;
  close(): Promise<void>;
}

export function createGatewayClient(calls: ReplicaCalls): GatewayClient {
  const forward = async ({ body, search = '', accept }: ForwardedRequest): Promise<ForwardedAnswer> => {
    const { status, contentType, text } = await calls.send('gateway', `/graphql${search}`, {
      ...(body === undefined ? {} : { body }),
      authorization: currentContext()?.authorization,
      accept,
      longestMs: longestAskMs,
      // The gateway carries out no mutation by GET.
      isRepeatable: () => body === undefined || isQuery(body),
    });
    return { status, contentType, text: withErrorExtensions(text, currentContext()?.correlationId) };
  };
  return {
    forward,
    async ask(query, variables, operationName) {
      try {
        const { text } = await forward({ body: JSON.stringify({ query, variables, operationName }) });
        return JSON.parse(text) as GatewayAnswer;
      } catch (fault) {
        const { code, message } = publicFault(fault);
        return { errors: [problem(code, message)] };
      }
    },
    close: () => calls.close(),
  };
}

/**
 * Whether the request only reads: a client may send a mutation also over its socket. Looked at only when the answer was
 * lost; what is not understood is no query.
 */
function isQuery(body: string): boolean {
  try {
    const { query, operationName } = JSON.parse(body) as { query: string; operationName?: string | null };
    return getOperationAST(parse(query), operationName)?.operation === OperationTypeNode.QUERY;
  } catch {
    return false;
  }
}
