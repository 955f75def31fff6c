// What a handler's error means for the event. Most errors count as a failed try of that event; these do not:
// the infrastructure was away, or an earlier event of the aggregate has not arrived yet.
import { DatabaseUnavailable, ServiceUnavailable } from '@simplebank/chassis';
import type { EventEnvelope } from './envelope.ts';

/** The chain of causes is followed this far; longer ones do not occur, but a circle would never end. */
const MAX_CAUSES = 10;
/** A peer or a server that is away, as Node reports it for connections that are not wrapped in a fault of ours. */
const NETWORK_CODES = new Set<unknown>(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT']);

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
  if ('retryForever' in error && error.retryForever === true) return true;
  return 'code' in error && NETWORK_CODES.has(error.code);
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
