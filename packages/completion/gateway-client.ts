// How a BFF asks the gateway: the caller's own token, the context and what is left of the deadline go along.
import type { GraphQLFormattedError } from 'graphql';
import { Agent, request } from 'undici';
import {
  contextHeaders,
  currentContext,
  publicFault,
  remainingMs,
  DeadlineExceeded,
  ServiceUnavailable,
} from '@simplebank/chassis';

const connectTimeoutMs = 1_000;
/** For work that has no deadline of its own, as a live query's next page. */
const longestAskMs = 5_000;

export interface GatewayAnswer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly GraphQLFormattedError[];
}

export interface GatewayClient {
  /** Passes a GraphQL request on as it came. Throws ServiceUnavailable or DeadlineExceeded. */
  forward(body: string): Promise<{ status: number; contentType: string; text: string }>;
  /** Runs an operation; faults come back as errors with their public code. */
  ask(
    query: string,
    variables: Readonly<Record<string, unknown>>,
    operationName?: string,
  ): Promise<GatewayAnswer>;
  close(): Promise<void>;
}

export function createGatewayClient(addressOf: () => string, connections: number): GatewayClient {
  const agent = new Agent({ connections, pipelining: 1, connect: { timeout: connectTimeoutMs } });

  async function forward(body: string) {
    const timeoutMs = Math.min(remainingMs() ?? longestAskMs, longestAskMs);
    if (timeoutMs <= 0) throw new DeadlineExceeded('the deadline passed before the gateway was asked');
    const authorization = currentContext()?.authorization;
    const signal = AbortSignal.timeout(timeoutMs);
    try {
      const response = await request(`${addressOf()}/graphql`, {
        method: 'POST',
        dispatcher: agent,
        body,
        headers: {
          ...contextHeaders(),
          'content-type': 'application/json',
          accept: 'application/json',
          'x-deadline-ms': String(timeoutMs),
          ...(authorization === undefined ? {} : { authorization }),
        },
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal,
      });
      const contentType = String(response.headers['content-type'] ?? 'application/json');
      return { status: response.statusCode, contentType, text: await response.body.text() };
    } catch (cause) {
      if (signal.aborted) throw new DeadlineExceeded('the deadline passed at the gateway', { cause });
      throw new ServiceUnavailable('gateway', cause);
    }
  }

  return {
    forward,
    async ask(query, variables, operationName) {
      try {
        const { text } = await forward(JSON.stringify({ query, variables, operationName }));
        return JSON.parse(text) as GatewayAnswer;
      } catch (fault) {
        const { code, message } = publicFault(fault);
        return { errors: [{ message, extensions: { code } }] };
      }
    },
    close: () => agent.close(),
  };
}
