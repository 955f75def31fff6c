// What the bus contract needs of a transport besides the bus itself.
import type { Bus } from './bus.ts';

/** One transport with nothing in it. */
export interface BusUnderTest extends AsyncDisposable {
  /** A bus as another process would open it; closed with the transport. */
  open(): Promise<Bus>;
  /** Cuts every connection to the transport's server, as its restart would. */
  dropConnections(): Promise<void>;
  /**
   * Starts a process that works in the group, reports each event by `onEvent` and handles it for ever, so that it
   * holds all it was given. Answers how to kill it.
   */
  startHangingWorker(work: { group: string; stream: string; onEvent: () => void }): Promise<{ kill(): void }>;
}
