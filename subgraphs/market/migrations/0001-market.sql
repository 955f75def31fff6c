-- What can be traded, with the newest price of each, so that a restart has one at once.
create table instrument (
  symbol text primary key,
  name text not null,
  currency char(3) not null,
  tick_micros bigint not null check (tick_micros > 0),
  lot_nanos bigint not null check (lot_nanos > 0)
);

create table quote (
  symbol text primary key references instrument,
  bid_micros bigint not null,
  ask_micros bigint not null,
  last_micros bigint not null,
  quoted_at timestamptz not null
);

-- Orders on their way to the exchange. `sequence` is the number of the newest event of each.
create table route (
  order_id text primary key,
  position bigint generated always as identity,
  account_id text not null,
  symbol text not null,
  side text not null check (side in ('BUY', 'SELL')),
  order_type text not null check (order_type in ('MARKET', 'LIMIT')),
  time_in_force text not null check (time_in_force in ('DAY', 'IOC')),
  quantity_nanos bigint not null check (quantity_nanos > 0),
  limit_micros bigint check (limit_micros > 0),
  state text not null default 'NEW' check (state in ('NEW', 'SENT', 'ACKNOWLEDGED', 'DONE')),
  outcome text check (outcome in ('FILLED', 'CANCELED', 'EXPIRED', 'REJECTED')),
  sends integer not null default 0,
  doubted boolean not null default false,
  cancel text not null default 'NONE' check (cancel in ('NONE', 'WANTED', 'REFUSED')),
  cancel_sends integer not null default 0,
  cumulative_nanos bigint not null default 0,
  sequence integer not null default 0,
  correlation_id text not null,
  traceparent text not null,
  accepted_at timestamptz not null default now(),
  sent_at timestamptz,
  -- When the exchange was last told or asked something about it.
  contacted_at timestamptz not null default '-infinity',
  done_at timestamptz,
  check ((state = 'DONE') = (outcome is not null))
);

-- What is still to be sent or asked: a few rows out of all.
create index route_open on route (position)
  where state in ('NEW', 'SENT') or (state = 'ACKNOWLEDGED' and cancel = 'WANTED');

create table execution (
  id text primary key,
  position bigint generated always as identity unique,
  order_id text not null references route,
  account_id text not null,
  symbol text not null,
  side text not null,
  quantity_nanos bigint not null check (quantity_nanos > 0),
  price_micros bigint not null check (price_micros > 0),
  executed_at timestamptz not null
);
create index execution_by_order on execution (order_id, position);

-- The one FIX session: its sequence numbers, and which process holds it.
create table fix_session (
  one_row boolean primary key default true check (one_row),
  next_incoming bigint not null default 1,
  next_outgoing bigint not null default 1,
  owner uuid,
  lease_expires_at timestamptz not null default '-infinity'
);
insert into fix_session default values;
