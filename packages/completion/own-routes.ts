// What a BFF serves beside /graphql: routes of its own, under the same rate limits and with the same problems.
import type { FastifyInstance } from 'fastify';
import { answerRefusals } from './http-operations.ts';
import { limitRequest, smallestCost } from './limits/limit-request.ts';
import type { RateLimits } from './limits/rate-limits.ts';

/** Registers the routes; what they throw as OperationRefused is answered as a problem. */
export type OwnRoutes = (scope: FastifyInstance) => void;

export function serveOwnRoutes(scope: FastifyInstance, routes: OwnRoutes, limits: RateLimits): void {
  scope.addHook('preHandler', async (request) => limitRequest(limits, request, smallestCost));
  answerRefusals(scope);
  routes(scope);
}
