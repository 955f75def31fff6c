// What a BFF serves beside /graphql: routes of its own, under the same rate limits and with the same problems.
import type { FastifyInstance } from 'fastify';
import { currentContext } from '@simplebank/chassis';
import { refuse } from './http-operations.ts';
import { OperationRefused } from './operation-request.ts';
import { rateLimited, type RateLimits } from './rate-limits.ts';

/** Registers the routes; what they throw as OperationRefused is answered as a problem. */
export type OwnRoutes = (scope: FastifyInstance) => void;

/** A request of them costs as much as the smallest operation. */
const cost = 1;

export function serveOwnRoutes(scope: FastifyInstance, routes: OwnRoutes, limits: RateLimits): void {
  scope.addHook('preHandler', async ({ ip }) => {
    const customerId = currentContext()?.caller?.customerId;
    const asked = { address: ip, ...(customerId === undefined ? {} : { customerId }) };
    const waitSeconds = limits.take(cost, asked);
    if (waitSeconds === undefined) return;
    throw new OperationRefused({
      status: 429,
      code: 'RATE_LIMITED',
      message: rateLimited(waitSeconds),
      headers: { 'retry-after': String(waitSeconds) },
    });
  });
  scope.setErrorHandler(async (error, request, reply) => {
    if (error instanceof OperationRefused) return refuse(error, request, reply);
    throw error;
  });
  routes(scope);
}
