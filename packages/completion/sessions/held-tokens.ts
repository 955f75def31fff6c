// Tokens that a BFF keeps for its clients, which bring something else: a browser brings its session's cookie. What lives
// longer than such a token, a socket or a stream, has it renewed by the BFF itself.
import type { IncomingMessage } from 'node:http';
import { PublicError, type AuthorizationOf } from '@simplebank/chassis';

export interface HeldSession {
  /**
   * `Bearer …`, good for a while. Throws PublicError UNAUTHENTICATED when the session has ended. `isActive`: somebody is
   * there, which an open socket alone does not say.
   */
  authorization(given: { readonly isActive: boolean }): Promise<string>;
}

export interface HeldTokens {
  /**
   * Whose tokens a request or an upgrade may use; undefined when it brings no session, or a token of its own. Throws
   * PublicError ORIGIN_REFUSED or CSRF_REFUSED for what a page of somebody else may have sent.
   */
  sessionOf(request: IncomingMessage, kind: 'request' | 'upgrade'): HeldSession | undefined;
  /** Clients may bring tokens of their own too. */
  readonly acceptsTokens: boolean;
}

/** Every client brings its own token. */
export const noHeldTokens: HeldTokens = { sessionOf: () => undefined, acceptsTokens: true };

export function authorizationBy({ sessionOf, acceptsTokens }: HeldTokens): AuthorizationOf {
  return async ({ raw, headers }) => {
    const session = sessionOf(raw, 'request');
    if (session !== undefined) return session.authorization({ isActive: true });
    return acceptsTokens ? headers.authorization : undefined;
  };
}

/** What is open with a held token. */
export interface Renewable {
  /** Undefined while nobody is signed in. */
  readonly signedIn: { readonly expiresAtMs: number; readonly held?: HeldSession | undefined } | undefined;
  renewHeld(session: HeldSession): Promise<void>;
  /** The session is over. */
  endSession(): void;
}

/** Two sweeps before it would run out; later than a held token is renewed when it is asked for. */
const renewBeforeMs = 50_000;
/** Each asks the database, which others need too. */
const atOnce = 20;

export async function renewDue(opened: Iterable<Renewable>): Promise<void> {
  const dueAtMs = Date.now() + renewBeforeMs;
  const due = [...opened].filter(({ signedIn }) => signedIn?.held && signedIn.expiresAtMs < dueAtMs);
  for (let from = 0; from < due.length; from += atOnce) {
    await Promise.all(due.slice(from, from + atOnce).map(renewOrEnd));
  }
}

async function renewOrEnd(renewable: Renewable): Promise<void> {
  const held = renewable.signedIn?.held;
  if (held === undefined) return;
  try {
    await renewable.renewHeld(held);
  } catch (fault) {
    // While something does not answer the next sweep tries again, until the token runs out.
    if (fault instanceof PublicError) renewable.endSession();
  }
}
