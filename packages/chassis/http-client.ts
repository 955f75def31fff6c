// Calls to other services' endpoints: service token, deadline, retry within a budget, circuit breaker.
import { BrokenCircuitError, circuitBreaker, ConsecutiveBreaker, handleWhen } from 'cockatiel';
import type { z } from 'zod';
import { remainingMs } from './context.ts';
import type { Endpoint } from './endpoint.ts';
import { createRetryBudget } from './retry-budget.ts';
import { DeadlineExceeded } from './database-faults.ts';
import { RequestRefused, ServiceUnavailable } from './rejection.ts';
import { fairTimeMs, NotSent, type ReplicaCalls } from './replica-calls.ts';
import type { ServiceTokens } from './service-token.ts';

/** A call without a deadline of its own ends by then. */
const longestCallMs = 3_000;
/**
 * After so many failures in a row a service is left alone for the pause; one call then tries it. This is about the
 * service as a whole, as when its database is away; a replica that is dead is left out before, and alone.
 */
const failuresToBreak = 10;
const breakPauseMs = 1_000;
const retryPauseMs = 20;
/** Characters of a refusal that go into the error. */
const longestQuote = 500;
/** One call takes no more than this of the budget: a target that is gone would use up the retries of all others. */
const mostRetriesACall = 3;
/** The service was given too little time to say anything about it. */
class NearDeadline extends DeadlineExceeded {}

/** One replica's answer that says nothing about the service as a whole. */
class OtherVersion extends Error {
  override readonly name = 'OtherVersion';
}

/** These of the 4xx say that the same request may be taken later (RFC 9110, section 15.5.9; RFC 6585, section 4). */
const laterStatuses: ReadonlySet<number> = new Set([408, 429]);
/**
 * A replica of another version or with another secret than ours, as there are while a service is rolled: it does not
 * know the endpoint yet, or not our token. The next one may.
 */
const otherVersionStatuses: ReadonlySet<number> = new Set([401, 403, 404]);

export interface ServiceClient {
  /**
   * Sends the body to the endpoint and reads its answer. Endpoints are idempotent, so a lost answer is asked for
   * again while the budget lasts, of another replica when there is one; a refused request and an answer that does
   * not fit are not. Throws RequestRefused, ServiceUnavailable or DeadlineExceeded.
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
  calls: ReplicaCalls;
}): ServiceClient {
  const budget = createRetryBudget();
  const breakers = new Map<string, ReturnType<typeof newBreaker>>();

  async function send({ service, path }: Endpoint, request: Attempt): Promise<unknown> {
    const authorization = await options.serviceTokens.headerFor(service);
    const { status, text } = await options.calls
      .send(service, path, { ...request, authorization })
      .catch((cause: unknown) => {
        const isUnfair = cause instanceof DeadlineExceeded && request.longestMs < fairTimeMs;
        throw isUnfair ? new NearDeadline(cause.message, { cause }) : cause;
      });
    if (status === 200) return JSON.parse(text);
    const problem = `${path} answered ${status}: ${text.slice(0, longestQuote)}`;
    if (otherVersionStatuses.has(status)) throw new OtherVersion(problem);
    throw isRefusal(status) ? new RequestRefused(problem) : new Error(problem);
  }

  return {
    async call(endpoint, body, { timeoutMs = longestCallMs } = {}) {
      const endsAt = performance.now() + Math.min(timeoutMs, remainingMs() ?? Infinity);
      let breaker = breakers.get(endpoint.service);
      if (breaker === undefined) breakers.set(endpoint.service, (breaker = newBreaker()));
      const payload = JSON.stringify(body);
      const tried = new Set<string>();
      budget.called();
      for (let retries = 0; ; retries += 1) {
        const longestMs = Math.floor(endsAt - performance.now());
        if (longestMs <= 0) throw new DeadlineExceeded(`the deadline passed during ${endpoint.path}`);
        let answer: unknown;
        try {
          answer = await breaker.execute(() => send(endpoint, { body: payload, longestMs, tried }));
        } catch (cause) {
          if (cause instanceof RequestRefused || cause instanceof DeadlineExceeded) throw cause;
          // What was not sent was tried for long enough already.
          const isOver = cause instanceof BrokenCircuitError || cause instanceof NotSent;
          if (isOver || retries >= mostRetriesACall || !budget.mayRetry())
            throw new ServiceUnavailable(endpoint.service, cause);
          await new Promise((resolve) => setTimeout(resolve, retryPauseMs));
          continue;
        }
        const fitting = endpoint.response.safeParse(answer);
        if (fitting.success) return fitting.data;
        throw new ServiceUnavailable(endpoint.service, fitting.error);
      }
    },
    close: () => options.calls.close(),
  };
}

interface Attempt {
  readonly body: string;
  readonly longestMs: number;
  readonly tried: Set<string>;
}

function isRefusal(status: number): boolean {
  return status >= 400 && status < 500 && !laterStatuses.has(status);
}

/** These say nothing about whether the service is well. */
const uncounted = [RequestRefused, NearDeadline, OtherVersion] as const;

function newBreaker() {
  return circuitBreaker(
    handleWhen((failure) => !uncounted.some((kind) => failure instanceof kind)),
    {
      halfOpenAfter: breakPauseMs,
      breaker: new ConsecutiveBreaker(failuresToBreak),
    },
  );
}
