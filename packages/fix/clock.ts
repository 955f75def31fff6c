// Time as the session sees it: what o'clock it is, and a call after a delay. Injected, so that tests decide
// when a heartbeat is due.

export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Calls `run` once after the delay and returns the function that cancels it. */
  after(delayMs: number, run: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after(delayMs, run) {
    const timer = setTimeout(run, delayMs);
    return () => clearTimeout(timer);
  },
};
