-- Orders: what happened to each (the truth), and the state that it adds up to (for reads and for the next step).

-- `id` is a uuidv7 and also the order's name at the exchange.
create table orders (
  id text primary key,
  account_id text not null,
  customer_id text not null,
  client_order_id text not null,
  status text not null,
  outcome text,
  -- The number of its newest event.
  sequence int not null,
  -- The domain's whole state; its form, so that a newer program knows to replay the log instead.
  state jsonb not null,
  state_version int not null,
  -- Of the request that placed it: all that happens to the order later is found by them.
  correlation_id text not null,
  traceparent text not null,
  placed_at timestamptz not null,
  completed_at timestamptz,
  unique (account_id, client_order_id)
) with (fillfactor = 70);

-- The pages of an account; no column of it changes, so that updates stay on their page (heap-only).
create index orders_by_account on orders (account_id, placed_at desc, id desc);

create table order_event (
  order_id text not null,
  -- 1, 2, 3 … without a hole.
  sequence int not null,
  id uuid not null,
  type text not null,
  occurred_at timestamptz not null,
  -- As on the stream: exact numbers are decimal strings.
  data jsonb not null,
  correlation_id text not null,
  -- The event or request that caused it; null when it followed from the order itself.
  causation_id text,
  primary key (order_id, sequence)
);

-- The fee rule that was seen last, for when the fees service does not answer. One row.
create table fee_rule (
  the_only boolean primary key default true check (the_only),
  schedule_id text not null,
  basis_points bigint not null,
  per_lot_minor bigint not null,
  currency char(3) not null
);
