-- Customers, their accounts, and who may act on which.
create table customer (
  id text primary key,
  username text not null unique,
  name text not null,
  email text not null
);

create table account (
  id text primary key,
  number text not null unique,
  customer_id text not null references customer,
  status text not null check (status in ('OPEN', 'CLOSED')),
  currency char(3) not null,
  order_limit_minor bigint not null check (order_limit_minor >= 0),
  opened_at timestamptz not null default now()
);

-- A customer may act on accounts of others too, so the right is a row of its own.
create table account_grant (
  customer_id text not null references customer,
  account_id text not null references account,
  primary key (customer_id, account_id)
);
