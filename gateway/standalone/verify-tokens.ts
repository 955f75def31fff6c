// Who asks, by a bearer token that an OpenID provider has signed: what @authenticated, @requiresScopes and @policy go by.
import type { IncomingHttpHeaders } from 'node:http';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload } from 'jose';
import type { Caller } from '../gateway-request.ts';
import { anonymous } from '../http/front-options.ts';
import { HttpRefused } from '../http/http-refused.ts';
import { RecentMap } from '../operation/recent-map.ts';

export interface TokenOptions {
  readonly jwksUrl: string;
  readonly issuer?: string | undefined;
  readonly audience?: string | undefined;
}

/** Verified tokens, kept until they expire: a signature costs more than the rest of the request. */
const mostTokens = 10_000;
/** Also of a token that lives longer, since the key that signed it may be withdrawn. */
const longestKeptMs = 300_000;
/** Seconds that this machine's clock may be behind the provider's, or before it. */
const clockToleranceSeconds = 5;
/** The keys are asked for when a token names one that is not known, at most so long. */
const keysTimeoutMs = 3_000;

interface Verified {
  readonly caller: Caller;
  readonly keptUntilMs: number;
}

/** Rejects with HttpRefused for a token that is not valid; a request without one is anonymous. */
export function verifyTokens(
  options: TokenOptions,
): (headers: IncomingHttpHeaders) => Caller | Promise<Caller> {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), { timeoutDuration: keysTimeoutMs });
  const known = new RecentMap<Verified>({ mostEntries: mostTokens });
  const { issuer, audience } = options;
  const expected = {
    clockTolerance: clockToleranceSeconds,
    ...(issuer === undefined ? {} : { issuer }),
    ...(audience === undefined ? {} : { audience }),
  };
  return ({ authorization }) => {
    if (authorization === undefined) return anonymous;
    const verified = known.get(authorization);
    if (verified !== undefined && verified.keptUntilMs > Date.now()) return verified.caller;
    return verify(authorization);
  };

  async function verify(authorization: string): Promise<Caller> {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization)?.[1];
    if (token === undefined) throw unauthenticated();
    try {
      const { payload } = await jwtVerify(token, keys, expected);
      const caller = callerOf(payload);
      const { exp = Infinity } = payload;
      known.set(authorization, { caller, keptUntilMs: Math.min(exp * 1_000, Date.now() + longestKeptMs) });
      return caller;
    } catch (fault) {
      if (isProviderAway(fault)) {
        throw new HttpRefused(503, 'SERVICE_UNAVAILABLE', 'Tokens cannot be checked right now.');
      }
      throw unauthenticated();
    }
  }
}

/** It does not answer, or not with keys: nothing is said about the token then. */
function isProviderAway(fault: unknown): boolean {
  if (!(fault instanceof errors.JOSEError)) return true;
  const isOther = fault.code === errors.JOSEError.code;
  return isOther || fault instanceof errors.JWKSTimeout || fault instanceof errors.JWKSInvalid;
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
