// Leaves a replica alone that fails again and again, and lets one fetch at a time find out whether it is back. On the
// way of a fetch that succeeds it costs two increments; the clock is read by those who fail.
import type { TransportLimits } from './limits.ts';

export type BreakerState = 'closed' | 'open' | 'half-open';

/** `neutral` says nothing about the replica: the client left, or gave too little time. */
export type Verdict = 'success' | 'failure' | 'neutral';

/** Half of them failed: that is no chance. */
const failingShare = 0.5;

export class CircuitBreaker {
  readonly #limits: TransportLimits;
  readonly #clock: () => number;
  #openUntil = 0;
  #isOpen = false;
  #isProbing = false;
  #failuresInRow = 0;
  #windowStartedAt = 0;
  #fetchesInWindow = 0;
  #failuresInWindow = 0;

  constructor(limits: TransportLimits, clock: () => number = () => performance.now()) {
    this.#limits = limits;
    this.#clock = clock;
  }

  stateAt(now: number): BreakerState {
    if (!this.#isOpen) return 'closed';
    return now < this.#openUntil ? 'open' : 'half-open';
  }

  /** Whether a fetch may begin. `enter` must follow when it does. */
  admits(now: number): boolean {
    return !this.#isOpen || (now >= this.#openUntil && !this.#isProbing);
  }

  /** Returns whether this fetch is the one that tries whether the replica is back; `leave` wants it back. */
  enter(): boolean {
    if (!this.#isOpen) return false;
    this.#isProbing = true;
    return true;
  }

  leave(verdict: Verdict, isProbe: boolean): void {
    if (isProbe) this.#isProbing = false;
    if (verdict === 'success') this.#onSuccess(isProbe);
    else if (verdict === 'failure') this.#onFailure(isProbe, this.#clock());
  }

  #onSuccess(isProbe: boolean): void {
    this.#failuresInRow = 0;
    this.#fetchesInWindow += 1;
    if (isProbe) this.#close();
  }

  #onFailure(isProbe: boolean, now: number): void {
    if (now - this.#windowStartedAt > this.#limits.breakerWindowMs) {
      this.#windowStartedAt = now;
      this.#fetchesInWindow = 0;
      this.#failuresInWindow = 0;
    }
    this.#failuresInRow += 1;
    this.#fetchesInWindow += 1;
    this.#failuresInWindow += 1;
    // Fetches that began before it opened come in late; they say nothing new.
    if (this.#isOpen ? isProbe : this.#isFailing()) this.#open(now);
  }

  #isFailing(): boolean {
    const { breakerFailuresInRow, breakerMinFetches } = this.#limits;
    if (this.#failuresInRow >= breakerFailuresInRow) return true;
    return (
      this.#fetchesInWindow >= breakerMinFetches &&
      this.#failuresInWindow >= failingShare * this.#fetchesInWindow
    );
  }

  #open(now: number): void {
    this.#isOpen = true;
    this.#openUntil = now + this.#limits.breakerOpenMs;
  }

  #close(): void {
    this.#isOpen = false;
    this.#fetchesInWindow = 0;
    this.#failuresInWindow = 0;
  }
}
