// What all sockets and streams of a BFF are given.
import type { GraphQLFormattedError } from 'graphql';
import type { AppVersions } from './app-versions.ts';
import type { Accepted, OperationRequest } from './accept-operation.ts';
import type { CursorScope } from './live/cursor.ts';
import type { HeldSession, HeldTokens } from './sessions/held-tokens.ts';
import type { LivePlaces } from './limits/live-places.ts';
import type { LiveFeeds } from './live/live-feeds.ts';
import type { RateLimits } from './limits/rate-limits.ts';
import type { SignedIn } from './sessions/sign-in.ts';

/** The last event of a story has arrived at a client of this customer. Only sockets can tell. */
export type OnTaken = (end: CursorScope, customerId: string) => void;

export interface SessionOptions {
  readonly appVersions: AppVersions;
  readonly limits: RateLimits;
  /** By the document that is meant, its variables, and what is done for it here. */
  readonly costOf: (request: OperationRequest) => number;
  readonly places: LivePlaces;
  readonly liveQueries: Pick<LiveFeeds, 'subscribe' | 'leave' | 'renewed'>;
  /** `lastEventId`: where the transport has a place of its own for the cursor. */
  readonly accept: (request: OperationRequest, lastEventId?: string) => Accepted;
  readonly heldTokens: HeldTokens;
  /** By a token, or by one that is held for the client. Undefined or a rejection: who it is cannot be told. */
  readonly signIn: (
    authorization: string | undefined,
    held?: HeldSession | undefined,
  ) => Promise<SignedIn | undefined>;
  /** Queries and mutations; the answer as JSON, faults in it. Given up when the signal is aborted. */
  readonly execute: (
    request: OperationRequest,
    authorization: string,
    signal: AbortSignal,
  ) => Promise<string>;
  /** The errors of an operation that ends here, each with a correlation id, which is logged. */
  readonly identified: (errors: readonly GraphQLFormattedError[]) => readonly GraphQLFormattedError[];
  readonly onSlow: () => void;
  readonly onTaken?: OnTaken;
}
