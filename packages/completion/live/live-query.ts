// A live query: the events after a cursor, then each new one, shaped by the client's selection, until the last.
// It only ever reads the aggregate's own log in order, so there is no gap between catching up and live, and
// a slow client simply reads later: nothing is buffered for it and nothing can be lost.
import type { GraphQLFormattedError } from 'graphql';
import { askPatiently, refusalOf, withoutLocations } from './ask-patiently.ts';
import type { Changes } from './changes.ts';
import type { Cursors, CursorScope, Progress } from './cursor.ts';
import type { GatewayAnswer } from '../gateway-client.ts';
import { News } from './news.ts';
import { afterName, finalAlias, firstName, sequenceAlias, type LiveDocument } from './twin.ts';

/** Events asked for at once. */
const pageSize = 50;
/**
 * Reads of one subscriber begin at least so far apart: what an order does in the meantime comes with one read, which costs
 * about as much as for a single event. Nobody sees the delay, and an event after a pause has none.
 */
const readsApartMs = 25;

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
  const variables = { ...usedOf(options), [afterName]: after ?? null, [firstName]: pageSize };
  const answer = await askPatiently({
    ...options,
    ask: () => options.ask(document.query, variables, causes),
    isAnswer: ({ data }) => Array.isArray(data?.[document.responseKey]),
  });
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

function usedOf({ document, variables }: LiveQueryOptions): Record<string, unknown> {
  return Object.fromEntries(Object.entries(variables).filter(([name]) => document.variableNames.has(name)));
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
