// A clock that stands still until a test moves it, so that heartbeats and timeouts need no waiting.
import type { Clock } from './clock.ts';

export class ManualClock implements Clock {
  #nowMs: number;
  #timers: { at: number; run: () => void }[] = [];

  constructor(startMs = Date.UTC(2026, 10, 22, 9, 0, 0)) {
    this.#nowMs = startMs;
  }

  now(): number {
    return this.#nowMs;
  }

  after(delayMs: number, run: () => void): () => void {
    const timer = { at: this.#nowMs + delayMs, run };
    this.#timers.push(timer);
    return () => (this.#timers = this.#timers.filter((other) => other !== timer));
  }

  /** Moves on step by step and lets every promise settle after each timer that was due. */
  async advance(byMs: number): Promise<void> {
    const until = this.#nowMs + byMs;
    for (;;) {
      const next = this.#timers.toSorted((a, b) => a.at - b.at)[0];
      if (next === undefined || next.at > until) break;
      this.#timers = this.#timers.filter((other) => other !== next);
      this.#nowMs = next.at;
      next.run();
      await settle();
    }
    this.#nowMs = until;
    await settle();
  }
}

/** Lets everything that waits only for promises come to rest. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
