// Calls to other services' endpoints: service token, deadline, retry within a budget, circuit breaker.
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleAll } from 'cockatiel';
import { Agent, request } from 'undici';
import type { z } from 'zod';
import { contextHeaders, remainingMs } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { createRetryBudget } from './retry-budget.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { ServiceUnavailable } from './rejection.ts';
import type { ServiceTokens } from './service-token.ts';

/** A call without a deadline of its own ends by then. */
const longestCallMs = 3_000;
const connectTimeoutMs = 1_000;
const connectionsPerTarget = 32;
/** After so many failures in a row a target is left alone for the pause; one call then tries it. */
const failuresToBreak = 10;
const breakPauseMs = 1_000;
const retryPauseMs = 20;

export interface ServiceClient {
  /**
   * Sends the body to the endpoint and reads its answer. Endpoints are idempotent, so a lost answer is asked for
   * again while the budget lasts. Throws ServiceUnavailable or DeadlineExceeded.
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
    if (response.statusCode !== 200)
      throw new Error(`${endpoint.path} answered ${response.statusCode}: ${text.slice(0, 500)}`);
    return JSON.parse(text);
  }

  return {
    async call(endpoint, body, { timeoutMs = longestCallMs } = {}) {
      const endsAt = performance.now() + Math.min(timeoutMs, remainingMs() ?? Infinity);
      let breaker = breakers.get(endpoint.service);
      if (breaker === undefined) breakers.set(endpoint.service, (breaker = newBreaker()));
      const payload = JSON.stringify(body);
      budget.called();
      for (;;) {
        const leftMs = Math.floor(endsAt - performance.now());
        if (leftMs <= 0) throw new DeadlineExceeded(`the deadline passed during ${endpoint.path}`);
        try {
          const answer = await breaker.execute(() => send(endpoint, payload, leftMs));
          return endpoint.response.parse(answer);
        } catch (cause) {
          if (performance.now() >= endsAt)
            throw new DeadlineExceeded(`the deadline passed during ${endpoint.path}`, { cause });
          if (cause instanceof BrokenCircuitError || !budget.mayRetry())
            throw new ServiceUnavailable(endpoint.service, cause);
          await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
        }
      }
    },
    close: () => agent.close(),
  };
}

function newBreaker() {
  return circuitBreaker(handleAll, {
    halfOpenAfter: breakPauseMs,
    breaker: new ConsecutiveBreaker(failuresToBreak),
  });
}
