// What a handler's error means for the event. Most errors count as a failed try of that event; these do not:
// the infrastructure was away or busy, or an earlier event of the aggregate has not arrived yet.
import { DatabaseUnavailable, DeadlineExceeded, ServiceUnavailable } from '@simplebank/chassis';
import type { EventEnvelope } from './envelope.ts';

/** The chain of causes is followed this far; longer ones do not occur, but a circle would never end. */
const MAX_CAUSES = 10;
/** A peer or a server that is away, as Node reports it for connections that are not wrapped in a fault of ours. */
const NETWORK_CODES = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);
/**
 * The SQLSTATE classes that speak of the server's state and not of the statement (appendix A of the PostgreSQL
 * manual): connection, transaction state (as a read-only server), rollback (deadlock, serialization), resources,
 * object state (as a lock not available), operator intervention (as a timeout), system error (as a full disk).
 */
const SERVER_STATE = /^(?:08|25|40|53|55|57|58)[0-9A-Z]{3}$/;
/** Of class 25, but it says that the handler ignored an error and went on: no waiting mends that. */
const IN_FAILED_TRANSACTION = '25P02';

/** Thrown by a handler whose inbox said `gap`: the bus tries again later without counting. */
export class SequenceGap extends Error {
  override readonly name = 'SequenceGap';
  readonly code = 'SEQUENCE_GAP';

  constructor(event: Pick<EventEnvelope, 'source' | 'aggregateId' | 'sequence'>) {
    super(
      `event ${event.sequence} of ${event.source}/${event.aggregateId} came before one with a lower sequence`,
    );
  }
}

/** `gap` and `infrastructure` say nothing against the event; `failure` does. */
export type HandlerFault = 'failure' | 'gap' | 'infrastructure';

export function classifyHandlerFault(error: unknown): HandlerFault {
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    if (cause instanceof SequenceGap) return 'gap';
    if (isInfrastructure(cause)) return 'infrastructure';
    cause = cause.cause;
  }
  return 'failure';
}

function isInfrastructure(error: Error): boolean {
  if (error instanceof DatabaseUnavailable || error instanceof ServiceUnavailable) return true;
  if (error instanceof DeadlineExceeded) return true;
  if ('retryForever' in error && error.retryForever === true) return true;
  if (!('code' in error) || typeof error.code !== 'string') return false;
  return NETWORK_CODES.has(error.code) || isServerState(error.code);
}

function isServerState(code: string): boolean {
  return SERVER_STATE.test(code) && code !== IN_FAILED_TRANSACTION;
}

/** The text kept with a dead letter: the messages of the error and its causes. */
export function describeFault(error: unknown): string {
  const texts: string[] = [];
  let cause = error;
  for (let depth = 0; depth < MAX_CAUSES && cause instanceof Error; depth += 1) {
    texts.push(`${cause.name}: ${cause.message}`);
    cause = cause.cause;
  }
  return texts.length > 0 ? texts.join(' ← ') : String(error);
}
