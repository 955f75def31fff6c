// Equal queries under way at once are answered by one execution. Equal means: the same supergraph, operation, prepared
// variant, rights to what fallbacks ask, variables and forwarded headers, so that no caller ever gets what another one's
// rights brought.
import type { Generation } from './generation/generation.ts';
import type { FetchContext } from './subgraph-fetch.ts';
import type { ExecutedAnswer } from './write-answer.ts';

/** Who joins gives up at most so much of its own time: the execution ends at the deadline of whoever began it. */
const mostLostMs = 100;

export interface ShareRequest {
  readonly generation: Generation;
  readonly operation: number;
  /** The prepared variant, and all of the caller's rights that the answer may depend on. */
  readonly key: string;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly context: FetchContext;
}

interface Shared {
  readonly generation: Generation;
  readonly deadlineAt: number;
  readonly signal: AbortSignal | undefined;
  readonly answer: Promise<ExecutedAnswer>;
}

export class RequestSharing {
  readonly #underWay = new Map<string, Shared>();
  /** Requests that another one's execution answered. */
  shared = 0;

  async share(request: ShareRequest, run: () => Promise<ExecutedAnswer>): Promise<ExecutedAnswer> {
    const { generation, context } = request;
    const text = textOf(request);
    const known = this.#underWay.get(text);
    if (known !== undefined && isJoinable(known, request)) {
      const answer = await known.answer;
      // Its client went away and took the execution along: the first of those who joined it begins another one.
      if (known.signal?.aborted === true) return this.share(request, run);
      this.shared += 1;
      return { ...answer, isShared: true };
    }
    const answer = run();
    const { deadlineAt, signal } = context;
    const mine: Shared = { generation, deadlineAt, signal, answer };
    this.#underWay.set(text, mine);
    try {
      return await answer;
    } finally {
      if (this.#underWay.get(text) === mine) this.#underWay.delete(text);
    }
  }
}

function isJoinable({ generation, deadlineAt, signal }: Shared, request: ShareRequest): boolean {
  const lostMs = request.context.deadlineAt - deadlineAt;
  return generation === request.generation && lostMs >= 0 && lostMs <= mostLostMs && signal?.aborted !== true;
}

function textOf({ operation, key, variables, context: { headers } }: ShareRequest): string {
  let text = `${operation} ${key}`;
  // A header's value holds no line break, so that no two lists of headers make one text.
  for (const [name, value] of headers) text += `\n${name}:${value}`;
  for (const _ in variables) return `${text}\n\n${JSON.stringify(variables)}`;
  return text;
}
