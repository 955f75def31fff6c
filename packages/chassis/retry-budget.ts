// A retry budget: retries may make up a tenth of all calls, so that they never multiply an outage.

/** Each call earns this much of a retry. */
const earnedPerCall = 0.1;
/** Saved up at most; also what a fresh client starts with. */
const mostSaved = 10;

export interface RetryBudget {
  called(): void;
  /** True when a retry is in the budget; takes it out. */
  mayRetry(): boolean;
}

export function createRetryBudget(): RetryBudget {
  let saved = mostSaved;
  return {
    called() {
      saved = Math.min(mostSaved, saved + earnedPerCall);
    },
    mayRetry() {
      if (saved < 1) return false;
      saved -= 1;
      return true;
    },
  };
}
