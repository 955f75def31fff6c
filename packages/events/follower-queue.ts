// What a follower does with a partition's events, on every transport alike: one at a time, in order; a failure is
// logged and skips the event.
import type { Delivery } from './aggregate-lanes.ts';
import type { BusLog, FollowOptions } from './bus.ts';
import { decodeEnvelope } from './envelope.ts';

export interface FollowerQueueOptions {
  readonly follow: FollowOptions;
  readonly place: { readonly stream: string; readonly partition: number };
  /** No more events are asked for while more than this wait. */
  readonly mostWaiting: number;
  readonly log: BusLog;
  /** There is room for more events again. */
  hungry(): void;
}

export class FollowerQueue {
  readonly #options: FollowerQueueOptions;
  readonly #waiting: Delivery[] = [];
  #draining = false;
  #drained: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(options: FollowerQueueOptions) {
    this.#options = options;
  }

  get wanting(): boolean {
    return !this.#stopped && this.#waiting.length <= this.#options.mostWaiting;
  }

  push(deliveries: readonly Delivery[]): void {
    this.#waiting.push(...deliveries);
    if (!this.#draining) this.#drained = this.#drain();
  }

  /** Events were trimmed or lost before they were read. */
  tellGap(): void {
    const { follow, place, log } = this.#options;
    try {
      follow.onGap?.(place.stream);
    } catch (err) {
      log.error({ err, stream: place.stream }, 'a follower failed when told of a gap');
    }
  }

  /** Begins no further event; resolves when the one that runs has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#drained;
  }

  async #drain(): Promise<void> {
    const { follow, place, mostWaiting, log, hungry } = this.#options;
    this.#draining = true;
    for (let delivery = this.#waiting.shift(); delivery !== undefined; delivery = this.#waiting.shift()) {
      if (this.#stopped) break;
      try {
        // Most followers are synchronous, and waiting for nothing costs a turn of the event loop per event.
        const waiting = follow.onEvent(decodeEnvelope(delivery.envelope));
        if (waiting !== undefined) await waiting;
      } catch (err) {
        const { stream, partition } = place;
        log.error({ err, stream, partition }, 'a follower failed and misses an event');
      }
      if (this.#waiting.length === mostWaiting) hungry();
    }
    // In the turn in which the queue was found empty: what comes after it must find nobody at work.
    this.#draining = false;
  }
}
