// The one FIX session of the bank, in Postgres: which process holds it, and its sequence numbers. Every write checks
// the lease, so that a process that was paused and has lost the session can change nothing of it.
import { sql, type Database, type Queryable } from '@simplebank/chassis';
import type { SessionStore } from '@simplebank/fix';

/** Outgoing numbers made durable at once; after a crash the exchange is told to skip the unused ones. */
const RESERVED_NUMBERS = 500;

const take = sql(
  'session.take',
  `update fix_session set owner = $1, lease_expires_at = clock_timestamp() + $2 * interval '1 millisecond'
   where owner = $1 or owner is null or lease_expires_at < clock_timestamp()
   returning owner`,
);
const giveBack = sql('session.give-back', 'update fix_session set owner = null where owner = $1');
const numbers = sql('session.numbers', 'select next_incoming, next_outgoing from fix_session');
const reserve = sql(
  'session.reserve',
  `update fix_session set next_outgoing = greatest(next_outgoing, $2) where owner = $1 returning owner`,
);
const received = sql(
  'session.received',
  `update fix_session set next_incoming = greatest(next_incoming, $2) where owner = $1 returning owner`,
);
const startOver = sql(
  'session.start-over',
  'update fix_session set next_incoming = 1, next_outgoing = 1 where owner = $1 returning owner',
);

/** Another process holds the session now. */
export class SessionLost extends Error {
  override readonly name = 'SessionLost';
}

/** Takes the session, or keeps it; false when another process has it. */
export async function holdSession(database: Database, owner: string, leaseMs: number): Promise<boolean> {
  return (await database.query(take, [owner, leaseMs])).length > 0;
}

export async function giveSessionBack(database: Database, owner: string): Promise<void> {
  await database.query(giveBack, [owner]);
}

/** Records that all messages below `next` are done, in the transaction of what they did. */
export async function saveReceived(tx: Queryable, owner: string, next: number): Promise<void> {
  await mustHold(tx.query(received, [owner, next]));
}

export interface IncomingNumber {
  /** The number of the next message; what is below it has at least been taken into the queue. */
  next: number;
}

/**
 * Numbers that have been taken into the queue count as received while this process lives: they are not asked for
 * again after a reconnect. What is durable moves only with the reports' own transactions.
 */
export function createFixSessionStore(
  database: Database,
  owner: string,
): SessionStore & { readonly incoming: IncomingNumber } {
  const incoming: IncomingNumber = { next: 1 };
  let used = 0;
  let durableBelow = 0;
  let reservingTo = 0;
  let reserving: Promise<void> = Promise.resolve();

  async function reserveTo(next: number): Promise<void> {
    await mustHold(database.query(reserve, [owner, next]));
    durableBelow = Math.max(durableBelow, next);
  }

  return {
    incoming,
    async load() {
      const [row] = await database.query<{ next_incoming: bigint; next_outgoing: bigint }>(numbers);
      if (row === undefined) throw new Error('the session row is missing');
      incoming.next = Math.max(incoming.next, Number(row.next_incoming));
      return { nextIncoming: incoming.next, nextOutgoing: used > 0 ? used + 1 : Number(row.next_outgoing) };
    },
    saveOutgoing(seq) {
      used = Math.max(used, seq);
      if (seq < durableBelow) return;
      if (seq >= reservingTo) {
        reservingTo = seq + RESERVED_NUMBERS;
        // After a failure the next number tries again.
        reserving = reserveTo(reservingTo).catch((error: unknown) => {
          reservingTo = durableBelow;
          throw error;
        });
      }
      return reserving;
    },
    messages: async () => [],
    saveIncoming(seq) {
      incoming.next = Math.max(incoming.next, seq + 1);
    },
    async reset() {
      await mustHold(database.query(startOver, [owner]));
      incoming.next = 1;
      used = 0;
      durableBelow = 0;
      reservingTo = 0;
    },
  };
}

async function mustHold(changed: Promise<object[]>): Promise<void> {
  if ((await changed).length === 0) throw new SessionLost('another process holds the FIX session');
}
