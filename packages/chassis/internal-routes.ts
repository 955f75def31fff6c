// The serving side of endpoints between services: service token, validated body, one log line.
import type { FastifyInstance } from 'fastify';
import type { z } from 'zod';
import { forbidden } from './access-token.ts';
import type { Endpoint } from './endpoint.ts';
import type { Logger } from './log.ts';
import { PublicError } from './rejection.ts';
import type { ServiceTokens } from './service-token.ts';

export interface InternalRoute {
  readonly path: string;
  readonly answer: (body: unknown) => Promise<unknown>;
}

/** Binds an endpoint to the function that answers it; a body that does not fit never reaches it. */
export function answers<Request extends z.ZodType, Response extends z.ZodType>(
  endpoint: Endpoint<Request, Response>,
  answer: (body: z.output<Request>) => Promise<z.input<Response>>,
): InternalRoute {
  return {
    path: endpoint.path,
    async answer(body) {
      const parsed = endpoint.request.safeParse(body);
      if (parsed.success) return answer(parsed.data);
      throw new PublicError({ code: 'BAD_REQUEST', message: `${endpoint.path}: ${parsed.error.message}` });
    },
  };
}

export function serveInternalRoutes(
  app: FastifyInstance,
  routes: readonly InternalRoute[],
  { log, serviceTokens }: { log: Logger; serviceTokens: ServiceTokens },
): void {
  for (const { path, answer } of routes) {
    // Service tokens instead of customers' ones.
    app.post(path, { config: { anonymous: true } }, async (request) => {
      const caller = await serviceTokens.verify(request.headers.authorization);
      if (caller === undefined) throw forbidden();
      const startedAt = performance.now();
      const answered = await answer(request.body);
      log.info({ path, caller, ms: Math.round((performance.now() - startedAt) * 10) / 10 }, 'command');
      return answered;
    });
  }
}
