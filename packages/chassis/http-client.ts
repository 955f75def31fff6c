// Calls to other services' endpoints: service token, deadline, retry within a budget, circuit breaker.
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import { Agent, request } from 'undici';
import type { z } from 'zod';
import { contextHeaders, remainingMs } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { createRetryBudget } from './retry-budget.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { RequestRefused, ServiceUnavailable } from './rejection.ts';
import type { ServiceTokens } from './service-token.ts';

/** A call without a deadline of its own ends by then. */
const longestCallMs = 3_000;
const connectTimeoutMs = 1_000;
const connectionsPerTarget = 32;
/** After so many failures in a row a target is left alone for the pause; one call then tries it. */
const failuresToBreak = 10;
const breakPauseMs = 1_000;
const retryPauseMs = 20;
/** Characters of a refusal that go into the error. */
const longestQuote = 500;
/** One call takes no more than this of the budget: a target that is gone would use up the retries of all others. */
const mostRetriesACall = 3;
/** AbortSignal's timer may fire this much before the moment it was set for. */
const timerErrorMs = 1;

/** A target that did not answer within less than this has not failed: a client may ask for any deadline. */
const fairTimeMs = 250;

/** The target was given too little time to say anything about it. */
class GivenUp extends Error {
  override readonly name = 'GivenUp';
}

/** These of the 4xx say that the same request may be taken later (RFC 9110, section 15.5.9; RFC 6585, section 4). */
const laterStatuses: ReadonlySet<number> = new Set([408, 429]);

export interface ServiceClient {
  /**
   * Sends the body to the endpoint and reads its answer. Endpoints are idempotent, so a lost answer is asked for
   * again while the budget lasts; a refused request and an answer that does not fit are not. Throws
   * RequestRefused, ServiceUnavailable or DeadlineExceeded.
   */
  call<Request extends z.ZodType, Response extends z.ZodType>(
    endpoint: Endpoint<Request, Response>,
    body: z.input<Request>,
    options?: { timeoutMs?: number },
  ): Promise<z.output<Response>>;
  close(): Promise<void>;
}

export function createServiceClient(options: {
  serviceTokens: ServiceTokens;
  addressOf: (service: string) => string;
}): ServiceClient {
  const agent = new Agent({
    connections: connectionsPerTarget,
    connect: { timeout: connectTimeoutMs },
    pipelining: 1,
  });
  const budget = createRetryBudget();
  const breakers = new Map<string, ReturnType<typeof newBreaker>>();

  async function send(endpoint: Endpoint, payload: string, timeoutMs: number): Promise<unknown> {
    const response = await request(`${options.addressOf(endpoint.service)}${endpoint.path}`, {
      method: 'POST',
      dispatcher: agent,
      headers: {
        ...contextHeaders(),
        'content-type': 'application/json',
        'x-deadline-ms': String(timeoutMs),
        authorization: await options.serviceTokens.headerFor(endpoint.service),
      },
      body: payload,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
    const text = await response.body.text();
    if (response.statusCode === 200) return JSON.parse(text);
    const problem = `${endpoint.path} answered ${response.statusCode}: ${text.slice(0, longestQuote)}`;
    throw isRefusal(response.statusCode) ? new RequestRefused(problem) : new Error(problem);
  }

  async function sendFairly(endpoint: Endpoint, payload: string, timeoutMs: number): Promise<unknown> {
    try {
      return await send(endpoint, payload, timeoutMs);
    } catch (cause) {
      const isTimeout = cause instanceof Error && cause.name === 'TimeoutError';
      throw isTimeout && timeoutMs < fairTimeMs ? new GivenUp('the deadline was too near', { cause }) : cause;
    }
  }

  return {
    async call(endpoint, body, { timeoutMs = longestCallMs } = {}) {
      const endsAt = performance.now() + Math.min(timeoutMs, remainingMs() ?? Infinity);
      let breaker = breakers.get(endpoint.service);
      if (breaker === undefined) breakers.set(endpoint.service, (breaker = newBreaker()));
      const payload = JSON.stringify(body);
      budget.called();
      for (let retries = 0; ; retries += 1) {
        const leftMs = Math.floor(endsAt - performance.now());
        if (leftMs <= 0) throw new DeadlineExceeded(`the deadline passed during ${endpoint.path}`);
        let answer: unknown;
        try {
          answer = await breaker.execute(() => sendFairly(endpoint, payload, leftMs));
        } catch (cause) {
          if (cause instanceof RequestRefused) throw cause;
          if (performance.now() + timerErrorMs >= endsAt)
            throw new DeadlineExceeded(`the deadline passed during ${endpoint.path}`, { cause });
          if (cause instanceof BrokenCircuitError || retries >= mostRetriesACall || !budget.mayRetry())
            throw new ServiceUnavailable(endpoint.service, cause);
          await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
          continue;
        }
        const fitting = endpoint.response.safeParse(answer);
        if (fitting.success) return fitting.data;
        throw new ServiceUnavailable(endpoint.service, fitting.error);
      }
    },
    close: () => agent.close(),
  };
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !laterStatuses.has(status);
}

function newBreaker() {
  return circuitBreaker(
    handleWhen((failure) => !(failure instanceof RequestRefused || failure instanceof GivenUp)),
    {
      halfOpenAfter: breakPauseMs,
      breaker: new ConsecutiveBreaker(failuresToBreak),
    },
  );
}
