// Pushes to be sent, in Postgres. They are written with the inbox in one transaction, and stay until a push service has
// answered: a process may be killed at any moment, and the push is sent once more rather than not at all.
import { sql, type Database } from '@simplebank/chassis';
import { receive, uuidv7, type EventEnvelope } from '@simplebank/events';
import type { PushSubscription } from './push-subscription.ts';

/** The inbox's name for this reader of the stream. */
const consumer = 'bff-mobile';

export interface DuePush {
  readonly id: string;
  readonly orderId: string;
  /** The terminal event's number in its order. */
  readonly sequence: number;
  readonly correlationId: string;
  /** With the one under way. */
  readonly attempts: number;
  readonly subscriptionId: string;
  readonly subscription: PushSubscription;
  /** A live socket of the customer has taken the event. */
  readonly isTaken: boolean;
}

interface Row {
  id: string;
  order_id: string;
  sequence: number;
  correlation_id: string;
  attempts: number;
  subscription_id: string;
  endpoint: string;
  p256dh: string;
  auth: string;
  is_taken: boolean;
}

const devicesOf = sql('push.devices-of', 'select id from push_subscription where customer_id = $1');
const insert = sql(
  'push.insert-due',
  `insert into due_push (id, order_id, subscription_id, sequence, correlation_id, due_at)
   select d.id, $3, d.subscription_id, $4, $5, now() + $6 * interval '1 millisecond'
     from unnest($1::text[], $2::text[]) as d (id, subscription_id)
     join push_subscription s on s.id = d.subscription_id
   on conflict do nothing`,
);
const claim = sql(
  'push.claim',
  `update due_push d set due_at = now() + $2 * interval '1 millisecond', attempts = d.attempts + 1
     from push_subscription s
    where s.id = d.subscription_id and d.id = any (array(
      select id from due_push where due_at <= now() order by due_at limit $1 for update skip locked))
   returning d.id, d.order_id, d.sequence, d.correlation_id, d.attempts, d.subscription_id, s.endpoint, s.p256dh, s.auth,
     exists (select from taken_event t where t.order_id = d.order_id and t.customer_id = s.customer_id) as is_taken`,
);
const remove = sql('push.remove-due', 'delete from due_push where id = $1');
// Of one that another process has claimed meanwhile, the attempts are others.
const postpone = sql(
  'push.postpone',
  `update due_push set due_at = now() + $3 * interval '1 millisecond' where id = $1 and attempts = $2`,
);
const removeDevice = sql('push.remove-device', 'delete from push_subscription where id = $1 returning id');

export interface DuePushStore {
  /** For each device of the customer, unless the event was taken in before. Answers how many. */
  add(event: EventEnvelope, customerId: string, afterMs: number): Promise<number>;
  /** Those that are due, for this long; afterwards they are due again. */
  claim(most: number, leaseMs: number): Promise<readonly DuePush[]>;
  remove(push: DuePush): Promise<void>;
  postpone(push: DuePush, forMs: number): Promise<void>;
  /** With all that is due to it. False when it was gone already. */
  removeDevice(push: DuePush): Promise<boolean>;
}

export function createDuePushStore(database: Database): DuePushStore {
  return {
    async add(event, customerId, afterMs) {
      // Most customers have no device here: then this is all that an order costs.
      const devices = (await database.query<{ id: string }>(devicesOf, [customerId])).map(({ id }) => id);
      if (devices.length === 0) return 0;
      return database.transaction(async (tx) => {
        if ((await receive(tx, { consumer, event, inOrder: false })) === 'duplicate') return 0;
        const ids = devices.map(() => uuidv7());
        const { aggregateId, sequence, correlationId } = event;
        await tx.query(insert, [ids, devices, aggregateId, sequence, correlationId, afterMs]);
        return devices.length;
      });
    },
    claim: async (most, leaseMs) => (await database.query<Row>(claim, [most, leaseMs])).map(duePushOf),
    async remove({ id }) {
      await database.query(remove, [id]);
    },
    async postpone({ id, attempts }, forMs) {
      await database.query(postpone, [id, attempts, forMs]);
    },
    async removeDevice({ subscriptionId }) {
      return (await database.query(removeDevice, [subscriptionId])).length > 0;
    },
  };
}

function duePushOf(row: Row): DuePush {
  const { id, sequence, attempts, endpoint, p256dh, auth } = row;
  return {
    id,
    orderId: row.order_id,
    sequence,
    correlationId: row.correlation_id,
    attempts,
    subscriptionId: row.subscription_id,
    subscription: { endpoint, keys: { p256dh, auth } },
    isTaken: row.is_taken,
  };
}
