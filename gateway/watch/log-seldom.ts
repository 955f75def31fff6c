// A subgraph that is down would fill the log with one line for each fetch: of each subgraph and reason one is written
// in a while, with the number of those left out.
import type { FaultReport } from '../transport/fetch-fault.ts';

/** Two lines about the same are at least so far apart. */
const quietMs = 1_000;
/** Reasons hold texts of the peer; beyond so many kinds the memory is begun anew. */
const mostKinds = 1_000;

export interface SeldomReport extends FaultReport {
  /** Equal ones since the last line. */
  readonly leftOut: number;
}

export function logSeldom(
  write: (report: SeldomReport) => void,
  now: () => number = () => performance.now(),
): (report: FaultReport) => void {
  const kinds = new Map<string, { quietUntil: number; leftOut: number }>();
  return (report) => {
    const kind = `${report.subgraph} ${report.reason}`;
    const known = kinds.get(kind);
    if (known !== undefined && known.quietUntil > now()) {
      known.leftOut += 1;
      return;
    }
    if (kinds.size >= mostKinds) kinds.clear();
    kinds.set(kind, { quietUntil: now() + quietMs, leftOut: 0 });
    write({ ...report, leftOut: known?.leftOut ?? 0 });
  };
}
