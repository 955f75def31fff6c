// From what was committed and what arrived to how long each event took.
import type { Arrival } from './client-process.ts';
import type { Commit } from './orders-process.ts';

const nameOf = ({ connection, sequence }: Pick<Commit, 'connection' | 'sequence'>) =>
  `${connection}/${sequence}`;

/** Throws when an event did not arrive exactly once. */
export function latencies(commits: readonly Commit[], arrivals: readonly Arrival[]): number[] {
  const arrivedAt = new Map(arrivals.map((arrival) => [nameOf(arrival), arrival.at]));
  if (arrivedAt.size !== arrivals.length || arrivals.length !== commits.length) {
    throw new Error(`the run is invalid: ${commits.length} commits, ${arrivals.length} arrivals`);
  }
  return commits.map((commit) => {
    const at = arrivedAt.get(nameOf(commit));
    if (at === undefined) throw new Error(`the run is invalid: ${nameOf(commit)} did not arrive`);
    return at - commit.at;
  });
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor((sorted.length - 1) / 2)];
  if (middle === undefined) throw new Error('a median needs at least one value');
  return middle;
}
