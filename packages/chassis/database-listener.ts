// LISTEN on one dedicated connection for all channels of a database. A lost connection is reopened with
// backoff; since notifications may have been missed meanwhile, every listener is told once after a reconnect.

import pg from 'pg';
import { asFault } from './database-faults.ts';

const FIRST_BACKOFF_MS = 50;
/** Upper bound of the backoff: a notification is only a hint, readers also poll. */
const MAX_BACKOFF_MS = 2_000;

type OnNotification = (payload: string) => void;
type LogError = (message: string, error: unknown) => void;

export class DatabaseListener {
  readonly #config: pg.ClientConfig;
  readonly #logError: LogError;
  readonly #channels = new Map<string, Set<OnNotification>>();
  #connecting: Promise<pg.Client> | undefined;
  #reconnect: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(config: pg.ClientConfig, logError: LogError) {
    this.#config = config;
    this.#logError = logError;
  }

  /** Resolves when the server has accepted the LISTEN: what is notified from then on arrives. */
  async listen(channel: string, onNotification: OnNotification): Promise<AsyncDisposable> {
    // Every call is a listener of its own, also when the same function is given twice.
    const listener: OnNotification = (payload) => onNotification(payload);
    const listeners = this.#channels.get(channel) ?? new Set();
    this.#channels.set(channel, listeners.add(listener));
    try {
      const client = await this.#connection();
      await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    } catch (error) {
      this.#forget(channel, listener);
      throw asFault(error);
    }
    return { [Symbol.asyncDispose]: () => this.#unlisten(channel, listener) };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#reconnect);
    this.#channels.clear();
    const client = await this.#connecting?.catch(() => undefined);
    await client?.end().catch(() => undefined);
  }

  #connection(): Promise<pg.Client> {
    if (this.#closed) return Promise.reject(new Error('the database is closed'));
    if (this.#connecting !== undefined) return this.#connecting;
    const connecting = this.#connect();
    this.#connecting = connecting;
    connecting.catch(() => {
      if (this.#connecting === connecting) this.#connecting = undefined;
    });
    return connecting;
  }

  async #connect(): Promise<pg.Client> {
    const client = new pg.Client(this.#config);
    client.on('notification', ({ channel, payload }) => this.#tell(channel, payload ?? ''));
    client.on('error', (error) => this.#logError('the listening database connection failed', error));
    await client.connect();
    client.once('end', () => this.#lost());
    return client;
  }

  #lost(): void {
    this.#connecting = undefined;
    if (!this.#closed && this.#channels.size > 0) this.#reconnectAfter(FIRST_BACKOFF_MS);
  }

  #reconnectAfter(backoffMs: number): void {
    clearTimeout(this.#reconnect);
    this.#reconnect = setTimeout(() => {
      this.#listenAgain().catch((error: unknown) => {
        if (this.#closed) return;
        this.#logError('the listening database connection could not be reopened', error);
        this.#reconnectAfter(Math.min(backoffMs * 2, MAX_BACKOFF_MS));
      });
    }, backoffMs);
  }

  async #listenAgain(): Promise<void> {
    const client = await this.#connection();
    for (const channel of this.#channels.keys()) await client.query(`listen ${pg.escapeIdentifier(channel)}`);
    for (const channel of this.#channels.keys()) this.#tell(channel, '');
  }

  #tell(channel: string, payload: string): void {
    for (const listener of this.#channels.get(channel) ?? []) {
      try {
        listener(payload);
      } catch (error) {
        this.#logError(`a listener of channel ${channel} failed`, error);
      }
    }
  }

  async #unlisten(channel: string, listener: OnNotification): Promise<void> {
    this.#forget(channel, listener);
    if (this.#channels.has(channel) || this.#connecting === undefined) return;
    // When the connection is gone, the reconnect no longer knows the channel, which is all that is wanted.
    const client = await this.#connecting.catch(() => undefined);
    await client?.query(`unlisten ${pg.escapeIdentifier(channel)}`).catch(() => undefined);
  }

  #forget(channel: string, listener: OnNotification): void {
    const listeners = this.#channels.get(channel);
    listeners?.delete(listener);
    if (listeners?.size === 0) this.#channels.delete(channel);
  }
}
