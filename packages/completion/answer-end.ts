// What the gateway's answer to a mutation says of its end: whether sending the mutation again could bring another one.
import { retryableCodes } from '@simplebank/chassis';

/** `refused`: nothing was run, as for a document that is not valid. `passing`: it, or a part of it, may succeed later. */
export type AnswerEnd = 'refused' | 'passing' | 'final';

interface Answer {
  readonly data?: unknown;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

export function answerEndOf(text: string): AnswerEnd {
  const answer = parsed(text);
  if (answer === undefined || answer.errors?.some(isPassing) === true) return 'passing';
  return answer.data === undefined ? 'refused' : 'final';
}

/** A token that ran out on the way is one of these: its holder comes again with a new one. */
function isPassing({ extensions }: { readonly extensions?: { readonly code?: unknown } }): boolean {
  const code = extensions?.code;
  return typeof code !== 'string' || retryableCodes.has(code) || code === 'UNAUTHENTICATED';
}

function parsed(text: string): Answer | undefined {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
