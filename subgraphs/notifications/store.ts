// The inbox in Postgres.
import { sql, type Database, type PagePlace } from '@simplebank/chassis';
import type { Message } from './notification.ts';

export interface NotificationRecord extends Message {
  readonly id: string;
  readonly customerId: string;
  readonly accountId: string;
  readonly orderId: string;
  readonly createdAt: Date;
}

interface Row {
  id: string;
  customer_id: string;
  account_id: string;
  order_id: string;
  title: string;
  body: string;
  created_at: Date;
}

const columns = 'id, customer_id, account_id, order_id, title, body, created_at';

// Whichever of the two unique indexes notices first: the same event may come twice at the same time.
const insert = sql(
  'notification.insert',
  `insert into notification (${columns}) values ($1, $2, $3, $4, $5, $6, $7) on conflict do nothing`,
);
const byId = sql('notification.by-id', `select ${columns} from notification where id = any($1)`);
const page = sql(
  'notification.page',
  `select ${columns} from notification
    where customer_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3))
    order by created_at desc, id desc limit $4`,
);

export interface NotificationsStore {
  /** An order that has an entry keeps it, so that an event that comes twice changes nothing. */
  add(notification: NotificationRecord): Promise<void>;
  notifications(ids: readonly string[]): Promise<NotificationRecord[]>;
  /** Newest first. */
  page(customerId: string, after: PagePlace | undefined, first: number): Promise<NotificationRecord[]>;
}

export function createStore(database: Database): NotificationsStore {
  return {
    async add({ id, customerId, accountId, orderId, title, body, createdAt }) {
      await database.query(insert, [id, customerId, accountId, orderId, title, body, createdAt]);
    },
    notifications: async (ids) => (await database.query<Row>(byId, [ids])).map(recordOf),
    async page(customerId, after, first) {
      const values = [customerId, after?.at ?? null, after?.id ?? '', first];
      return (await database.query<Row>(page, values)).map(recordOf);
    },
  };
}

function recordOf(row: Row): NotificationRecord {
  const { id, title, body } = row;
  const { customer_id: customerId, account_id: accountId, order_id: orderId, created_at: createdAt } = row;
  return { id, customerId, accountId, orderId, title, body, createdAt };
}
