// What the engine tells whoever watches it. Every method is called on the hot path: it must be cheap, and never throw.
import type { FetchContext } from '../subgraph-fetch.ts';

export interface OperationEvent {
  readonly kind: 'query' | 'mutation' | 'unknown';
  /** As the document names it; empty when it does not. */
  readonly name: string;
  readonly client: { readonly name: string; readonly version: string } | undefined;
  readonly durationMs: number;
  /** `partial`: data with errors; `refused`: it did not run. */
  readonly outcome: 'ok' | 'partial' | 'failed' | 'refused';
  /** Answered by the execution of an equal request. */
  readonly isShared: boolean;
  /** That of the request, by which a watcher finds what it began for it. */
  readonly context: FetchContext;
}

export interface ParseEvent {
  readonly durationMs: number;
  readonly context: FetchContext;
}

export interface PlanEvent {
  readonly planner: 'native' | 'apollo' | 'none';
  readonly durationMs: number;
  readonly outcome: 'planned' | 'failed';
  /** `reference` where the compiled executor cannot run the plan. */
  readonly executor: 'compiled' | 'reference';
  /** Of the request that was the first to wait for it; undefined at warm-up. */
  readonly context?: FetchContext | undefined;
}

export interface ReloadEvent {
  readonly outcome: 'live' | 'refused';
  readonly durationMs: number;
  readonly warmed: number;
}

export interface EngineWatch {
  operation?(event: OperationEvent): void;
  /** A document was not in the cache, and is valid. */
  parsed?(event: ParseEvent): void;
  /** An operation was not in the cache. */
  planned?(event: PlanEvent): void;
  /** An operation was in the cache, or is being planned for somebody else. */
  reused?(): void;
  reloaded?(event: ReloadEvent): void;
  /** A bug: its text is for logs, never for clients. */
  failed?(fault: unknown, context: { readonly correlationId: string | undefined }): void;
}

/** Tells all of them, in this order; nobody is asked about what nobody wants to hear. */
export function joinWatches(...watches: readonly EngineWatch[]): EngineWatch {
  const operation = joined(watches.flatMap((watch) => watch.operation?.bind(watch) ?? []));
  const parsed = joined(watches.flatMap((watch) => watch.parsed?.bind(watch) ?? []));
  const planned = joined(watches.flatMap((watch) => watch.planned?.bind(watch) ?? []));
  const reused = joined(watches.flatMap((watch) => watch.reused?.bind(watch) ?? []));
  const reloaded = joined(watches.flatMap((watch) => watch.reloaded?.bind(watch) ?? []));
  const failed = joined(watches.flatMap((watch) => watch.failed?.bind(watch) ?? []));
  return {
    ...(operation && { operation }),
    ...(parsed && { parsed }),
    ...(planned && { planned }),
    ...(reused && { reused }),
    ...(reloaded && { reloaded }),
    ...(failed && { failed }),
  };
}

function joined<Args extends readonly unknown[]>(
  listeners: readonly ((...args: Args) => void)[],
): ((...args: Args) => void) | undefined {
  const [only] = listeners;
  if (listeners.length <= 1) return only;
  return (...args) => {
    for (const listener of listeners) listener(...args);
  };
}
