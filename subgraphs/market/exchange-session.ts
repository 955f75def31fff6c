// Which process has the bank's one FIX session with the exchange: a lease in the database says so. A replica whose
// holder dies takes over within TAKE_OVER_MS; one that has lost the lease lets go. The others take orders all the
// same, tell the holder of them, and answer with the quotes that the holder keeps in the table.
import { setTimeout as pause } from 'node:timers/promises';
import type { ServiceHost } from '@simplebank/chassis';
import { uuidv7 } from '@simplebank/events';
import type { z } from 'zod';
import { settings } from './config.ts';
import { openDueNotices } from './due-notices.ts';
import { giveSessionBack, holdSession } from './fix-session-store.ts';
import { gaugeSession, sessionAlarms, type SessionAlarms } from './session-gauge.ts';
import { beginTenure, type Tenure, type TenureOptions } from './session-tenure.ts';

/** A dead holder's session is taken over after this and one try: within the 3 s that the design promises. */
const LEASE_MS = 2_000;
const RENEW_EVERY_MS = 500;
/** After so many milliseconds another process holds the session of one that was killed; it then logs on. */
export const TAKE_OVER_MS = LEASE_MS + RENEW_EVERY_MS;
/** Quotes and the number of the newest message are written this often: what a restart may lack. */
const SAVE_EVERY_MS = 1_000;

export interface ExchangeSessionOptions extends Omit<TenureOptions, 'alarms'> {
  readonly host: TenureOptions['host'] & Pick<ServiceHost, 'metrics' | 'config' | 'onStop'>;
}

export interface ExchangeSession {
  /** Something is due to be sent, by whichever process holds the session. */
  nudge(): void;
}

/** Ends with the host: logs out and lets another process have the session. */
export async function openExchangeSession(options: ExchangeSessionOptions): Promise<ExchangeSession> {
  const { host, database, quotes } = options;
  const holder = new Holder(options, sessionAlarms(host.metrics));
  gaugeSession(host.metrics, () => holder.tenure?.state() ?? 'not-held');
  // From its first answer on a new replica knows the quotes that another one has got.
  await quotes.load();
  const notices = await openDueNotices(database, host.log, () => holder.tenure?.nudge());
  holder.start();
  host.onStop(async () => {
    await holder.stop();
    await notices.stop();
  });
  return { nudge: () => (holder.tenure === undefined ? notices.tell() : holder.tenure.nudge()) };
}

/** Tries to hold the session until it is stopped. */
class Holder {
  /** Undefined while another process holds the session. */
  tenure: Tenure | undefined;
  readonly #options: ExchangeSessionOptions;
  readonly #alarms: SessionAlarms;
  readonly #config: z.output<typeof settings>;
  readonly #owner = uuidv7();
  readonly #stopping = new AbortController();
  #heldAt = 0;
  #loops: Promise<void>[] = [];

  constructor(options: ExchangeSessionOptions, alarms: SessionAlarms) {
    this.#options = options;
    this.#alarms = alarms;
    this.#config = options.host.config(settings);
  }

  start(): void {
    this.#loops = [
      this.#repeat(RENEW_EVERY_MS, () => this.#hold()),
      this.#repeat(SAVE_EVERY_MS, () => this.#keepQuotes()),
    ];
  }

  async stop(): Promise<void> {
    const { database, host } = this.#options;
    this.#stopping.abort();
    await Promise.all(this.#loops);
    await this.tenure?.end();
    this.tenure = undefined;
    await giveSessionBack(database, this.#owner).catch((err: unknown) =>
      host.log.warn({ err }, 'the session could not be given back; its lease runs out by itself'),
    );
  }

  async #hold(): Promise<void> {
    try {
      await this.#renew();
    } catch (err) {
      this.#options.host.log.warn({ err }, 'the session with the exchange could not be held');
      if (performance.now() - this.#heldAt > LEASE_MS) await this.#endTenure('the lease has run out');
    }
  }

  async #renew(): Promise<void> {
    const { database, host } = this.#options;
    const held = await holdSession(database, this.#owner, LEASE_MS);
    if (held) this.#heldAt = performance.now();
    if (held && this.tenure === undefined) {
      host.log.info('this process holds the session with the exchange');
      const alarms = this.#alarms;
      this.tenure = await beginTenure({ ...this.#options, alarms }, this.#config, this.#owner);
    }
    if (!held) await this.#endTenure('another process holds the session');
  }

  async #endTenure(reason: string): Promise<void> {
    if (this.tenure === undefined) return;
    this.#options.host.log.warn({ reason }, 'the session with the exchange is given up');
    await this.tenure.abandon();
    this.tenure = undefined;
  }

  async #keepQuotes(): Promise<void> {
    const { host, quotes } = this.#options;
    await (this.tenure === undefined ? quotes.load() : this.tenure.save()).catch((err: unknown) =>
      host.log.warn({ err }, 'quotes could not be kept'),
    );
  }

  async #repeat(everyMs: number, work: () => Promise<void>): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await work();
      await pause(everyMs, undefined, { signal }).catch(() => undefined);
    }
  }
}
