// Every limit of the transport, with its unit and its reason. Each can be set by whoever makes a transport.

export interface TransportLimits {
  /** A fetch that takes longer is given up, even when the client would wait on. */
  readonly longestFetchMs: number;
  /** Of one answer after decompression. JSON.parse of more would hold the event loop for a tenth of a second. */
  readonly maxAnswerBytes: number;
  /** To one replica. Without pipelining it is also the number of requests that it works on for us at once. */
  readonly maxConnections: number;
  /** Requests to one replica that wait for a connection. More would only wait for their deadline. */
  readonly maxQueued: number;
  /** A connection that is not made by then counts as refused, so that another replica is tried. */
  readonly connectMs: number;
  /** An unused connection is closed by us before most servers close it (Node: 5 s), since their end may be lost. */
  readonly idleConnectionMs: number;
  /** A mutation takes no connection that was unused for longer: it could not be repeated if the peer had closed it. */
  readonly mutationIdleMs: number;
  /** Retries of queries, as a share of all fetches: a subgraph in trouble gets at most a tenth more load from us. */
  readonly retryRatio: number;
  /** Retries that are allowed out of quiet, where a share of few fetches would be none. */
  readonly retryBurst: number;
  /** After so many failures in a row a replica is left out. */
  readonly breakerFailuresInRow: number;
  /** Also when half of at least so many fetches failed … */
  readonly breakerMinFetches: number;
  /** … within this time. */
  readonly breakerWindowMs: number;
  /** For so long; then one fetch tries whether it is back. */
  readonly breakerOpenMs: number;
  /** Running into the deadline is the replica's failure only when it had at least so long. */
  readonly breakerSlowMs: number;
}

export const defaultLimits: TransportLimits = {
  longestFetchMs: 10_000,
  maxAnswerBytes: 8 * 1024 * 1024,
  maxConnections: 256,
  maxQueued: 1024,
  connectMs: 1000,
  idleConnectionMs: 4000,
  mutationIdleMs: 1000,
  retryRatio: 0.1,
  retryBurst: 10,
  breakerFailuresInRow: 5,
  breakerMinFetches: 20,
  breakerWindowMs: 10_000,
  breakerOpenMs: 1000,
  breakerSlowMs: 250,
};

/** A subgraph's response head; Node's own limit. */
export const maxHeadBytes = 16 * 1024;

/** Informational (1xx) heads before the real one. More is a peer that plays with us. */
export const maxInformationalHeads = 8;

/** How often unused connections are looked through. */
export const idleSweepMs = 1000;

/** Milliseconds that a peer's keep-alive hint is shortened by, since our request travels meanwhile. */
export const keepAliveHintMarginMs = 1000;

/** How much later than the first asker's a sharer's deadline may be, since the subgraph was told the first one. */
export const sharedDeadlineSlackMs = 250;
