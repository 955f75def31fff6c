// All that can be followed, as sockets and streams see it: events by live queries, states by live states.
import type { GraphQLFormattedError } from 'graphql';
import type { LiveRequest, StateRequest } from '../accept-operation.ts';
import type { LiveQueries } from './live-queries.ts';
import type { LiveStates } from './live-states.ts';
import type { Subscriber } from './live-subscriber.ts';

export class LiveFeeds {
  readonly #queries: LiveQueries;
  readonly #states: LiveStates;

  constructor(queries: LiveQueries, states: LiveStates) {
    this.#queries = queries;
    this.#states = states;
  }

  /** Live queries and states under way, each for any number of subscribers. */
  get running(): number {
    return this.#queries.running + this.#states.running;
  }

  subscribe(request: LiveRequest | StateRequest, subscriber: Subscriber): void {
    if ('seen' in request) this.#states.subscribe(request, subscriber);
    else this.#queries.subscribe(request, subscriber);
  }

  /** Without another word to the subscriber; who is not there any more is no fault. */
  leave(subscriber: Subscriber): void {
    this.#queries.leave(subscriber);
    this.#states.leave(subscriber);
  }

  /** Its token is a new one, and its rights may be others. */
  renewed(subscriber: Subscriber): void {
    this.#queries.renewed(subscriber);
    this.#states.renewed(subscriber);
  }

  /** Those of the session are told why. */
  endSession(sessionId: string, error: GraphQLFormattedError): void {
    this.#queries.endSession(sessionId, error);
    this.#states.endSession(sessionId, error);
  }

  /** Every few seconds. */
  sweep(): void {
    this.#queries.sweep();
    this.#states.sweep();
  }
}
