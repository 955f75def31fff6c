// The customer's access token: a signed JWT that names the accounts it may act on and what for (its scopes), and lives
// five minutes.
// Every service verifies it by itself against the issuer's published keys.
import { createRemoteJWKSet, customFetch, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { backgroundContext, runInContext, type Caller } from './context.ts';
import { PublicError, ServiceUnavailable } from './rejection.ts';
import type { ReplicaCalls } from './replica-calls.ts';

export const accessTokenAudience = 'simplebank';
export const accessTokenAlgorithm = 'ES256';

/** Verified tokens are remembered until they expire, this many at most, since verifying is the dearest part of a small request. */
const rememberedTokens = 10_000;
const jwksTimeoutMs = 2_000;
const jwksPath = '/.well-known/jwks.json';

const claimsSchema = z.object({
  sub: z.string(),
  accounts: z.array(z.string()),
  /** RFC 8693, section 4.2: names with a space between them. A token without it is good for nothing that needs one. */
  scope: z.string().default(''),
  /** The session, by which a token is refused after its end; not all tokens are of one. */
  sid: z.string().min(1).optional(),
  exp: z.number(),
});

export interface AccessTokens {
  /**
   * The caller behind an Authorization header; undefined without one. Throws PublicError UNAUTHENTICATED, and
   * ServiceUnavailable when the keys cannot be fetched.
   */
  verify(authorization: string | undefined): Promise<Caller | undefined>;
}

/** The issuer's, as it publishes them. */
export function publishedKeys(calls: ReplicaCalls): JWTVerifyGetKey {
  // The way of all calls, since the issuer has any number of replicas; the URL only has to be one.
  return createRemoteJWKSet(new URL(jwksPath, 'http://identity'), {
    timeoutDuration: jwksTimeoutMs,
    [customFetch]: () => fetchKeys(calls),
  });
}

export function createAccessTokens(options: { issuer: string; keys: JWTVerifyGetKey }): AccessTokens {
  const remembered = new Map<string, Caller>();

  async function verifyToken(token: string): Promise<Caller> {
    const known = remembered.get(token);
    if (known !== undefined) {
      if (known.expiresAtMs > Date.now()) return known;
      remembered.delete(token);
      throw unauthenticated();
    }
    const { payload } = await jwtVerify(token, options.keys, {
      issuer: options.issuer,
      audience: accessTokenAudience,
      algorithms: [accessTokenAlgorithm],
    }).catch((cause: unknown) => {
      throw isTokenProblem(cause) ? unauthenticated() : new ServiceUnavailable('identity', cause);
    });
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) throw unauthenticated();
    const { sub, accounts, scope, sid, exp } = claims.data;
    const scopes = new Set(scope.split(' ').filter((name) => name !== ''));
    const caller: Caller = {
      customerId: sub,
      accountIds: new Set(accounts),
      scopes,
      expiresAtMs: exp * 1000,
      ...(sid === undefined ? {} : { sessionId: sid }),
    };
    if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(token, caller);
    return caller;
  }

  return {
    async verify(authorization) {
      if (authorization === undefined || authorization === '') return undefined;
      const match = /^Bearer ([\w-]+\.[\w-]+\.[\w-]+)$/i.exec(authorization);
      if (match?.[1] === undefined) throw unauthenticated();
      return verifyToken(match[1]);
    },
  };
}

/** Many requests wait for one fetch, so it has a deadline of its own and not that of the first of them. */
async function fetchKeys(calls: ReplicaCalls): Promise<Response> {
  const request = { longestMs: jwksTimeoutMs, isRepeatable: () => true };
  const { status, text } = await runInContext(backgroundContext({}), () =>
    calls.send('identity', jwksPath, request),
  );
  return new Response(text, { status });
}

export function unauthenticated(): PublicError {
  return new PublicError({
    code: 'UNAUTHENTICATED',
    message: 'Sign in: the access token is missing, expired or not valid.',
  });
}

export function forbidden(): PublicError {
  return new PublicError({ code: 'FORBIDDEN', message: 'You may not see or do this.' });
}

// jose marks what is wrong with the token itself by codes; anything else is a fault on the way to the keys.
const tokenProblems = /^ERR_(JWT|JWS|JOSE_ALG|JOSE_NOT_SUPPORTED|JWKS_NO_MATCHING_KEY|JWKS_MULTIPLE)/;

function isTokenProblem(cause: unknown): boolean {
  return cause instanceof Error && 'code' in cause && tokenProblems.test(String(cause.code));
}
