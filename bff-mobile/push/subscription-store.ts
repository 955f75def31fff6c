// Push subscriptions in Postgres, each of one customer.
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import { uuidv7 } from '@simplebank/events';
import type { PushSubscription } from './push-subscription.ts';

/** Of one customer. A phone that was lost or set up anew leaves one behind until its push service says so. */
export const mostSubscriptions = 10;

// Two of one customer at the same time must not both be the last that fits.
const lockCustomer = sql('push.lock-customer', 'select pg_advisory_xact_lock(hashtextextended($1, 0))');
const countOthers = sql(
  'push.count-others',
  'select count(*)::int as count from push_subscription where customer_id = $1 and endpoint <> $2',
);
// A device has one endpoint: who signs in on it last gets its pushes, and what waits for the one before goes with the row.
const takeOver = sql(
  'push.take-over',
  'delete from push_subscription where endpoint = $1 and customer_id <> $2',
);
const upsert = sql(
  'push.upsert',
  `insert into push_subscription (id, customer_id, endpoint, p256dh, auth, session_id) values ($1, $2, $3, $4, $5, $6)
   on conflict (endpoint) do update set customer_id = $2, p256dh = $4, auth = $5, session_id = $6
   returning id`,
);
const removeOwn = sql('push.remove-own', 'delete from push_subscription where id = $1 and customer_id = $2');
const removeOfSession = sql('push.remove-of-session', 'delete from push_subscription where session_id = $1');

/** Whose device it is, and by which sign-in. */
export interface DeviceHolder {
  readonly customerId: string;
  readonly sessionId?: string | undefined;
}

export interface SubscriptionStore {
  /** Its id; the same one when the device registers again. Undefined when the customer has as many as there may be. */
  add(holder: DeviceHolder, subscription: PushSubscription): Promise<string | undefined>;
  /** Only of this customer. */
  remove(customerId: string, id: string): Promise<void>;
  removeSession(sessionId: string): Promise<void>;
}

export function createSubscriptionStore(database: Database): SubscriptionStore {
  return {
    add: (holder, subscription) =>
      database.transaction(async (tx) => {
        await tx.query(lockCustomer, [holder.customerId]);
        const isAllowed = await hasRoom(tx, holder.customerId, subscription);
        return isAllowed ? save(tx, holder, subscription) : undefined;
      }),
    async remove(customerId, id) {
      await database.query(removeOwn, [id, customerId]);
    },
    async removeSession(sessionId) {
      await database.query(removeOfSession, [sessionId]);
    },
  };
}

async function hasRoom(
  tx: Transaction,
  customerId: string,
  { endpoint }: PushSubscription,
): Promise<boolean> {
  const [row] = await tx.query<{ count: number }>(countOthers, [customerId, endpoint]);
  return (row?.count ?? 0) < mostSubscriptions;
}

async function save(
  tx: Transaction,
  { customerId, sessionId }: DeviceHolder,
  { endpoint, keys }: PushSubscription,
): Promise<string | undefined> {
  await tx.query(takeOver, [endpoint, customerId]);
  const values = [uuidv7(), customerId, endpoint, keys.p256dh, keys.auth, sessionId ?? null];
  const [row] = await tx.query<{ id: string }>(upsert, values);
  return row?.id;
}
