// When orders arrive. Customers do not know of each other, so arrivals are a Poisson process: evenly spaced ones
// never meet, and would hide the queues that real ones make. Its count is fixed to rate times seconds (given its
// count, a Poisson process is that many uniform moments), so that the offered rate is exactly the one asked for;
// the seed makes every wiring meet the same moments.
import type { SeededRandom } from '../e2e/seeded-random.ts';

export interface ArrivalPlan {
  /** Orders a second. */
  readonly rate: number;
  readonly seconds: number;
}

/** Milliseconds from the start of the run, ascending. */
export function arrivalTimes({ rate, seconds }: ArrivalPlan, random: SeededRandom): number[] {
  const durationMs = seconds * 1_000;
  const count = Math.round(rate * seconds);
  return Array.from({ length: count }, () => random.next() * durationMs).toSorted((a, b) => a - b);
}
