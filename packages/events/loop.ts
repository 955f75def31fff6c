// Work that repeats in the background: one run at a time, at once when nudged, otherwise after a pause.
// The relay, the bus's fetching and its leases all run this way.
import { setTimeout as pause } from 'node:timers/promises';

/** After a failure nudges do not count for this long, so that a database that is away is not hammered. */
const PAUSE_AFTER_FAILURE_MS = 200;

export interface Loop {
  /** Run now; during a run: once more right after it. */
  nudge(): void;
  /** No further run; resolves when the present one has ended. */
  stop(): Promise<void>;
}

export interface LoopOptions {
  /** Answers how many milliseconds may pass before the next run; 0 for "there is more". */
  run(): Promise<number>;
  onError(error: unknown): void;
}

export function startLoop({ run, onError }: LoopOptions): Loop {
  const stopping = new AbortController();
  let nudged = false;
  let wake = (): void => undefined;

  async function sleep(ms: number): Promise<void> {
    if (nudged || ms <= 0 || stopping.signal.aborted) return;
    const woken = Promise.withResolvers<void>();
    wake = woken.resolve;
    const timer = setTimeout(woken.resolve, ms);
    await woken.promise;
    clearTimeout(timer);
  }

  async function cycle(): Promise<void> {
    while (!stopping.signal.aborted) {
      nudged = false;
      try {
        const waitMs = await run();
        await sleep(waitMs);
      } catch (error) {
        onError(error);
        await pauseUnless(stopping.signal, PAUSE_AFTER_FAILURE_MS);
      }
    }
  }

  // Not before the caller has its loop in hand: the first run may need what is built after it.
  const cycling = Promise.resolve().then(cycle);
  return {
    nudge() {
      nudged = true;
      wake();
    },
    async stop() {
      stopping.abort();
      wake();
      await cycling;
    },
  };
}

/** Waits, or returns early when the signal aborts. */
export async function pauseUnless(signal: AbortSignal, ms: number): Promise<void> {
  if (signal.aborted) return;
  await pause(ms, undefined, { signal }).catch(() => undefined);
}
