-- Pushes that are still to be sent: one for each device of an order's customer, from the order's end until the push
-- service has taken it or it is given up.
create table due_push (
  id text primary key,
  order_id text not null,
  subscription_id text not null references push_subscription (id) on delete cascade,
  -- The terminal event's number in its order.
  sequence int not null,
  correlation_id text not null,
  -- Whoever sends it moves this beyond the time that sending takes, so that it comes again when the sender dies.
  due_at timestamptz not null,
  attempts int not null default 0,
  unique (order_id, subscription_id)
);

create index due_push_by_due on due_push (due_at);
create index due_push_by_subscription on due_push (subscription_id);
