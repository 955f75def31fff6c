// The SQL of the orders service. A step of an order costs three statements here: the lock that also reads, one
// that writes log and snapshot together, and the outbox.
import { sql } from '@simplebank/chassis';

const columns = `id, account_id, sequence, state::text as state, state_version, correlation_id, traceparent,
  placed_at, completed_at`;

/** Must be its transaction's first statement, so that events reach the outbox in their order. */
export const lockOrder = sql('orders.lock', `select ${columns} from orders where id = $1 for update`);

export const ordersById = sql('orders.by-id', `select ${columns} from orders where id = any($1)`);

export const orderByClientId = sql(
  'orders.by-client-order-id',
  `select ${columns} from orders where account_id = $1 and client_order_id = $2`,
);

/** Pages of any number of accounts; a page's own cursor and length stand beside its account. */
export const accountPages = sql(
  'orders.account-pages',
  `select wanted.page, found.*
     from unnest($1::text[], $2::timestamptz[], $3::text[], $4::int[])
          with ordinality as wanted (account_id, before_at, before_id, length, page)
    cross join lateral (
      select ${columns} from orders
       where orders.account_id = wanted.account_id
         and (orders.placed_at, orders.id) < (wanted.before_at, wanted.before_id)
       order by orders.placed_at desc, orders.id desc limit wanted.length) as found
    order by wanted.page, found.placed_at desc, found.id desc`,
);

export const ordersAfter = sql(
  'orders.after',
  `select ${columns} from orders where id > $1 order by id limit $2`,
);

const newEvents = `select * from json_to_recordset($1) as event (
    order_id text, sequence int, id uuid, type text, occurred_at timestamptz, data jsonb,
    correlation_id text, causation_id text)`;
const insertEvents =
  'insert into order_event (order_id, sequence, id, type, occurred_at, data, correlation_id, causation_id)';

/** Answers a row unless the account has used the client's id before. */
export const insertOrder = sql(
  'orders.insert',
  `with placed as (
     insert into orders (id, account_id, customer_id, client_order_id, status, sequence, state, state_version,
                         correlation_id, traceparent, placed_at)
     values ($2, $3, $4, $5, $6, $7, $8::jsonb, $9, $10, $11, $12)
     on conflict (account_id, client_order_id) do nothing
     returning id),
   logged as (${insertEvents} select event.* from (${newEvents}) as event join placed on placed.id = event.order_id)
   select id from placed`,
);

export const appendEvents = sql(
  'orders.append',
  `with logged as (${insertEvents} ${newEvents})
   update orders set sequence = $3, status = $4, outcome = $5, state = $6::jsonb, state_version = $7,
          completed_at = $8
    where id = $2 and sequence = $9
   returning id`,
);

/** The events of any number of orders, each from its own place on. */
export const eventsAfter = sql(
  'orders.events-after',
  `select wanted.part, found.*
     from unnest($1::text[], $2::int[], $3::int[]) with ordinality as wanted (order_id, after, length, part)
    cross join lateral (
      select order_id, sequence, id, type, occurred_at, data from order_event
       where order_event.order_id = wanted.order_id and order_event.sequence > wanted.after
       order by order_event.sequence limit wanted.length) as found
    order by wanted.part, found.sequence`,
);
