// Counts what one consumer was put through, so that a test can prove that its transport was as unruly as it says.
import { SequenceGap, type EventEnvelope } from '@simplebank/events';

export interface Tally {
  readonly streams: readonly string[];
  /** How often the handler was begun. */
  readonly deliveries: number;
  /** Deliveries that the handler has taken: the copies that count as handled. */
  readonly taken: number;
  /** Different events among them. */
  readonly events: number;
  /** Events that were seen for the first time after one of the same aggregate with a higher sequence. */
  readonly inversions: number;
  /** Deliveries that the handler gave back, since an earlier event of the aggregate had not come yet. */
  readonly gaps: number;
  readonly fullWindows: number;
  /** What the handler said of deliveries that it gave back for any other reason. */
  readonly failures: readonly string[];
}

export interface UnrulyTally extends Tally {
  delivered(event: EventEnvelope): void;
  handled(): void;
  /** It was given back, and is tried again. */
  refused(error: unknown): void;
}

export function unrulyTally(streams: readonly string[], window: { full(): number }): UnrulyTally {
  const seen = new Set<string>();
  /** The highest sequence seen of each aggregate. */
  const highest = new Map<string, number>();
  const failures: string[] = [];
  let [deliveries, taken, inversions, gaps] = [0, 0, 0, 0];
  return {
    streams,
    failures,
    get deliveries() {
      return deliveries;
    },
    get taken() {
      return taken;
    },
    get events() {
      return seen.size;
    },
    get inversions() {
      return inversions;
    },
    get gaps() {
      return gaps;
    },
    get fullWindows() {
      return window.full();
    },
    delivered({ id, source, aggregateId, sequence }) {
      deliveries += 1;
      if (seen.has(id)) return;
      seen.add(id);
      const aggregate = `${source}/${aggregateId}`;
      const before = highest.get(aggregate) ?? 0;
      if (sequence < before) inversions += 1;
      else highest.set(aggregate, sequence);
    },
    handled: () => void (taken += 1),
    refused(error) {
      if (error instanceof SequenceGap) gaps += 1;
      else failures.push(String(error));
    },
  };
}
