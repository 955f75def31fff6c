// What the bench and its load generator say to each other over the channel between the two processes.

export interface LoadTarget {
  /** Requests and sockets are spread over all of them. */
  readonly bffWebUrls: readonly string[];
  readonly identityUrl: string;
}

export interface LoadOrder {
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
}

/** All times in milliseconds, one entry an order unless said otherwise. */
export interface LoadResult {
  readonly offered: number;
  readonly accepted: number;
  /** Filled, and known to the client to be completed. */
  readonly completed: number;
  /** Of these, how many before the run's end plus the time that an order may take. */
  readonly completedInTime: number;
  /** From the moment at which an order was to be sent to the answer: what the generator was late by counts. */
  readonly acceptMs: readonly number[];
  /** The same from the moment at which it really was sent. */
  readonly acceptFromSentMs: readonly number[];
  /** From the answer to the arrival of OrderCompleted. */
  readonly completeMs: readonly number[];
  /** One entry an event that happened after the client had subscribed: from its `occurredAt` to its arrival. */
  readonly eventToSubscriberMs: readonly number[];
  /** How late the generator sent. */
  readonly lateMs: readonly number[];
  readonly events: number;
  /** Error codes and outcomes other than FILLED, how often each. */
  readonly failures: Readonly<Record<string, number>>;
  readonly mostInFlight: number;
}

export type ToLoad =
  | { readonly kind: 'target'; readonly target: LoadTarget }
  | { readonly kind: 'run'; readonly order: LoadOrder };

export type FromLoad =
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly result: LoadResult }
  | { readonly kind: 'fault'; readonly message: string };
