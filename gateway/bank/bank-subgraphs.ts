// One request of the engine to a subgraph of the bank, over the chassis: to any of its replicas, with the caller's own
// token, the context and what is left of the deadline; at its end the request is aborted.
import {
  consistencyHeader,
  currentContext,
  DeadlineExceeded,
  idempotencyKeyHeader,
  publicFault,
  ServiceUnavailable,
  type Logger,
  type Rejection,
  type ReplicaCalls,
} from '@simplebank/chassis';
import type { FetchContext, SubgraphAnswer, SubgraphError, SubgraphFetcher } from '../subgraph-fetch.ts';
import { interpretAnswer } from '../transport/interpret-answer.ts';

/** A subgraph that takes longer is not waited for, even when the caller would. */
const longestFetchMs = 10_000;

/** Besides the token: what makes a mutation safe to repeat, and what a query must not be older than. */
export const passedOnHeaders: readonly string[] = [idempotencyKeyHeader, consistencyHeader];

/** Said of a subgraph whose answer is none. */
const unavailable: Rejection = {
  code: 'SERVICE_UNAVAILABLE',
  message: 'A part of the bank does not answer right now.',
};

export function createBankSubgraphs({ calls, log }: { calls: ReplicaCalls; log: Logger }): SubgraphFetcher {
  return {
    async fetch({ subgraph, operationKind, body, context }) {
      try {
        const { status, text } = await calls.send(subgraph, '/graphql', {
          body,
          // Of the request as the engine knows it: by the same headers it decides who may share an answer.
          authorization: headerOf(context, 'authorization'),
          headers: passedOn(context),
          longestMs: longestFetchMs,
          isRepeatable: () => operationKind === 'query',
        });
        const answer = interpretAnswer(status, text);
        if ('notAnswered' in answer) {
          log.warn(`${subgraph} answered ${answer.notAnswered}`);
          return faultAnswer(unavailable);
        }
        if (answer.errors.every(hasCode)) return answer;
        log.warn(`${subgraph} reported an error without a code`);
        return { ...answer, errors: answer.errors.map(coded) };
      } catch (fault) {
        tell(log, fault);
        return faultAnswer(publicFault(fault));
      }
    },
  };
}

function headerOf({ headers }: FetchContext, wanted: string): string | undefined {
  return headers.find(([name]) => name === wanted)?.[1];
}

function passedOn({ headers }: FetchContext): Record<string, string> {
  return Object.fromEntries(headers.filter(([name]) => passedOnHeaders.includes(name)));
}

/** The cause of a bug is for the log; that a client asked for too little time is nobody's fault. */
function tell(log: Logger, fault: unknown): void {
  if (fault instanceof DeadlineExceeded) return;
  if (!(fault instanceof ServiceUnavailable)) return log.error({ err: fault }, 'request failed');
  const { message, cause } = fault;
  log.warn(`${message}: ${cause instanceof Error ? cause.message : String(cause)}`);
}

function hasCode({ extensions }: SubgraphError): boolean {
  return typeof extensions?.['code'] === 'string';
}

/** Every error that leaves the bank has a code; one that has none was not made by the chassis. */
function coded(error: SubgraphError): SubgraphError {
  return hasCode(error) ? error : { ...error, ...publicError(unavailable) };
}

/** An answer rather than an exception: the engine then goes on with the rest of the query. */
function faultAnswer(rejection: Rejection): SubgraphAnswer {
  return { data: null, errors: [publicError(rejection)] };
}

function publicError({ code, message }: Rejection): SubgraphError {
  const correlationId = currentContext()?.correlationId;
  return { message, extensions: code === 'INTERNAL_ERROR' ? { code, correlationId } : { code } };
}
