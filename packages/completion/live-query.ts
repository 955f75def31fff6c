// A live query: the events after a cursor, then each new one, shaped by the client's selection, until the last.
// It only ever reads the aggregate's own log in order, so there is no gap between catching up and live, and
// a slow client simply reads later: nothing is buffered for it and nothing can be lost.
import { setTimeout } from 'node:timers/promises';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { errorExtensions } from '@simplebank/chassis';
import type { Changes } from './changes.ts';
import type { Cursors, CursorScope, Progress } from './cursor.ts';
import type { GatewayAnswer } from './gateway-client.ts';
import { afterName, finalAlias, firstName, sequenceAlias, type LiveDocument } from './twin.ts';

/** Events asked for at once. */
const pageSize = 50;
/**
 * Reads of one subscriber begin at least so far apart: what an order does in the meantime comes with one read, which costs
 * about as much as for a single event. Nobody sees the delay, and an event after a pause has none.
 */
const readsApartMs = 25;
/** While the gateway does not answer it is asked again, ever more slowly; the client then resumes by its cursor. */
const firstRetryPauseMs = 250;
const longestRetryPauseMs = 4_000;
const retryForMs = 30_000;
/** A read names so many of the changes that it was made for; it may be made for any number. */
const mostCauses = 16;
const worthRetrying = new Set(['SERVICE_UNAVAILABLE', 'DEADLINE_EXCEEDED', 'INTERNAL_ERROR']);

export interface LivePayload {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLFormattedError[];
  readonly extensions: { readonly cursor: string };
}

export interface LiveEvent {
  readonly payload: LivePayload;
  /** How far the client has come with it. */
  readonly progress: Progress;
}

export interface LiveQueryOptions {
  readonly document: LiveDocument;
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: CursorScope;
  /** What the client has already; undefined to begin with the newest event. */
  readonly progress: Progress | undefined;
  /** `causes` are the traceparents of the changes that the read was made for. */
  readonly ask: (
    query: string,
    variables: Record<string, unknown>,
    causes: readonly string[],
  ) => Promise<GatewayAnswer>;
  readonly changes: Pick<Changes, 'listen'>;
  readonly cursors: Cursors;
  /** Told of each answer that is asked for again, so that a fault behind it is seen. */
  readonly onRetry: (code: string) => void;
  readonly signal: AbortSignal;
  /** For tests. */
  readonly readsApartMs?: number;
}

/** Ends after the final event. Throws GraphQLError when the caller may not follow, or the bank does not answer. */
export async function* liveQuery(options: LiveQueryOptions): AsyncGenerator<LiveEvent, void, void> {
  const { document, scope, signal } = options;
  const news = new News(signal);
  // Listening begins before the first read: what happens in between is then read a second time, not missed.
  using _listening = options.changes.listen(document.live.stream, scope.key, (cause) => news.arrived(cause));
  let after = options.progress?.sequence;
  while (!signal.aborted) {
    const nextReadAt = performance.now() + (options.readsApartMs ?? readsApartMs);
    const { events, isEnd, isFull } = await readPage(options, after, news.causes());
    if (signal.aborted) return;
    // Taken off the page one by one, so that a live query that waits, for hours perhaps, holds nothing of what it read.
    for (let event = events.shift(); event !== undefined; event = events.shift()) {
      const { sequence, final } = event.progress;
      after = sequence;
      yield event;
      if (final) return;
    }
    if (isEnd) return;
    if (!isFull) await news.wait(nextReadAt);
  }
}

interface Page {
  readonly events: LiveEvent[];
  /** Nothing follows, although no event says so. */
  readonly isEnd: boolean;
  /** More may be there already. */
  readonly isFull: boolean;
}

async function readPage(
  options: LiveQueryOptions,
  after: number | undefined,
  causes: readonly string[],
): Promise<Page> {
  const { document, scope, cursors, progress: begin, signal } = options;
  const answer = await askPatiently(options, after, causes);
  if (signal.aborted) return { events: [], isEnd: true, isFull: false };
  const items = answer.data?.[document.responseKey];
  if (!Array.isArray(items)) throw refusalOf(answer);
  const events: LiveEvent[] = [];
  let known = after;
  for (const [index, item] of (items as Record<string, unknown>[]).entries()) {
    const { [sequenceAlias]: sequence, [finalAlias]: final, ...payload } = item;
    if (known !== undefined && Number(sequence) <= known) continue;
    known = Number(sequence);
    const errors = errorsOf(answer, document.responseKey, index);
    const progress = { sequence: known, final: final === true };
    events.push({
      payload: {
        data: { [document.responseKey]: payload },
        ...(errors.length === 0 ? {} : { errors }),
        extensions: { cursor: cursors.seal(scope, progress) },
      },
      progress,
    });
  }
  // Who has the final event lost only the word that it was the last; the read has checked the right to know.
  return { events, isEnd: begin?.final === true && items.length === 0, isFull: items.length >= pageSize };
}

function refusalOf({ errors: [error] = [] }: GatewayAnswer): GraphQLError {
  const message = error?.message ?? 'A part of the bank does not answer right now.';
  const said = error?.extensions;
  const code = typeof said?.['code'] === 'string' ? said['code'] : 'SERVICE_UNAVAILABLE';
  return new GraphQLError(message, { extensions: { ...errorExtensions(code, undefined), ...said } });
}

async function askPatiently(
  options: LiveQueryOptions,
  after: number | undefined,
  causes: readonly string[],
): Promise<GatewayAnswer> {
  const { document, ask, onRetry, signal } = options;
  const variables: Record<string, unknown> = { [afterName]: after ?? null, [firstName]: pageSize };
  for (const [name, value] of Object.entries(options.variables)) {
    if (document.variableNames.has(name)) variables[name] = value;
  }
  const givesUpAt = performance.now() + retryForMs;
  for (let pauseMs = firstRetryPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestRetryPauseMs)) {
    const answer = await ask(document.query, variables, causes);
    if (Array.isArray(answer.data?.[document.responseKey])) return answer;
    const code = String(answer.errors?.[0]?.extensions?.['code']);
    if (signal.aborted || !worthRetrying.has(code) || performance.now() > givesUpAt) return answer;
    onRetry(code);
    // Aborting rejects the pause.
    await setTimeout(between(pauseMs / 2, pauseMs), undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return answer;
  }
}

/** Errors of one event, with the path that the client knows: the list of the twin is not in it. */
function errorsOf(
  { errors = [] }: GatewayAnswer,
  responseKey: string,
  index: number,
): GraphQLFormattedError[] {
  return errors.flatMap((error) => {
    const { path = [] } = error;
    if (path[0] !== responseKey || path[1] !== index) return [];
    return [{ ...withoutLocations(error), path: [responseKey, ...path.slice(2)] }];
  });
}

/** They are places in the twin's document, which the client has never seen. */
function withoutLocations({ locations: _ofTheTwin, ...error }: GraphQLFormattedError): GraphQLFormattedError {
  return error;
}

/** What has happened since the last read, and the one who waits for it. */
class News {
  readonly #signal: AbortSignal;
  #isPending = false;
  #causes: string[] | undefined;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    signal.addEventListener('abort', () => this.#wake?.(), { once: true });
  }

  arrived(traceparent?: string | null): void {
    this.#isPending = true;
    if (traceparent != null && (this.#causes?.length ?? 0) < mostCauses)
      (this.#causes ??= []).push(traceparent);
    this.#wake?.();
  }

  /** The traceparents of the news since they were last asked for. */
  causes(): readonly string[] {
    const known = this.#causes ?? [];
    this.#causes = undefined;
    return known;
  }

  /** Until news arrived since the last wait (and not before the given time), or the client is gone. */
  async wait(notBefore: number): Promise<void> {
    if (!this.#isPending && !this.#signal.aborted) {
      await new Promise<void>((resolve) => (this.#wake = resolve));
      this.#wake = undefined;
    }
    const pauseMs = notBefore - performance.now();
    // Aborting rejects the pause. What arrives within it comes with the next read.
    if (pauseMs > 0) await setTimeout(pauseMs, undefined, { signal: this.#signal }).catch(() => undefined);
    this.#isPending = false;
  }
}

/** A moment by chance, so that many subscribers do not ask all at once. */
function between(shortest: number, longest: number): number {
  return shortest + Math.random() * (longest - shortest);
}
