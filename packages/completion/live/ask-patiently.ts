// A read of a live query, asked again while the bank does not answer, and what a refusal of it says to the client.
import { setTimeout } from 'node:timers/promises';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { errorExtensions } from '@simplebank/chassis';
import type { GatewayAnswer } from '../gateway-client.ts';

/** While the gateway does not answer it is asked again, ever more slowly; the client then resumes by its cursor. */
const firstRetryPauseMs = 250;
const longestRetryPauseMs = 4_000;
const retryForMs = 30_000;
const worthRetrying = new Set(['SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL_ERROR']);

export interface PatientAsk {
  readonly ask: () => Promise<GatewayAnswer>;
  /** Has what was asked for. */
  readonly isAnswer: (answer: GatewayAnswer) => boolean;
  /** Told of each answer that is asked for again, so that a fault behind it is seen. */
  readonly onRetry: (code: string) => void;
  readonly signal: AbortSignal;
}

/** The last answer, which may be a refusal. */
export async function askPatiently({ ask, isAnswer, onRetry, signal }: PatientAsk): Promise<GatewayAnswer> {
  const givesUpAt = performance.now() + retryForMs;
  for (let pauseMs = firstRetryPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestRetryPauseMs)) {
    const answer = await ask();
    if (isAnswer(answer)) return answer;
    const code = String(answer.errors?.[0]?.extensions?.['code']);
    if (signal.aborted || !worthRetrying.has(code) || performance.now() > givesUpAt) return answer;
    onRetry(code);
    // By chance, so that many subscribers do not ask all at once. Aborting rejects the pause.
    const waitMs = pauseMs * (0.5 + 0.5 * Math.random());
    await setTimeout(waitMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return answer;
  }
}

export function refusalOf({ errors: [error] = [] }: GatewayAnswer): GraphQLError {
  const message = error?.message ?? 'A part of the bank does not answer right now.';
  const said = error?.extensions;
  const code = typeof said?.['code'] === 'string' ? said['code'] : 'SERVICE_UNAVAILABLE';
  return new GraphQLError(message, { extensions: { ...errorExtensions(code, undefined), ...said } });
}

/** They are places in the twin's document, which the client has never seen. */
export function withoutLocations({
  locations: _ofTheTwin,
  ...error
}: GraphQLFormattedError): GraphQLFormattedError {
  return error;
}
