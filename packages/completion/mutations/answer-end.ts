// What the gateway's answer to a mutation says of its end: whether sending the mutation again could bring another one.
import { retryableCodes } from '@simplebank/chassis';

/** `refused`: nothing was run, as for a document that is not valid. `passing`: it, or a part of it, may succeed later. */
export type AnswerEnd = 'refused' | 'passing' | 'final';

interface Answer {
  /** Of a problem of RFC 9457. */
  readonly code?: unknown;
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

export function answerEndOf({ status, text }: { readonly status: number; readonly text: string }): AnswerEnd {
  const answer = parsed(text);
  if (answer === undefined || answer.errors?.some(isPassing) === true) return 'passing';
  if (answer.data !== undefined) return 'final';
  return status >= 500 || isRetryable(answer.code) ? 'passing' : 'refused';
}

/** A token that ran out on the way is one of these: its holder comes again with a new one. */
function isPassing({ extensions }: { readonly extensions?: { readonly code?: unknown } }): boolean {
  const code = extensions?.code;
  return typeof code !== 'string' || isRetryable(code) || code === 'UNAUTHENTICATED';
}

function isRetryable(code: unknown): boolean {
  return typeof code === 'string' && retryableCodes.has(code);
}

function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
