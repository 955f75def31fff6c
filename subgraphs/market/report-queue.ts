// Reports on their way into the database: in order, as many as have come in one transaction, together with the FIX
// number up to which they are done. What waits here is lost with the process and then asked for again. A report that
// cannot be written is left out, for it must not keep the others from coming.
import { setTimeout as pause } from 'node:timers/promises';
import type { WriteFault } from './report-faults.ts';
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
  readonly faultOf: (error: unknown) => WriteFault;
  /** The report could not be written by itself either, and is left out. */
  readonly onSkipped: (report: QueuedReport, error: unknown) => void;
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

export function createReportQueue(options: ReportQueueOptions): ReportQueue {
  const { commit, onFault, faultOf, onSkipped } = options;
  const waiting: QueuedReport[] = [];
  let closed = false;
  let writing: Promise<void> | undefined;

  /** So many of the next reports go one by one, since one of them cannot be written. */
  let alone = 0;

  async function write(): Promise<void> {
    while (waiting.length > 0 && !closed) {
      const batch = waiting.slice(0, alone > 0 ? 1 : BATCH_REPORTS);
      try {
        await commit(batch);
        taken(batch);
      } catch (error) {
        await failed(batch, error);
      }
    }
    writing = undefined;
  }

  function taken(batch: readonly QueuedReport[]): void {
    waiting.splice(0, batch.length);
    alone = Math.max(0, alone - batch.length);
  }

  async function failed(batch: readonly QueuedReport[], error: unknown): Promise<void> {
    const fault = faultOf(error);
    const [only, ...others] = batch;
    if (fault === 'report' && only !== undefined && others.length === 0) {
      onSkipped(only, error);
      return taken(batch);
    }
    onFault(error);
    if (fault === 'lost') closed = true;
    else if (fault === 'report') alone = batch.length;
    else await pause(RETRY_MS);
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
