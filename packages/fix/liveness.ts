// Heartbeats in one direction, silence in the other: says when a heartbeat is due, when to ask a silent peer
// for a sign of life, and when to give it up (FIX 4.4 volume 2, "Heartbeat" and "Test Request").
import type { Clock } from './clock.ts';

/** FIX grants the peer "some reasonable transmission time" on top of the heartbeat interval: a fifth of it. */
const GRACE = 1.2;
const CHECKS_PER_INTERVAL = 4;

interface LivenessOptions {
  readonly clock: Clock;
  readonly intervalMs: number;
  readonly heartbeat: () => void;
  readonly testRequest: () => void;
  readonly giveUp: () => void;
  /** While our own handler works we do not read, so silence says nothing about the peer. */
  readonly busy: () => boolean;
}

export class Liveness {
  readonly #options: LivenessOptions;
  readonly #checkMs: number;
  #writtenAt: number;
  #receivedAt: number;
  #askedAt: number | undefined;
  #cancel: () => void = () => {};

  constructor(options: LivenessOptions) {
    this.#options = options;
    this.#checkMs = options.intervalMs / CHECKS_PER_INTERVAL;
    this.#writtenAt = options.clock.now();
    this.#receivedAt = options.clock.now();
    this.#arm();
  }

  written(): void {
    this.#writtenAt = this.#options.clock.now();
  }

  received(): void {
    this.#receivedAt = this.#options.clock.now();
    this.#askedAt = undefined;
  }

  stop(): void {
    this.#cancel();
  }

  #arm(): void {
    this.#cancel = this.#options.clock.after(this.#checkMs, () => {
      this.#arm();
      this.#check();
    });
  }

  #check(): void {
    const { clock, intervalMs, heartbeat, testRequest, giveUp, busy } = this.#options;
    const now = clock.now();
    // One check early rather than late: the peer counts from the last byte it saw.
    if (now - this.#writtenAt >= intervalMs - this.#checkMs) heartbeat();
    if (busy()) this.received();
    if (this.#askedAt !== undefined) {
      if (now - this.#askedAt >= intervalMs * GRACE) giveUp();
    } else if (now - this.#receivedAt >= intervalMs * GRACE) {
      this.#askedAt = now;
      testRequest();
    }
  }
}
