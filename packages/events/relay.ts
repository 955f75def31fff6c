// The relay: copies a service's outbox to the bus, in order and at least once. Every replica runs one; a lease
// lets one of them work at a time.
import { setTimeout as pause } from 'node:timers/promises';
import type { Database } from '@simplebank/chassis';
import type { BusLog } from './bus.ts';
import { startInboxTrimming } from './inbox-trimming.ts';
import { startLoop } from './loop.ts';
import { OutboxPublisher, type RelayTarget } from './outbox-publisher.ts';
import { releaseLease, renewLease, trimOutbox } from './relay-store.ts';
import { seldom } from './seldom.ts';
import { uuidv7 } from './uuidv7.ts';

/**
 * Publishes begin at least so far apart unless more is known to wait: what is committed meanwhile goes together, for about the
 * price of one event. An event after a pause goes at once.
 */
const PUBLISHES_APART_MS = 10;
/** A dead relay's work is taken over after this and one renewal: below the 3 s that the design promises. */
const LEASE_MS = 1_800;
const RENEW_EVERY_MS = 400;
/** Published rows are kept this long, for when a bus has lost its events, and longer while a group is behind. */
const RETENTION_MS = 24 * 60 * 60 * 1000;
/** A group that has not handled an event for so long, or keeps it as a dead letter, must not fill the disk. */
const UNHANDLED_RETENTION_MS = 6 * 24 * 60 * 60 * 1000;
/** The lease is renewed by a loop of its own; this one then finds out so soon that it has come. */
const INACTIVE_POLL_MS = 50;
const TRIM_EVERY_MS = 60_000;
/** One deletion; a full one is followed by the next at once. */
const TRIM_ROWS = 2_000;

export interface RelayOptions {
  readonly database: Database;
  readonly bus: RelayTarget;
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
  const { database, bus, stream, retentionMs = RETENTION_MS } = options;
  const owner = uuidv7();
  const log = seldom(options.log);
  const publisher = new OutboxPublisher({ database, bus, stream, log: options.log, owner });
  let active = await renewLease(database, owner, LEASE_MS);

  const publishing = startLoop({
    async run() {
      if (!active) return INACTIVE_POLL_MS;
      const startedAt = performance.now();
      const dueMs = await publisher.publishNext();
      const earlyMs = startedAt + PUBLISHES_APART_MS - performance.now();
      if (dueMs > 0 && earlyMs > 0) await pause(earlyMs);
      return dueMs;
    },
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
      const unhandledRetentionMs = Math.max(retentionMs, UNHANDLED_RETENTION_MS);
      const removed = await trimOutbox(database, { retentionMs, unhandledRetentionMs, most: TRIM_ROWS });
      return removed === TRIM_ROWS ? 0 : TRIM_EVERY_MS;
    },
    onError: (err) => log.warn({ stream, err }, 'the outbox could not be trimmed'),
  });
  const inboxTrimming = startInboxTrimming({ database, log });

  async function stop(): Promise<void> {
    await Promise.all([publishing, leasing, trimming, inboxTrimming].map((loop) => loop.stop()));
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
