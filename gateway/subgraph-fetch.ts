// The narrow interface between what executes plans and what carries requests to subgraphs. Implemented by
// transport/ for any supergraph, by the bank's own wiring for the bank, and by testbed/ in memory.
import type { GraphQLFormattedError } from 'graphql';
import type { FetchEvent } from './transport/fetch-event.ts';

export type HeaderPair = readonly [name: string, value: string];

/** What one client request brings along to every subgraph request that is made for it. */
export interface FetchContext {
  /** Headers that may change a subgraph's answer, names in lower case: part of what makes two requests equal. */
  readonly headers: readonly HeaderPair[];
  /** Headers that only follow the request (correlation id, trace): no part of that. */
  readonly tracingHeaders: readonly HeaderPair[];
  /** On the clock of performance.now(); at that moment every fetch is aborted. */
  readonly deadlineAt: number;
  /** Aborted when the client is gone. */
  readonly signal: AbortSignal | undefined;
}

export interface SubgraphRequest {
  readonly subgraph: string;
  readonly operationKind: 'query' | 'mutation';
  /** The JSON text of the POST: `{"query":…,"variables":…}`. */
  readonly body: string;
  readonly context: FetchContext;
  /** A query that must not be answered by an equal one under way, which may have read before what it is to show. */
  readonly isUnshared?: boolean;
  /** Told how this fetch went, right before its answer reaches whoever asked; set by watchers. */
  readonly onFetch?: (event: FetchEvent) => void;
}

/**
 * What a subgraph answered. It belongs to whoever asked, who may change it: two requests never get the same object.
 * A fault is an answer too: `data: null` and one error whose extensions.code says which.
 */
export interface SubgraphAnswer {
  readonly data: Record<string, unknown> | null;
  readonly errors: readonly SubgraphError[];
}

export type SubgraphError = Pick<GraphQLFormattedError, 'message' | 'path' | 'extensions'>;

export interface SubgraphFetcher {
  /** Never rejects. */
  fetch(request: SubgraphRequest): Promise<SubgraphAnswer>;
}
