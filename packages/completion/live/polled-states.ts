// The states that are polled, as quotes are: each costs a read again and again for as long as anybody follows it, and no
// rate limit sees that. So a customer has few of them, and the more there are in all the less often each is read.
import { mostPolledReadsPerSecond, mostPolledStatesPerCustomer } from '../limits/live-limits.ts';

/** Those who began together are taken apart: a pause that had to grow is longer by up to this part of it. */
const mostSpread = 0.25;

export class PolledStates {
  /** Subscriptions by the state's name; of whom and of what nothing is there nothing is kept. */
  readonly #all: Counts = new Map();
  readonly #ofCustomer = new Map<string, Counts>();

  /** One more subscription of the customer to the state; false when it would be one state too many. */
  take(customerId: string, name: string): boolean {
    const own = this.#ofCustomer.get(customerId) ?? new Map<string, number>();
    if (!own.has(name) && own.size >= mostPolledStatesPerCustomer) return false;
    this.#ofCustomer.set(customerId, own);
    add(own, name, 1);
    add(this.#all, name, 1);
    return true;
  }

  giveBack(customerId: string, name: string): void {
    const own = this.#ofCustomer.get(customerId);
    if (own === undefined) return;
    add(own, name, -1);
    if (own.size === 0) this.#ofCustomer.delete(customerId);
    add(this.#all, name, -1);
  }

  /** Between two reads of a state that is to be read every `pollMs`. */
  pauseMs(pollMs: number): number {
    const shareMs = (this.#all.size * 1_000) / mostPolledReadsPerSecond;
    return shareMs <= pollMs ? pollMs : shareMs * (1 + Math.random() * mostSpread);
  }
}

type Counts = Map<string, number>;

function add(counts: Counts, name: string, step: 1 | -1): void {
  const count = (counts.get(name) ?? 0) + step;
  if (count > 0) counts.set(name, count);
  else counts.delete(name);
}
