// Between the replicas of the market: one has taken an order or a cancel, the one that holds the FIX session has to
// send it. The row says what is due; a notice only says that it should be looked at now. One that is lost costs the
// holder's next look (POLL_MS in order-sender.ts), no order.
import { setTimeout as pause } from 'node:timers/promises';
import { backgroundContext, runInContext, sql, type Database, type Logger } from '@simplebank/chassis';

const CHANNEL = 'route_due';
/** At most one notice in this time, in milliseconds, however many orders come: each of them is a transaction. */
const TELL_EVERY_MS = 1;

const notify = sql('route.notify-due', `select pg_notify('${CHANNEL}', '')`);

export interface DueNotices {
  /** To be called after the commit. Never throws and never waits. */
  tell(): void;
  stop(): Promise<void>;
}

export async function openDueNotices(
  database: Database,
  log: Logger,
  onDue: () => void,
): Promise<DueNotices> {
  const listening = await database.listen(CHANNEL, onDue);
  let untold = false;
  let telling: Promise<void> | undefined;

  async function tellAll(): Promise<void> {
    while (untold) {
      untold = false;
      await database.query(notify).catch((err: unknown) => {
        log.warn({ err }, 'the holder of the session could not be told of an order; it looks by itself');
      });
      await pause(TELL_EVERY_MS);
    }
    telling = undefined;
  }

  return {
    tell() {
      untold = true;
      // In a context of its own: it must not end with the deadline of the request that happened to come first.
      telling ??= runInContext(backgroundContext({}), tellAll);
    },
    async stop() {
      await telling;
      await listening[Symbol.asyncDispose]();
    },
  };
}
