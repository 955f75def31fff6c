// Where a customer sees the sessions that last, one for each device and browser, and revokes them. At identity, since no
// subgraph and no BFF owns sign-ins (ADR 0023). Any access token of the customer will do; no scope stands for it.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { createLocalJWKSet } from 'jose';
import {
  createAccessTokens,
  PublicError,
  unauthenticated,
  type AccessTokens,
  type Caller,
} from '@simplebank/chassis';
import { rejectionOf } from '@simplebank/contracts';
import type { LastingSessions } from './lasting-sessions.ts';
import type { Sessions } from './sessions.ts';
import type { SigningKeys } from './signing-keys.ts';

/** The token is looked at here: identity has the keys that others ask it for. */
const anonymous = { config: { anonymous: true } };

export interface SessionRoutesOptions {
  readonly issuer: string;
  readonly keys: SigningKeys;
  readonly lasting: LastingSessions;
  readonly sessions: Sessions;
}

export function sessionRoutes(app: FastifyInstance, options: SessionRoutesOptions): void {
  const { lasting, sessions } = options;
  const accessTokens = ownAccessTokens(options);

  async function callerOf({ headers }: FastifyRequest): Promise<Caller> {
    const caller = await accessTokens.verify(headers.authorization);
    if (caller === undefined) throw unauthenticated();
    const { sessionId } = caller;
    if (sessionId !== undefined && (await sessions.hasEnded(sessionId)))
      throw new PublicError(rejectionOf('SESSION_ENDED'));
    return caller;
  }

  app.get('/sessions', anonymous, async (request, reply) => {
    const { customerId, sessionId } = await callerOf(request);
    const found = await lasting.of(customerId);
    void reply.header('cache-control', 'no-store');
    return { sessions: found.map((session) => ({ ...session, current: session.id === sessionId })) };
  });

  app.delete<{ Params: { id: string } }>('/sessions/:id', anonymous, async (request, reply) => {
    const { customerId } = await callerOf(request);
    const isRevoked = await lasting.revoke(request.params.id, customerId);
    if (!isRevoked) throw new PublicError(rejectionOf('SESSION_NOT_FOUND'));
    return reply.code(204).send();
  });
}

function ownAccessTokens({ issuer, keys }: SessionRoutesOptions): AccessTokens {
  return createAccessTokens({
    issuer,
    async keys(header, token) {
      const { published } = await keys.current();
      return createLocalJWKSet({ keys: published.map(({ publicJwk }) => publicJwk) })(header, token);
    },
  });
}
