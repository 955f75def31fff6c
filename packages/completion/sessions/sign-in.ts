// Who is at the other end of a socket or stream, by the newest token: whose events these are, and until when.
import type { AccessTokens, Caller } from '@simplebank/chassis';
import type { HeldSession } from './held-tokens.ts';
import type { Holder } from '../live/live-subscriber.ts';
import { sessionEnded, type EndedSessions } from './session-ends.ts';

export interface SignedIn extends Holder {
  /** Where the token comes from, and a newer one, when the client brought none itself. */
  readonly held?: HeldSession | undefined;
}

/**
 * Undefined without a token; throws PublicError UNAUTHENTICATED or SESSION_ENDED, and ServiceUnavailable without the
 * keys.
 */
export async function signIn(
  { accessTokens, endedSessions }: { accessTokens: AccessTokens; endedSessions: EndedSessions },
  authorization: string | undefined,
): Promise<SignedIn | undefined> {
  const caller = await accessTokens.verify(authorization);
  if (caller === undefined || authorization === undefined) return undefined;
  const { customerId, sessionId, expiresAtMs } = caller;
  if (endedSessions.isEnded(sessionId)) throw sessionEnded();
  return { authorization, customerId, sessionId, expiresAtMs, rights: rightsOf(caller) };
}

/** Callers of equal rights may see the same. */
export function rightsOf({ customerId, accountIds, scopes }: Caller): string {
  return JSON.stringify([customerId, [...accountIds].toSorted(), [...scopes].toSorted()]);
}
