// The database of one service over a pg pool: prepared statements, short transactions, faults that tell
// "the connection is gone" from "the statement was wrong", and statements that end with their caller's deadline.

import pg from 'pg';
import { strict as assert } from 'node:assert';
import { asFault, DatabaseUnavailable } from './database-faults.ts';
import { DatabaseListener } from './database-listener.ts';
import { before, expiryOf, Session } from './database-session.ts';
import { exactTypes } from './database-types.ts';
import type { Database, Queryable, Statement, Transaction } from './database.ts';

/**
 * Connections per pool. Two replicas of each of the six services that keep data hold 12 × 8 = 96, their bus in Postgres
 * (six and a listener for each of ten processes) 70: below the server's 200, with room for replicas that overlap.
 */
const DEFAULT_POOL_SIZE = 8;
/** No statement on a request's way may take longer; batches pass a larger one. */
const DEFAULT_STATEMENT_TIMEOUT_MS = 5_000;
/** A transaction that waits this long for its own process holds locks and the vacuum horizon: end it. */
const IDLE_IN_TRANSACTION_TIMEOUT_MS = 10_000;
/** Waiting for a free or a new connection; beyond it the caller is better off with an error. */
const CONNECTION_TIMEOUT_MS = 5_000;
/** Grace above the server's own timeout before a silent server counts as gone. */
const SILENT_SERVER_GRACE_MS = 5_000;
/** Idle connections are closed after this time, so that a quiet service holds few of the server's slots. */
const IDLE_CONNECTION_MS = 30_000;

export interface DatabaseOptions {
  /** postgres://role:password@host:port/database */
  readonly url: string;
  /** Shown as application_name in pg_stat_activity. */
  readonly service: string;
  readonly poolSize?: number;
  readonly statementTimeoutMs?: number;
  /** Called with the name of each statement sent; BEGIN, COMMIT and ROLLBACK do not count. */
  readonly onStatement?: (name: string) => void;
  /** Told of lost idle connections, failed reconnects and the like: faults that no caller is there to catch. */
  readonly logError?: (error: Error) => void;
  /** What is left of the current request's deadline, or undefined when there is none. */
  readonly remainingMs?: () => number | undefined;
}

export function openDatabase(options: DatabaseOptions): Database {
  return new PooledDatabase(options);
}

class PooledDatabase implements Database {
  readonly #options: DatabaseOptions;
  readonly #pool: pg.Pool;
  readonly #listener: DatabaseListener;
  #cancels: Promise<void> = Promise.resolve();

  constructor(options: DatabaseOptions) {
    this.#options = options;
    const statementTimeoutMs = options.statementTimeoutMs ?? DEFAULT_STATEMENT_TIMEOUT_MS;
    this.#pool = new pg.Pool({
      ...this.#connectionConfig(),
      max: options.poolSize ?? DEFAULT_POOL_SIZE,
      types: exactTypes,
      statement_timeout: statementTimeoutMs,
      query_timeout: statementTimeoutMs + SILENT_SERVER_GRACE_MS,
      idle_in_transaction_session_timeout: IDLE_IN_TRANSACTION_TIMEOUT_MS,
      idleTimeoutMillis: IDLE_CONNECTION_MS,
    });
    this.#pool.on('error', (error) => this.#log('an idle database connection was lost', error));
    // The pool listens only to idle connections and a session only from its start; an 'error' in between would end
    // the process. Nothing is to be done here: the next statement on the connection reports the loss.
    this.#pool.on('connect', (client) => client.on('error', () => undefined));
    this.#listener = new DatabaseListener(this.#connectionConfig(), (message, error) =>
      this.#log(message, error),
    );
  }

  async query<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    const expiresAt = expiryOf(this.#options.remainingMs);
    const session = await this.#checkOut(expiresAt);
    try {
      // The statement's text and the caller's Row belong together; no one can check it but the store's tests.
      return (await session.query(statement, values, expiresAt)) as Row[];
    } finally {
      session.release();
    }
  }

  async transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T> {
    const session = await this.#checkOut(expiryOf(this.#options.remainingMs));
    const handle = new TransactionHandle(session, this.#options.remainingMs);
    try {
      await session.control('begin');
      const result = await work(handle);
      handle.end();
      await commit(session);
      return result;
    } catch (error) {
      handle.end();
      await rollBack(session);
      throw error;
    } finally {
      session.release();
    }
  }

  async listen(channel: string, onNotification: (payload: string) => void): Promise<AsyncDisposable> {
    return this.#listener.listen(channel, onNotification);
  }

  async close(): Promise<void> {
    await this.#listener.close();
    await this.#pool.end();
    await this.#cancels;
  }

  async #checkOut(expiresAt: number | undefined): Promise<Session> {
    const connecting = this.#pool.connect();
    try {
      const client = await (expiresAt === undefined
        ? connecting
        : before(expiresAt, 'waiting for a database connection', connecting));
      return new Session(client, {
        onStatement: this.#options.onStatement,
        cancelBackend: (processId) => this.#cancelBackend(processId),
      });
    } catch (error) {
      // When the deadline won, the connection still arrives and must go back; a failure was reported here.
      connecting.then(
        (client) => client.release(),
        () => undefined,
      );
      throw asFault(error);
    }
  }

  /** One cancel at a time, on a connection of its own: the pool may be full of what has to be cancelled. */
  #cancelBackend(processId: number): Promise<void> {
    this.#cancels = this.#cancels.then(async () => {
      const client = new pg.Client(this.#connectionConfig());
      client.on('error', (error) => this.#log('the cancelling connection failed', error));
      try {
        await client.connect();
        await client.query('select pg_cancel_backend($1)', [processId]);
      } catch (error) {
        this.#log('a statement past its deadline could not be cancelled', error);
      } finally {
        await client.end().catch(() => undefined);
      }
    });
    return this.#cancels;
  }

  #connectionConfig(): pg.ClientConfig {
    return {
      connectionString: this.#options.url,
      application_name: this.#options.service,
      connectionTimeoutMillis: CONNECTION_TIMEOUT_MS,
      keepAlive: true,
    };
  }

  #log(message: string, cause: unknown): void {
    this.#options.logError?.(new Error(message, { cause }));
  }
}

/** What `work` gets: the transaction's connection, until the transaction ends. */
class TransactionHandle implements Queryable {
  readonly #session: Session;
  readonly #remainingMs: (() => number | undefined) | undefined;
  #ended = false;

  constructor(session: Session, remainingMs: (() => number | undefined) | undefined) {
    this.#session = session;
    this.#remainingMs = remainingMs;
  }

  async query<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values: readonly unknown[] = [],
  ): Promise<Row[]> {
    assert(!this.#ended, `statement ${statement.name} came after its transaction had ended`);
    return (await this.#session.query(statement, values, expiryOf(this.#remainingMs))) as Row[];
  }

  end(): void {
    this.#ended = true;
  }
}

async function commit(session: Session): Promise<void> {
  const tag = await session.control('commit').catch((error: unknown) => {
    throw error instanceof DatabaseUnavailable ? new DatabaseUnavailable(error.cause, true) : error;
  });
  // Postgres answers COMMIT with ROLLBACK when a statement had failed and its error was swallowed by `work`.
  if (tag !== 'COMMIT') {
    throw new Error(
      'nothing was committed: a statement of this transaction failed and its error was ignored',
    );
  }
}

/** A broken connection needs no ROLLBACK: it is closed, and the server rolls back by itself. */
async function rollBack(session: Session): Promise<void> {
  if (session.broken) return;
  await session.control('rollback').catch((error: unknown) => session.abandon(error));
}
