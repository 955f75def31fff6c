// The faults of a database that callers treat differently from a plain SQL error: the connection was lost
// (the work may be retried) and the caller's own deadline passed (nobody waits for the answer any more).

import pg from 'pg';

/**
 * The server could not be reached, or went away under the statement. Safe to retry when the work is
 * idempotent; with `outcomeUnknown` the connection broke during COMMIT, so the work may have been committed.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  readonly code = 'DATABASE_UNAVAILABLE';
  readonly outcomeUnknown: boolean;

  constructor(cause: unknown, outcomeUnknown = false) {
    super(`the database is unavailable: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
    this.outcomeUnknown = outcomeUnknown;
  }
}

/** The caller's deadline passed before the statement ended; the statement was cancelled at the server. */
export class DeadlineExceeded extends Error {
  override readonly name = 'DeadlineExceeded';
  readonly code = 'DEADLINE_EXCEEDED';
}

// Class 08 is "connection exception"; the 57P ones end a session or refuse it while the server stops or
// recovers; 53300 is "too many connections". See appendix A of the PostgreSQL manual.
const CONNECTION_SQLSTATES = new Set(['57P01', '57P02', '57P03', '57P05', '53300']);

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

// pg reports these without a code, so their texts are all there is to go by.
const CONNECTION_TEXTS = [
  'Connection terminated',
  'timeout exceeded when trying to connect',
  'timeout expired',
  'Query read timeout',
  'Client has encountered a connection error',
  'Client was closed and is not queryable',
];

/** Whether the error says that the connection is gone, rather than that the statement was wrong. */
export function isConnectionLoss(error: unknown): boolean {
  if (error instanceof DatabaseUnavailable) return true;
  if (error instanceof pg.DatabaseError) {
    const state = error.code ?? '';
    return state.startsWith('08') || CONNECTION_SQLSTATES.has(state);
  }
  if (!(error instanceof Error)) return false;
  if ('code' in error && typeof error.code === 'string' && NETWORK_CODES.has(error.code)) return true;
  return CONNECTION_TEXTS.some((text) => error.message.startsWith(text));
}

/** Connection losses become `DatabaseUnavailable`; every other error passes as it is, with its SQLSTATE `code`. */
export function asFault(error: unknown): unknown {
  if (error instanceof DatabaseUnavailable || !isConnectionLoss(error)) return error;
  return new DatabaseUnavailable(error);
}
