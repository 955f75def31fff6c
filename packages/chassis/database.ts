// How a service talks to its own Postgres: named statements, short transactions, a dedicated LISTEN
// connection. These are the types that stores write against; `open-database.ts` implements them over pg.

/** A statement is prepared once per connection under its name, so the name must be unique within a service. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** `sql('orders.insert', 'insert into …')`. Values go in as $1, $2 …; lists as arrays with `unnest` or `any`. */
export function sql(name: string, text: string): Statement {
  return { name, text };
}

/** int8 columns arrive as bigint, numeric as string, timestamptz as Date, json and jsonb parsed. */
export interface Queryable {
  query<Row extends object = Record<string, unknown>>(
    statement: Statement,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

export type Transaction = Queryable;

export interface Database extends Queryable {
  /**
   * Runs `work` in one READ COMMITTED transaction: commits its result, rolls back when it throws.
   * Its first statement should lock the aggregate (see docs/adr/0007).
   */
  transaction<T>(work: (tx: Transaction) => Promise<T>): Promise<T>;
  /** Calls back for each NOTIFY on the channel; a lost connection is reopened and counts as one notification. */
  listen(channel: string, onNotification: (payload: string) => void): Promise<AsyncDisposable>;
  close(): Promise<void>;
}
