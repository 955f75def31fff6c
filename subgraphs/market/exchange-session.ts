// Which process has the bank's one FIX session with the exchange: a lease in the database says so. A replica whose
// holder dies takes over within three seconds; one that has lost the lease lets go.
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceHost } from '@simplebank/chassis';
import { uuidv7 } from '@simplebank/events';
import { settings } from './config.ts';
import { giveSessionBack, holdSession } from './fix-session-store.ts';
import { gaugeSession, sessionAlarms } from './session-gauge.ts';
import { beginTenure, type Tenure, type TenureOptions } from './session-tenure.ts';

/** A dead holder's session is taken over after this and one try: within the 3 s that the design promises. */
const LEASE_MS = 2_000;
const RENEW_EVERY_MS = 500;
/** Quotes and the number of the newest message are written this often: what a restart may lack. */
const SAVE_EVERY_MS = 1_000;

export interface ExchangeSessionOptions extends Omit<TenureOptions, 'alarms'> {
  readonly host: TenureOptions['host'] & Pick<ServiceHost, 'metrics' | 'config' | 'onStop'>;
}

export interface ExchangeSession {
  /** Something is due to be sent. */
  nudge(): void;
}

/** Ends with the host: logs out and lets another process have the session. */
export function openExchangeSession(options: ExchangeSessionOptions): ExchangeSession {
  const { host, database, quotes } = options;
  const { log } = host;
  const config = host.config(settings);
  const owner = uuidv7();
  const alarms = sessionAlarms(host.metrics);
  const stopping = new AbortController();
  let tenure: Tenure | undefined;
  let heldAt = 0;
  gaugeSession(host.metrics.registry, () => tenure?.state() ?? 'not-held');

  async function renew(): Promise<void> {
    const held = await holdSession(database, owner, LEASE_MS);
    if (held) heldAt = performance.now();
    if (held && tenure === undefined) {
      log.info('this process holds the session with the exchange');
      tenure = await beginTenure({ ...options, alarms }, config, owner);
    }
    if (!held) await endTenure('another process holds the session');
  }

  async function endTenure(reason: string): Promise<void> {
    if (tenure === undefined) return;
    log.warn({ reason }, 'the session with the exchange is given up');
    await tenure.abandon();
    tenure = undefined;
  }

  async function hold(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        await renew();
      } catch (err) {
        log.warn({ err }, 'the session with the exchange could not be held');
        if (performance.now() - heldAt > LEASE_MS) await endTenure('the lease has run out');
      }
      await pause(RENEW_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  async function keepQuotes(): Promise<void> {
    while (!stopping.signal.aborted) {
      await (tenure === undefined ? quotes.load() : tenure.save()).catch((err: unknown) =>
        log.warn({ err }, 'quotes could not be kept'),
      );
      await pause(SAVE_EVERY_MS, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const holding = hold();
  const keeping = keepQuotes();
  host.onStop(async () => {
    stopping.abort();
    await Promise.all([holding, keeping]);
    await tenure?.end();
    tenure = undefined;
    await giveSessionBack(database, owner).catch((err: unknown) =>
      log.warn({ err }, 'the session could not be given back; its lease runs out by itself'),
    );
  });
  return { nudge: () => tenure?.nudge() };
}
