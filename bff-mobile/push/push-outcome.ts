// What a push service's answer means for a push (RFC 8030, sections 5, 7.3 and 8.4), and when to try again.

/** A little over half an hour in all with the pauses below, unless the push service asks for more patience. */
export const mostAttempts = 12;
const firstPauseMs = 1_000;
const longestPauseMs = 15 * 60_000;
/** Beyond that a push service's wish is not believed. */
const longestWishMs = 60 * 60_000;

export type PushOutcome =
  | { readonly kind: 'sent' }
  /** The subscription has ended: nothing reaches the device by it any more. */
  | { readonly kind: 'gone' }
  /** Sending the same again would change nothing. */
  | { readonly kind: 'refused' }
  | { readonly kind: 'later'; readonly wishMs?: number };

/** `retryAfter`: the header of that name, in seconds or as a date (RFC 9110, section 10.2.3). */
export function outcomeOf(status: number, retryAfter?: string, nowMs = Date.now()): PushOutcome {
  if (status >= 200 && status < 300) return { kind: 'sent' };
  if (status === 404 || status === 410) return { kind: 'gone' };
  if (status !== 408 && status !== 429 && status < 500) return { kind: 'refused' };
  const wishMs = retryAfter === undefined ? undefined : wishOf(retryAfter, nowMs);
  return { kind: 'later', ...(wishMs === undefined ? {} : { wishMs }) };
}

function wishOf(retryAfter: string, nowMs: number): number | undefined {
  const wishMs = /^\d+$/.test(retryAfter) ? Number(retryAfter) * 1_000 : Date.parse(retryAfter) - nowMs;
  return Number.isNaN(wishMs) ? undefined : Math.min(Math.max(wishMs, 0), longestWishMs);
}

/** After so many attempts; never sooner than the push service wishes. */
export function pauseMs(attempts: number, wishMs = 0): number {
  return Math.max(Math.min(firstPauseMs * 2 ** (attempts - 1), longestPauseMs), wishMs);
}
