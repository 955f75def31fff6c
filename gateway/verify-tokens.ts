// Who asks, by a bearer token that an OpenID provider has signed: what @authenticated, @requiresScopes and @policy go by.
import type { IncomingHttpHeaders } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Caller } from './gateway-request.ts';
import { anonymous } from './http/front-options.ts';
import { HttpRefused } from './http/http-refused.ts';
import { RecentMap } from './operation/recent-map.ts';

export interface TokenOptions {
  readonly jwksUrl: string;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** Verified tokens, kept until they expire: a signature costs more than the rest of the request. */
const mostTokens = 10_000;
/** The keys are asked for when a token names one that is not known, at most so long. */
const keysTimeoutMs = 3_000;

interface Verified {
  readonly caller: Caller;
  readonly expiresAtMs: number;
}

/** Rejects with HttpRefused for a token that is not valid; a request without one is anonymous. */
export function verifyTokens(
  options: TokenOptions,
): (headers: IncomingHttpHeaders) => Caller | Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: keysTimeoutMs });
  const known = new RecentMap<Verified>({ mostEntries: mostTokens });
  const { issuer, audience } = options;
  const expected = {
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return ({ authorization }) => {
    if (authorization === undefined) return anonymous;
    const verified = known.get(authorization);
    if (verified !== undefined && verified.expiresAtMs > Date.now()) return verified.caller;
    return verify(authorization);
  };

  async function verify(authorization: string): Promise<Caller> {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated();
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      const caller = callerOf(payload);
      known.set(authorization, { caller, expiresAtMs: (payload.exp ?? 0) * 1_000 });
      return caller;
    } catch (fault) {
      if (fault instanceof errors.JWKSTimeout || !(fault instanceof errors.JOSEError)) {
        throw new HttpRefused(503, 'SERVICE_UNAVAILABLE', 'Tokens cannot be checked right now.');
      }
      throw unauthenticated();
    }
  }
}

/** RFC 8693: `scope` is one string; some providers write a list, under that name or as `scp`. */
function callerOf(payload: JWTPayload): Caller {
  return {
    isAuthenticated: true,
    scopes: new Set([...words(payload['scope']), ...words(payload['scp'])]),
    policies: new Set(words(payload['policies'])),
  };
}

function words(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ').filter((word) => word !== '');
  return Array.isArray(claim) ? claim.filter((word) => typeof word === 'string') : [];
}

function unauthenticated(): HttpRefused {
  return new HttpRefused(401, 'UNAUTHENTICATED', 'The access token is missing, expired or not valid.');
}
