// A retry budget: retries may make up a tenth of all calls, so that they never multiply an outage.

// In tenths of a retry: whole numbers, since ten times 0.1 is less than 1.
const retryTenths = 10;
/** Each call earns this much of a retry. */
const earnedTenthsPerCall = 1;
/** Saved up at most, ten retries; also what a fresh client starts with. */
const mostSavedTenths = 100;

export interface RetryBudget {
  called(): void;
  /** True when a retry is in the budget; takes it out. */
  mayRetry(): boolean;
}

export function createRetryBudget(): RetryBudget {
  let savedTenths = mostSavedTenths;
  return {
    called() {
      savedTenths = Math.min(mostSavedTenths, savedTenths + earnedTenthsPerCall);
    },
    mayRetry() {
      if (savedTenths < retryTenths) return false;
      savedTenths -= retryTenths;
      return true;
    },
  };
}
