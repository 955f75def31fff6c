-- The customer's inbox: one entry for each order whose story ended.
create table notification (
  id text primary key,
  customer_id text not null,
  account_id text not null,
  -- An order ends once, so a second entry for it can never be.
  order_id text not null unique,
  title text not null,
  body text not null,
  created_at timestamptz not null
);

create index notification_by_customer on notification (customer_id, created_at desc, id desc);
