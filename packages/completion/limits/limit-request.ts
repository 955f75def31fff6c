// A request over HTTP takes its cost out of the buckets of those who ask, or is refused with 429 and when to come back.
import type { FastifyRequest } from 'fastify';
import { currentContext } from '@simplebank/chassis';
import { OperationRefused } from '../operation-request.ts';
import { rateLimited, type Asking, type RateLimits } from './rate-limits.ts';

/** A request that carries no document costs as much as the smallest one. */
export const smallestCost = 1;

/** Throws OperationRefused RATE_LIMITED. `asking`: where the request's own context does not know it. */
export function limitRequest(
  limits: RateLimits,
  { raw }: FastifyRequest,
  cost: number,
  { customerId, sessionId }: Asking = currentContext()?.caller ?? {},
): void {
  const waitSeconds = limits.take(cost, { address: limits.addressOf(raw), customerId, sessionId });
  if (waitSeconds === undefined) return;
  throw new OperationRefused({
    status: 429,
    code: 'RATE_LIMITED',
    message: rateLimited(waitSeconds),
    headers: { 'retry-after': String(waitSeconds) },
  });
}
