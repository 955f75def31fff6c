// One checked-out connection: runs statements one after the other, cancels what outlives the caller's
// deadline, and decides at release whether the connection is still fit for the pool.

import type pg from 'pg';
import { strict as assert } from 'node:assert';
import type { Statement } from './database.ts';
import { asFault, DeadlineExceeded, isConnectionLoss } from './database-faults.ts';

/** Postgres cuts names at 63 bytes, so two longer names could become one prepared statement. */
const MAX_STATEMENT_NAME_BYTES = 63;

/** A caller's deadline as a point of `performance.now()`, so that waiting for a connection counts too. */
type ExpiresAt = number | undefined;

interface SessionContext {
  readonly onStatement: ((name: string) => void) | undefined;
  /** Cancels what the backend with this process id is doing; resolves when the server has been told. */
  readonly cancelBackend: (processId: number) => Promise<void>;
}

export function expiryOf(remainingMs: (() => number | undefined) | undefined): ExpiresAt {
  const remaining = remainingMs?.();
  return remaining === undefined ? undefined : performance.now() + remaining;
}

/** Rejects with `DeadlineExceeded` when the point in time passes first. The work itself goes on. */
export async function before<T>(expiresAt: number, what: string, work: Promise<T>): Promise<T> {
  const passed = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => passed.reject(new DeadlineExceeded(`the deadline passed while ${what}`)),
    Math.max(0, expiresAt - performance.now()),
  );
  try {
    return await Promise.race([work, passed.promise]);
  } finally {
    clearTimeout(timer);
  }
}

export class Session {
  readonly #client: pg.PoolClient;
  readonly #context: SessionContext;
  readonly #onError = (error: Error): void => {
    this.#broken ??= error;
  };
  #broken: unknown;
  #cancelling: Promise<void> | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(client: pg.PoolClient, context: SessionContext) {
    this.#client = client;
    this.#context = context;
    // What breaks between two statements, as in a transaction that waits for its caller, shows only here.
    client.on('error', this.#onError);
  }

  get broken(): boolean {
    return this.#broken !== undefined;
  }

  async query(statement: Statement, values: readonly unknown[], expiresAt: ExpiresAt): Promise<object[]> {
    assert(
      Buffer.byteLength(statement.name) <= MAX_STATEMENT_NAME_BYTES,
      `statement name too long: ${statement.name}`,
    );
    return this.#inTurn(() => this.#run(statement, values, expiresAt));
  }

  /** BEGIN, COMMIT and ROLLBACK: after all statements asked for so far. Returns the server's command tag. */
  async control(text: string): Promise<string> {
    const result = await this.#inTurn(() => this.#guard(this.#client.query(text)));
    return result.command;
  }

  /** Marks a connection in an unknown state, so that it is closed and not used again. */
  abandon(reason: unknown): void {
    this.#broken ??= reason;
  }

  /** Gives the connection back, or closes it when it broke or its statement was cancelled. */
  release(): void {
    // While a cancel is under way the backend must stay ours, or the cancel could hit a stranger.
    if (this.#cancelling === undefined) this.#giveBack();
    else void this.#cancelling.then(() => this.#giveBack());
  }

  #giveBack(): void {
    this.#client.release(this.broken);
    this.#client.off('error', this.#onError);
  }

  /** Statements of one connection queue up here, so that a transaction may use Promise.all. */
  #inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.#last.then(run, run);
    this.#last = result;
    return result;
  }

  async #run(statement: Statement, values: readonly unknown[], expiresAt: ExpiresAt): Promise<object[]> {
    if (this.#broken !== undefined) throw asFault(this.#broken);
    if (expiresAt !== undefined && expiresAt <= performance.now()) {
      throw new DeadlineExceeded(`the deadline passed before statement ${statement.name}`);
    }
    this.#context.onStatement?.(statement.name);
    const running = this.#guard(
      this.#client.query<object>({ name: statement.name, text: statement.text, values: [...values] }),
    );
    if (expiresAt === undefined) return (await running).rows;
    try {
      return (await before(expiresAt, `running statement ${statement.name}`, running)).rows;
    } catch (error) {
      if (error instanceof DeadlineExceeded) this.#cancel(error, running);
      throw error;
    }
  }

  /** The connection is closed afterwards: a cancel that arrives late must not hit the next statement on it. */
  #cancel(reason: DeadlineExceeded, running: Promise<unknown>): void {
    this.#broken = reason;
    running.catch(() => undefined);
    const { processID } = this.#client as { processID?: unknown };
    assert(typeof processID === 'number', 'a connected client knows its backend');
    this.#cancelling = this.#context.cancelBackend(processID);
  }

  async #guard<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      if (isConnectionLoss(error)) this.#broken ??= error;
      throw asFault(error);
    }
  }
}
