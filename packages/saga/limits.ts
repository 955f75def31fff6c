// How long a saga tries, and how often. Backoff has no jitter: sagas begin at different moments anyway, and
// a test can tell the exact time of the next attempt.

export interface SagaLimits {
  /** The pause after the first fault; doubles with each further one. */
  readonly firstBackoffMs: number;
  readonly longestBackoffMs: number;
  /** A step before the pivot is given up after so many faults. */
  readonly attemptsBeforeGivingUp: number;
  /** Any other step waits for an operator after so many faults. */
  readonly attemptsBeforeStuck: number;
  /** Commands of one repeating step; beyond it the definition goes round in a circle. */
  readonly commandsPerStep: number;
}

export const defaultLimits: SagaLimits = {
  // A participant that restarts is back within a few of these.
  firstBackoffMs: 50,
  // What a customer may wait for once the participant is back.
  longestBackoffMs: 2_000,
  // 50 + 100 + … + 2,000 ms: about 5 s, after which a customer is better off with a clear answer.
  attemptsBeforeGivingUp: 8,
  // About ten minutes: an outage that lasts longer wants an operator, not more load.
  attemptsBeforeStuck: 300,
  // The most executions that one order can have.
  commandsPerStep: 100_000,
};

export function backoffMs(attempts: number, { firstBackoffMs, longestBackoffMs }: SagaLimits): number {
  return Math.min(longestBackoffMs, firstBackoffMs * 2 ** (attempts - 1));
}
