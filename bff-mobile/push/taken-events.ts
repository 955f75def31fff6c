// Ends of orders that a live socket took, written down for whichever process would push them. All that come while the
// database is busy go with one statement, and what it does not take is pushed though it need not be.
import { sql, type Database, type Logger } from '@simplebank/chassis';
import type { OnTaken } from '@simplebank/completion';
import { startLoop } from '@simplebank/events';
import { timeToLiveSeconds } from './send-push.ts';

/** One statement's worth; beyond it memory would grow while the database is away. */
const mostWaiting = 2_000;
/** Rows are removed a little at a time when nothing comes. */
const trimEveryMs = 60_000;
const trimRows = 2_000;

// Most customers have no device here: of them nothing is kept.
const insert = sql(
  'push.insert-taken',
  `insert into taken_event (order_id, customer_id)
   select t.order_id, t.customer_id from unnest($1::text[], $2::text[]) as t (order_id, customer_id)
    where exists (select from push_subscription s where s.customer_id = t.customer_id)
   on conflict do nothing`,
);
const trim = sql(
  'push.trim-taken',
  `delete from taken_event where (order_id, customer_id) in (
     select order_id, customer_id from taken_event where taken_at < now() - $1 * interval '1 second' limit $2)
   returning order_id`,
);

export interface TakenEvents {
  readonly onTaken: OnTaken;
  stop(): Promise<void>;
}

export function keepTakenEvents({ database, log }: { database: Database; log: Logger }): TakenEvents {
  let waiting: { orderId: string; customerId: string }[] = [];
  async function write(): Promise<boolean> {
    if (waiting.length === 0) return false;
    const taken = waiting;
    waiting = [];
    const columns = [taken.map(({ orderId }) => orderId), taken.map(({ customerId }) => customerId)];
    await database.query(insert, columns);
    return true;
  }
  const loop = startLoop({
    async run() {
      if (await write()) return trimEveryMs;
      // An end that is older is not pushed any more, so that nobody asks.
      const removed = await database.query(trim, [timeToLiveSeconds, trimRows]);
      return removed.length === trimRows ? 0 : trimEveryMs;
    },
    onError: (err) => log.warn({ err }, 'what sockets took could not be written down'),
  });
  return {
    onTaken({ key: orderId }, customerId) {
      if (waiting.length === mostWaiting) return;
      waiting.push({ orderId, customerId });
      loop.nudge();
    },
    async stop() {
      await loop.stop();
      await write();
    },
  };
}
