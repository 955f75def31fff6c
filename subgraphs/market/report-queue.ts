// Reports on their way into the database: in order, as many as have come in one transaction, together with the FIX
// number up to which they are done. What waits here is lost with the process and then asked for again.
import { setTimeout as pause } from 'node:timers/promises';
import type { RouteChange } from './route-changes.ts';

/** Reports of one transaction: enough that its flush costs little of each, few enough for short locks. */
const BATCH_REPORTS = 200;
/** Beyond so many waiting reports the exchange has to wait, so that a slow database does not fill the memory. */
const MOST_WAITING = 5_000;
/** Between two tries to write the same batch, when the database is away. */
const RETRY_MS = 100;

export interface QueuedReport {
  readonly change: RouteChange;
  readonly incomingSeq: number;
}

export interface ReportQueueOptions {
  /** Must be safe to repeat: the answer to a commit may have been lost. */
  readonly commit: (reports: readonly QueuedReport[]) => Promise<void>;
  readonly onFault: (error: unknown) => void;
  /** A fault after which trying again is of no use. */
  readonly isFinal: (error: unknown) => boolean;
}

export interface ReportQueue {
  /** Resolves when the next report may come. */
  put(report: QueuedReport): Promise<void>;
  /** True when everything has been written. */
  readonly empty: boolean;
  /** Everything put so far is written, unless the queue was closed before. */
  drained(): Promise<void>;
  /** Drops what waits: the next holder of the session gets it again. */
  close(): Promise<void>;
}

export function createReportQueue({ commit, onFault, isFinal }: ReportQueueOptions): ReportQueue {
  const waiting: QueuedReport[] = [];
  let closed = false;
  let writing: Promise<void> | undefined;

  async function write(): Promise<void> {
    while (waiting.length > 0 && !closed) {
      const batch = waiting.slice(0, BATCH_REPORTS);
      try {
        await commit(batch);
        waiting.splice(0, batch.length);
      } catch (error) {
        onFault(error);
        if (isFinal(error)) closed = true;
        else await pause(RETRY_MS);
      }
    }
    writing = undefined;
  }

  return {
    async put(report) {
      if (closed) throw new Error('the report came after the session was given up');
      waiting.push(report);
      writing ??= write();
      if (waiting.length >= MOST_WAITING) await writing;
    },
    get empty() {
      return waiting.length === 0;
    },
    async drained() {
      await writing;
    },
    async close() {
      closed = true;
      await writing;
    },
  };
}
