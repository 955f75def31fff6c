-- Ends of orders that have arrived at a customer's live socket, of customers with devices: they need no push.
create table taken_event (
  order_id text not null,
  customer_id text not null,
  taken_at timestamptz not null default now(),
  primary key (order_id, customer_id)
);

create index taken_event_by_age on taken_event (taken_at);
