// The outbox: events are written in the business transaction and reach the bus by the relay, so that state
// and events are committed together or not at all.
//
//   await database.transaction(async (tx) => {
//     await tx.query(sql('orders.lock', 'select … from "order" where id = $1 for update'), [orderId]);
//     …
//     await appendToOutbox(tx, [orderPlaced]);
//   });
//   relay.nudge();
//
// The one rule: an aggregate's events are numbered and appended while the transaction holds the aggregate's lock.
// Then the rows' ids rise with the sequence, and that is the order in which the relay publishes. Taking the lock
// in the first statement is the easy way to keep the rule, and keeps transactions from deadlocks.
// (The order of transaction numbers would not do: `outbox-order.int.test.ts` shows how it comes out inverted.)
import { noteWritten, sql, type Transaction } from '@simplebank/chassis';
import { decodeEnvelope, type EventEnvelope } from './envelope.ts';

/** The outbox's and the inbox's tables: `migrate(url, eventsMigrations, 'events')`. */
export const eventsMigrations = new URL('./migrations/', import.meta.url);

const insert = sql(
  'outbox.append',
  `insert into outbox (envelope)
   select e.item from json_array_elements($1::json) with ordinality e (item, ordinal) order by e.ordinal
   returning id`,
);

/** Adds events in the given order. */
export async function appendToOutbox(tx: Transaction, events: readonly EventEnvelope[]): Promise<void> {
  if (events.length === 0) return;
  // A wrong envelope fails here, with its producer, and not later with every consumer.
  for (const event of events) decodeEnvelope(event);
  const rows = await tx.query<{ id: bigint }>(insert, [JSON.stringify(events)]);
  for (const { id } of rows) noteWritten(events[0]?.source ?? '', id);
}
