// The inbox: in the transaction of an event's effect it records that the event was taken in, so that delivery
// at least once becomes an effect exactly once, and a hole in an aggregate's sequence is seen.
//
//   async function handle(event: EventEnvelope): Promise<void> {
//     await database.transaction(async (tx) => {
//       await tx.query(lockOrder, [orderIdOf(event)]);   // first: this service's own aggregate (see outbox.ts)
//       const received = await receive(tx, { consumer: 'orders', event });
//       if (received === 'duplicate') return;
//       if (received === 'gap') throw new SequenceGap(event);
//       … the effect, appendToOutbox …
//     });
//   }
import { sql, type Queryable, type Transaction } from '@simplebank/chassis';
import type { EventEnvelope } from './envelope.ts';

export interface Received {
  /** Usually the name of the bus group. */
  readonly consumer: string;
  readonly event: EventEnvelope;
  /**
   * True unless said otherwise: the consumer receives every event of an aggregate, also of types that it ignores.
   * A consumer that picks some events, and to which their order does not matter, says false; it never gets `gap`.
   */
  readonly inOrder?: boolean;
}

const receiveInOrder = sql('inbox.receive', 'select inbox_receive($1, $2, $3, $4, $5) as received');
const receiveAny = sql(
  'inbox.receive-any',
  'insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning event_id',
);
const trim = sql(
  'inbox.trim',
  `with old as (
     select consumer, event_id from inbox where received_at < now() - $1 * interval '1 millisecond'
     order by received_at limit $2
   )
   delete from inbox i using old where i.consumer = old.consumer and i.event_id = old.event_id
   returning i.event_id`,
);
const forgetEvents = sql('inbox.forget-events', 'delete from inbox where consumer = $1');
const forgetSequences = sql('inbox.forget-sequences', 'delete from inbox_sequence where consumer = $1');

/** `new`: apply it. `duplicate`: it was applied before. `gap`: throw SequenceGap, so that it comes again later. */
export async function receive(
  tx: Transaction,
  { consumer, event, inOrder = true }: Received,
): Promise<'new' | 'duplicate' | 'gap'> {
  if (!inOrder) {
    const inserted = await tx.query(receiveAny, [consumer, event.id]);
    return inserted.length > 0 ? 'new' : 'duplicate';
  }
  const values = [consumer, event.id, event.source, event.aggregateId, event.sequence];
  const [row] = await tx.query<{ received: 'new' | 'duplicate' | 'gap' }>(receiveInOrder, values);
  if (row === undefined) throw new Error('inbox_receive answered no row');
  return row.received;
}

/** Forgets all that a consumer has received, together with its effects being undone, before a replay. */
export async function forgetConsumer(tx: Transaction, consumer: string): Promise<void> {
  await tx.query(forgetEvents, [consumer]);
  await tx.query(forgetSequences, [consumer]);
}

/** Forgets event ids past the retention, which must exceed the bus's; the last sequences stay. Answers how many. */
export async function trimInbox(database: Queryable, retentionMs: number, most: number): Promise<number> {
  return (await database.query(trim, [retentionMs, most])).length;
}
