// What a watcher (metrics, traces, logs) can know of each fetch and of the transport as it stands.
import type { BreakerState } from './circuit-breaker.ts';

/** One for each call of `fetch`, when it has ended. */
export interface FetchEvent {
  readonly subgraph: string;
  /** The replica that was asked last; undefined when none was. */
  readonly url: string | undefined;
  /** Of HTTP; undefined when no response came. */
  readonly status: number | undefined;
  readonly durationMs: number;
  readonly outcome: 'answered' | 'unavailable' | 'deadline' | 'abandoned' | 'refused';
  /** Of the answer's body on the wire. */
  readonly bytes: number;
  /** Attempts after the first one. */
  readonly retries: number;
  /** It shared the answer that another one had asked for. */
  readonly isDeduplicated: boolean;
}

export interface TransportSnapshot {
  readonly fetches: number;
  readonly deduplicated: number;
  readonly retries: number;
  readonly subgraphs: readonly SubgraphSnapshot[];
}

export interface SubgraphSnapshot {
  readonly name: string;
  readonly inFlight: number;
  readonly retryBudget: number;
  readonly replicas: readonly ReplicaSnapshot[];
}

export interface ReplicaSnapshot {
  readonly url: string;
  readonly outstanding: number;
  readonly connections: number;
  readonly idle: number;
  readonly queued: number;
  readonly breaker: BreakerState;
}
