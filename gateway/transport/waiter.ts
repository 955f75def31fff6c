// One call of `fetch` that waits for its answer: alone or together with others for a shared one. It ends by the answer,
// at its own deadline, or when its client is gone, whichever comes first.
import type { SubgraphAnswer } from '../subgraph-fetch.ts';
import type { Deadline, Deadlines } from './deadlines.ts';
import type { FetchEvent } from './fetch-event.ts';

/** What a waiter waits for. */
export interface Awaited {
  /** It waits no longer; what nobody waits for is aborted. */
  onGivenUp(waiter: Waiter, why: 'deadline' | 'abandoned'): void;
}

export class Waiter implements Deadline {
  readonly startedAt: number;
  readonly deadlineAt: number;
  previousDeadline: Deadline | undefined;
  nextDeadline: Deadline | undefined;
  awaited: Awaited | undefined;
  readonly client: ClientWatch | undefined;
  readonly onFetch: ((event: FetchEvent) => void) | undefined;
  readonly #deadlines: Deadlines;
  readonly #resolve: (answer: SubgraphAnswer) => void;

  constructor(
    deadlines: Deadlines,
    times: { readonly startedAt: number; readonly deadlineAt: number },
    client: ClientWatch | undefined,
    resolve: (answer: SubgraphAnswer) => void,
    onFetch?: (event: FetchEvent) => void,
  ) {
    this.#deadlines = deadlines;
    this.startedAt = times.startedAt;
    this.deadlineAt = times.deadlineAt;
    this.client = client;
    this.#resolve = resolve;
    this.onFetch = onFetch;
  }

  wait(awaited: Awaited): void {
    this.awaited = awaited;
    this.#deadlines.add(this);
    this.client?.add();
  }

  settle(answer: SubgraphAnswer): void {
    if (this.awaited === undefined) return;
    this.awaited = undefined;
    this.#deadlines.remove(this);
    this.client?.remove();
    this.#resolve(answer);
  }

  expire(): void {
    this.awaited?.onGivenUp(this, 'deadline');
  }

  abandon(): void {
    this.awaited?.onGivenUp(this, 'abandoned');
  }
}

/** Hears when a client is gone. One listener serves all fetches under way for it: each costs a microsecond. */
export class ClientWatch {
  readonly signal: AbortSignal;
  readonly #deadlines: Deadlines;
  #waiting = 0;

  constructor(signal: AbortSignal, deadlines: Deadlines) {
    this.signal = signal;
    this.#deadlines = deadlines;
  }

  add(): void {
    if (this.#waiting === 0) this.signal.addEventListener('abort', this);
    this.#waiting += 1;
  }

  remove(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.signal.removeEventListener('abort', this);
  }

  /** Goes through all that wait: few clients leave, and a list for each would cost those that stay. */
  handleEvent(): void {
    for (const waiting of this.#deadlines.all()) {
      if (waiting instanceof Waiter && waiting.client === this) waiting.abandon();
    }
  }
}
