// The one thing that must be true at every moment, also between a kill and the recovery: no order stands at the
// exchange without its reservation in the ledger.
import { setTimeout } from 'node:timers/promises';
import { Client } from 'pg';
import type { ExchangeControl, ExchangeOrder } from './exchange-control.ts';

/** Each look costs a connection and a statement of the exchange; a kill's recovery takes seconds. */
const pauseMs = 150;

export interface InterlockWatch extends AsyncDisposable {
  /** Ends the watch; it may be stopped again. */
  stop(): Promise<InterlockReport>;
}

export interface InterlockReport {
  /** When each look that saw both sides began, by `performance.now()`. */
  readonly lookedAt: readonly number[];
  /** Violations, and looks that failed though nothing was dead. */
  readonly problems: readonly string[];
}

export function watchInterlock(accountsDatabaseUrl: string, exchange: ExchangeControl): InterlockWatch {
  const stopped = new AbortController();
  const problems: string[] = [];
  const lookedAt: number[] = [];
  const watching = (async () => {
    while (!stopped.signal.aborted) {
      const beganAt = performance.now();
      try {
        problems.push(...(await unreservedOrders(accountsDatabaseUrl, exchange)));
        lookedAt.push(beganAt);
      } catch (error) {
        // While Postgres or the exchange is dead there is nothing to see.
        if (!isBrokenConnection(error)) problems.push(`a look at the interlock failed: ${String(error)}`);
      }
      await setTimeout(pauseMs, undefined, { signal: stopped.signal }).catch(() => undefined);
    }
  })();
  const stop = async () => {
    stopped.abort();
    await watching;
    return { lookedAt, problems };
  };
  return { stop, [Symbol.asyncDispose]: async () => void (await stop()) };
}

/**
 * The exchange is read first and last: what works there before and after the ledger was read worked while it was
 * read, and must have had its reservation then. What has ended must at least have had one.
 */
export async function unreservedOrders(
  accountsDatabaseUrl: string,
  exchange: ExchangeControl,
): Promise<string[]> {
  const before = await exchange.orders();
  const reservations = await readReservations(accountsDatabaseUrl);
  const after = new Map((await exchange.orders()).map((order) => [order.clOrdId, order]));
  return before.flatMap((order) => {
    const reservation = reservations.get(order.clOrdId);
    if (reservation === undefined) return [`${order.clOrdId} is at the exchange and was never reserved`];
    const now = after.get(order.clOrdId);
    const works = now !== undefined && isWorking(order) && isWorking(now);
    return works && reservation === 'released'
      ? [`${order.clOrdId} works at the exchange and its reservation is released`]
      : [];
  });
}

const brokenConnectionCodes = new Set([
  // The system's, and that of fetch for a socket that the other side closed.
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'UND_ERR_SOCKET',
  // Of Postgres: it is told to end, it crashed, it is not yet up.
  '57P01',
  '57P02',
  '57P03',
]);

/** pg has no code for a socket that ends in the middle of a statement, or between two. */
const brokenConnectionMessages = new Set([
  'Connection terminated unexpectedly',
  'Client has encountered a connection error and is not queryable',
]);

/** What one sees of a program that was killed; all else, such as a statement that fails, is a fault. */
function isBrokenConnection(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const isBroken = 'code' in error && brokenConnectionCodes.has(String(error.code));
  return isBroken || brokenConnectionMessages.has(error.message) || isBrokenConnection(error.cause);
}

export function isWorking({ leaves }: ExchangeOrder): boolean {
  return BigInt(leaves) > 0n;
}

async function readReservations(accountsDatabaseUrl: string): Promise<Map<string, 'open' | 'released'>> {
  const client = new Client({ connectionString: accountsDatabaseUrl });
  // A connection that a kill breaks says so by an event as well.
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query<{ order_id: string; released: boolean }>(
      `select distinct order_id, exists (select from released_order r where r.order_id = t.order_id) as released
       from transfer t where phase = 'pending' and execution_id is null`,
    );
    return new Map(rows.map(({ order_id, released }) => [order_id, released ? 'released' : 'open']));
  } finally {
    await client.end().catch(() => undefined);
  }
}
