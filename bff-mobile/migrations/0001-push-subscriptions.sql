-- Where the push services reach a customer's devices (W3C Push API, PushSubscription).
create table push_subscription (
  id text primary key,
  customer_id text not null,
  -- Whoever knows it may send there once it has the keys too: it is the device's, whoever is signed in.
  endpoint text not null unique,
  p256dh text not null,
  auth text not null,
  created_at timestamptz not null default now()
);

create index push_subscription_by_customer on push_subscription (customer_id);
