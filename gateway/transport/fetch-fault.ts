// What a fetch that did not succeed looks like to the executor, and what an operator hears of it. Clients learn the
// code and nothing of the house: no subgraph, no address, no reason.
import type { SubgraphAnswer } from '../subgraph-fetch.ts';

/** For logs. */
export interface FaultReport {
  readonly subgraph: string;
  /** Undefined when no replica was asked. */
  readonly url: string | undefined;
  readonly reason: string;
}

const messages = {
  SERVICE_UNAVAILABLE: 'A service that is needed here does not answer right now.',
  DEADLINE_EXCEEDED: 'The answer was not ready in time.',
  BAD_REQUEST: 'A header of the request cannot be passed on.',
} as const;

export type FaultCode = keyof typeof messages;

/** A new one each time: it belongs to whoever asked. */
export function faultAnswer(code: FaultCode): SubgraphAnswer {
  return { data: null, errors: [{ message: messages[code], extensions: { code } }] };
}
