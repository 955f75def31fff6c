// What all sockets and streams of a BFF have in common: what they are given, and how much one client may have.
import type { Accepted, OperationRequest } from './accept-operation.ts';
import type { LiveQueries } from './live-queries.ts';
import type { SignedIn } from './sign-in.ts';

/** Under way at once on one socket or reserved stream. */
export const mostOperations = 100;
/** A client that has so much to take yet is waited for, where it does not hold up others. */
export const slowBytes = 64 * 1024;
/** A client that has so much to take yet is cut off, and resumes by its cursor: events are never left out. */
export const mostBufferedBytes = 1024 * 1024;

export interface SessionOptions {
  readonly liveQueries: LiveQueries;
  /** `lastEventId`: where the transport has a place of its own for the cursor. */
  readonly accept: (request: OperationRequest, lastEventId?: string) => Accepted;
  /** Undefined or a rejection: who it is cannot be told. */
  readonly signIn: (authorization: string | undefined) => Promise<SignedIn | undefined>;
  /** Queries and mutations; the answer as JSON, faults in it. */
  readonly execute: (request: OperationRequest, authorization: string) => Promise<string>;
  readonly onSlow: () => void;
}
