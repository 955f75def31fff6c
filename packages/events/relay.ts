// The relay: copies a service's outbox to the bus, in order and at least once. Every replica runs one; a lease
// lets one of them work at a time.
import type { Database } from '@simplebank/chassis';
import type { Bus, BusLog } from './bus.ts';
import { trimInbox } from './inbox.ts';
import { startLoop } from './loop.ts';
import { markPublished, readOutbox, releaseLease, renewLease, trimOutbox } from './relay-store.ts';
import { uuidv7 } from './uuidv7.ts';

/** A dead relay's work is taken over after this and one renewal: below the 3 s that the design promises. */
const LEASE_MS = 1_800;
const RENEW_EVERY_MS = 400;
/** Events of one publish: enough to carry thousands a second, little enough for a short lock on the bus. */
const BATCH_EVENTS = 500;
/** Without a nudge the outbox is looked at this often; other replicas' events wait at most this long. */
const POLL_MS = 50;
/**
 * Published rows are kept this long, for when a bus has lost its events: whatever has its `published_at` set to
 * null is published again, and the bus drops what it still has.
 */
const RETENTION_MS = 24 * 60 * 60 * 1000;
/** Ids of received events; far above the retention of a bus, which could deliver an event again until then. */
const INBOX_RETENTION_MS = 7 * 24 * 60 * 60 * 1000;
const TRIM_EVERY_MS = 60_000;
/** One deletion; a full one is followed by the next at once. */
const TRIM_ROWS = 2_000;

export interface RelayOptions {
  readonly database: Database;
  readonly bus: Pick<Bus, 'publish'>;
  /** The stream that this service's events go to: its name. */
  readonly stream: string;
  readonly log: BusLog;
  readonly retentionMs?: number;
}

export interface Relay extends AsyncDisposable {
  /** Call it after a commit that wrote to the outbox; without it events wait for the next poll. */
  nudge(): void;
  stop(): Promise<void>;
}

export async function startRelay(options: RelayOptions): Promise<Relay> {
  const { database, bus, stream, log, retentionMs = RETENTION_MS } = options;
  const owner = uuidv7();
  let active = await renewLease(database, owner, LEASE_MS);

  async function publishNext(): Promise<number> {
    if (!active) return POLL_MS;
    const rows = await readOutbox(database, owner, BATCH_EVENTS);
    if (rows.length === 0) return POLL_MS;
    await bus.publish(
      stream,
      rows.map((row) => row.envelope),
    );
    await markPublished(database, rows);
    return rows.length === BATCH_EVENTS ? 0 : POLL_MS;
  }

  const publishing = startLoop({
    run: publishNext,
    onError: (err) => log.warn({ stream, err }, 'the relay could not publish and tries again'),
  });
  const leasing = startLoop({
    async run() {
      active = await renewLease(database, owner, LEASE_MS);
      return RENEW_EVERY_MS;
    },
    onError: (err) => log.warn({ stream, err }, 'the relay could not renew its lease'),
  });
  const trimming = startLoop({
    async run() {
      if (!active) return TRIM_EVERY_MS;
      const sent = await trimOutbox(database, retentionMs, TRIM_ROWS);
      const received = await trimInbox(database, INBOX_RETENTION_MS, TRIM_ROWS);
      return Math.max(sent, received) === TRIM_ROWS ? 0 : TRIM_EVERY_MS;
    },
    onError: (err) => log.warn({ stream, err }, 'outbox and inbox could not be trimmed'),
  });

  async function stop(): Promise<void> {
    await Promise.all([publishing.stop(), leasing.stop(), trimming.stop()]);
    await releaseLease(database, owner).catch((err: unknown) => {
      log.warn({ stream, err }, 'the relay could not give its lease back; it runs out by itself');
    });
  }

  return {
    nudge: publishing.nudge,
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
