// Sessions that have ended while access tokens of theirs live: a JWT cannot be called back, so every BFF process
// remembers for as long as such a token could live that it is to be refused. Whoever signs tokens says on a stream which
// sessions end, an event each, whose aggregate is the session (claim `sid`).
import { PublicError, type Logger } from '@simplebank/chassis';
import type { Bus } from '@simplebank/events';

/** Tokens live five minutes; the rest is for what was being signed at the end, and for clocks that differ. */
const refusedForMs = 6 * 60_000;
/** About 20 MB. Only where more than 270 sessions end a second is one forgotten before its time. */
const mostRemembered = 100_000;

export interface EndedSessions {
  /** Undefined for a token that is of no session. */
  isEnded(sessionId: string | undefined): boolean;
  /** Called back once for each session, as soon as its end is known here. */
  onEnded(listener: (sessionId: string) => void): void;
}

export interface FollowedSessions extends EndedSessions {
  stop(): Promise<void>;
}

export const noEndedSessions: FollowedSessions = {
  isEnded: () => false,
  onEnded: () => undefined,
  stop: async () => undefined,
};

export interface SessionEndsOptions {
  readonly bus: Pick<Bus, 'follow'>;
  readonly stream: string;
  readonly log: Pick<Logger, 'warn'>;
  readonly now?: () => number;
}

export async function followSessionEnds(options: SessionEndsOptions): Promise<FollowedSessions> {
  const { bus, stream, log, now = Date.now } = options;
  const listeners: ((sessionId: string) => void)[] = [];
  /** Session → when it may be forgotten; in that order too. */
  const ended = new Map<string, number>();

  function remember(sessionId: string): void {
    for (const [oldest, forgetAtMs] of ended) {
      if (forgetAtMs > now() && ended.size < mostRemembered) break;
      ended.delete(oldest);
    }
    ended.set(sessionId, now() + refusedForMs);
  }

  const follower = await bus.follow({
    streams: [stream],
    // A process that has just started must know what ended before; the bus keeps an hour at least.
    from: 'start',
    onEvent({ aggregateId: sessionId, occurredAt }) {
      if (Date.parse(occurredAt) + refusedForMs < now() || ended.has(sessionId)) return;
      remember(sessionId);
      for (const listener of listeners) listener(sessionId);
    },
    // A bus that lost events gets those of the last minute again (packages/events), and older ones were read here.
    onGap: () =>
      log.warn({ stream }, 'ends of sessions may have been missed before this process had started'),
  });
  return {
    isEnded(sessionId) {
      const forgetAtMs = sessionId === undefined ? undefined : ended.get(sessionId);
      return forgetAtMs !== undefined && forgetAtMs > now();
    },
    onEnded: (listener) => void listeners.push(listener),
    stop: () => follower.stop(),
  };
}

export function sessionEnded(): PublicError {
  return new PublicError({ code: 'SESSION_ENDED', message: 'The session has ended; sign in again.' });
}

export function isSessionEnded(fault: unknown): boolean {
  return fault instanceof PublicError && fault.extensions['code'] === 'SESSION_ENDED';
}
