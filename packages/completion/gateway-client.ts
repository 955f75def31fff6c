// How a BFF asks the gateway: the caller's own token, the context and what is left of the deadline go along.
import { OperationTypeNode, type GraphQLFormattedError } from 'graphql';
import {
  currentContext,
  consistencyHeader,
  idempotencyKeyHeader,
  remainingMs,
  publicFault,
  type ReplicaCalls,
} from '@simplebank/chassis';
import { withErrorExtensions } from './answer-errors.ts';
import { problem } from './accept-operation.ts';
import { OperationRefused } from './operation-request.ts';
import { isMutation, operationKindOf } from './mutations/operation-kind.ts';

/** Whatever the deadline: a mutation under its idempotency key is held for twice as long at most. */
export const longestAskMs = 10_000;
/** For work that has no deadline of its own, as a live query's next page. */
const usualAskMs = 5_000;

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
  /** As the client sent it; only a mutation takes it along. */
  readonly idempotencyKey?: unknown;
  /** Aborted when who asked has gone: a query is then stopped, and a mutation if it has not been sent yet. */
  readonly signal?: AbortSignal | undefined;
}

export interface ForwardedAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly text: string;
}

export interface MoreOfRequest extends Pick<ForwardedRequest, 'idempotencyKey' | 'signal'> {
  readonly operationName?: string | undefined;
  /** As the gateway's `extensions.fresh`: the answer shows what is so since it was asked. */
  readonly isFresh?: boolean;
}

/** Stands before every mutation. */
export interface MutationGuard {
  /** `send` passes it on under the key that is given, if any. Throws OperationRefused. */
  carryOut(
    request: ForwardedRequest & { readonly body: string },
    send: (key: string | undefined) => Promise<ForwardedAnswer>,
  ): Promise<ForwardedAnswer>;
}

export interface GatewayClient {
  /**
   * Passes a GraphQL request on as it came; a query whose answer was lost is asked once more. Throws
   * GivenUp, ServiceUnavailable, DeadlineExceeded or, as the guard says, OperationRefused.
   */
  forward(request: ForwardedRequest): Promise<ForwardedAnswer>;
  /** Runs an operation; faults come back as errors with their public code. */
  ask(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    more?: MoreOfRequest,
  ): Promise<GatewayAnswer>;
  close(): Promise<void>;
}

export function createGatewayClient(calls: ReplicaCalls, guard: MutationGuard = noGuard): GatewayClient {
  const send = async (request: ForwardedRequest, key?: string): Promise<ForwardedAnswer> => {
    const { body, search = '', accept, signal } = request;
    const { consistency } = currentContext() ?? {};
    const { status, contentType, text } = await calls.send('gateway', `/graphql${search}`, {
      ...(body === undefined ? {} : { body }),
      authorization: currentContext()?.authorization,
      headers: {
        ...(key === undefined ? {} : { [idempotencyKeyHeader]: key }),
        ...(consistency === undefined ? {} : { [consistencyHeader]: consistency }),
      },
      accept,
      signal,
      longestMs: remainingMs() === undefined ? usualAskMs : longestAskMs,
      // The gateway carries out no mutation by GET.
      isRepeatable: () => body === undefined || operationKindOf(body) === OperationTypeNode.QUERY,
    });
    return { status, contentType, text: withErrorExtensions(text, currentContext()?.correlationId) };
  };
  const forward = async (request: ForwardedRequest): Promise<ForwardedAnswer> => {
    const { body } = request;
    if (body === undefined || !isMutation(body)) return send(request);
    return guard.carryOut({ ...request, body }, (key) => send(request, key));
  };
  return {
    forward,
    async ask(query, variables, { operationName, idempotencyKey, signal, isFresh = false } = {}) {
      try {
        const extensions = isFresh ? { fresh: true } : undefined;
        const body = JSON.stringify({ query, variables, operationName, extensions });
        const { text } = await forward({ body, idempotencyKey, signal });
        return JSON.parse(text) as GatewayAnswer;
      } catch (fault) {
        const { code, message } = fault instanceof OperationRefused ? fault : publicFault(fault);
        return { errors: [problem(code, message)] };
      }
    },
    close: () => calls.close(),
  };
}

/** For what never mutates. */
const noGuard: MutationGuard = { carryOut: (_request, send) => send(undefined) };
