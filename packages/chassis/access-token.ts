// The customer's access token: a signed JWT that names the accounts it may act on and lives five minutes.
// Every service verifies it by itself against the issuer's published keys.
import { createRemoteJWKSet, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { z } from 'zod';
import { PublicError, ServiceUnavailable } from './rejection.ts';

/** Who is asking, as the token says. */
export interface Caller {
  readonly customerId: string;
  readonly accountIds: ReadonlySet<string>;
}

export const accessTokenAudience = 'simplebank';
export const accessTokenAlgorithm = 'ES256';

/** Verified tokens are remembered until they expire, this many at most, since verifying is the dearest part of a small request. */
const rememberedTokens = 10_000;
const jwksTimeoutMs = 2_000;

const claimsSchema = z.object({ sub: z.string(), accounts: z.array(z.string()), exp: z.number() });

export interface AccessTokens {
  /**
   * The caller behind an Authorization header; undefined without one. Throws PublicError UNAUTHENTICATED, and
   * ServiceUnavailable when the keys cannot be fetched.
   */
  verify(authorization: string | undefined): Promise<Caller | undefined>;
}

export function createAccessTokens(options: { issuer: string; jwksUrl: () => URL }): AccessTokens {
  let keys: JWTVerifyGetKey | undefined;
  const remembered = new Map<string, { caller: Caller; expiresAtMs: number }>();

  async function verifyToken(token: string): Promise<Caller> {
    const known = remembered.get(token);
    if (known !== undefined) {
      if (known.expiresAtMs > Date.now()) return known.caller;
      remembered.delete(token);
      throw unauthenticated();
    }
    // The issuer's address is asked for late: in one process its port is known only once it listens.
    keys ??= createRemoteJWKSet(options.jwksUrl(), { timeoutDuration: jwksTimeoutMs });
    const { payload } = await jwtVerify(token, keys, {
      issuer: options.issuer,
      audience: accessTokenAudience,
      algorithms: [accessTokenAlgorithm],
    }).catch((cause: unknown) => {
      throw isTokenProblem(cause) ? unauthenticated() : new ServiceUnavailable('identity', cause);
    });
    const claims = claimsSchema.safeParse(payload);
    if (!claims.success) throw unauthenticated();
    const { sub, accounts, exp } = claims.data;
    const caller: Caller = { customerId: sub, accountIds: new Set(accounts) };
    if (remembered.size >= rememberedTokens) remembered.delete(remembered.keys().next().value ?? '');
    remembered.set(token, { caller, expiresAtMs: exp * 1000 });
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
