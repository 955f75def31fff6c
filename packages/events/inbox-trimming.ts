// Keeps an inbox from growing for ever. A service with a relay has this from the relay.
import type { Database } from '@simplebank/chassis';
import type { BusLog } from './bus.ts';
import { trimInbox } from './inbox.ts';
import { startLoop } from './loop.ts';
import { seldom } from './seldom.ts';

/**
 * Ids of received events: above what any relay publishes again after a loss, and far above the retention of a bus,
 * which could deliver an event again until then.
 */
const RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
const TRIM_EVERY_MS = 60_000;
/** One deletion; a full one is followed by the next at once. */
const TRIM_ROWS = 2_000;

export interface InboxTrimming extends AsyncDisposable {
  stop(): Promise<void>;
}

export interface InboxTrimmingOptions {
  readonly database: Database;
  readonly log: BusLog;
  readonly retentionMs?: number;
}

/** For a service that only consumes: `host.onStop(startInboxTrimming({ database, log }).stop)`. */
export function startInboxTrimming({
  database,
  log,
  retentionMs = RETENTION_MS,
}: InboxTrimmingOptions): InboxTrimming {
  const patient = seldom(log);
  const { stop } = startLoop({
    async run() {
      const removed = await trimInbox(database, retentionMs, TRIM_ROWS);
      return removed === TRIM_ROWS ? 0 : TRIM_EVERY_MS;
    },
    onError: (err) => patient.warn({ err }, 'the inbox could not be trimmed'),
  });
  return { stop, [Symbol.asyncDispose]: stop };
}
