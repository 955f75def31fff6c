-- The double-entry ledger. What happened is only ever added: transfers, their entries, the ends of pending
-- transfers. The one thing that changes is a ledger account's balance, and it can be computed anew from the rest.
-- Cash is in minor units, shares in units of 1e-9 share. There are no foreign keys: each would cost a look-up and
-- a row lock per transfer on accounts that every batch shares; `npm run ledger:check` proves the references.

create table ledger_account (
  id text primary key,
  kind text not null check (kind in ('customer', 'clearing', 'fees', 'opening')),
  -- The customer's account; null for the house.
  account_id text check ((kind = 'customer') = (account_id is not null)),
  -- A currency code or a symbol.
  asset text not null,
  posted bigint not null default 0,
  -- Set aside by pending transfers that would debit this account.
  reserved bigint not null default 0 check (reserved >= 0),
  -- The last wall; the service has refused before. The house may owe, a customer may not.
  constraint available_not_negative check (kind <> 'customer' or posted - reserved >= 0)
) with (fillfactor = 70); -- room for updates in place: no index holds a balance

create unique index ledger_account_of_customer on ledger_account (account_id, asset) where account_id is not null;

create table transfer (
  -- Made by the client out of the order's or execution's id, so that the same command posts once.
  id text primary key,
  -- Of the whole command: the same id with another body is refused.
  request_hash text not null,
  kind text not null check (kind in ('OPENING', 'TRADE', 'FEE')),
  -- pending: only sets aside. part: posts some of a pending one. direct: posts at once.
  phase text not null check (phase in ('pending', 'part', 'direct')),
  pending_id text check ((phase = 'part') = (pending_id is not null)),
  debit_id text not null,
  credit_id text not null check (credit_id <> debit_id),
  asset text not null,
  -- Zero is allowed: a fee of nothing was still charged.
  amount bigint not null check (amount >= 0),
  order_id text,
  execution_id text,
  created_at timestamptz not null default now()
);

create index transfer_parts on transfer (pending_id) include (amount) where pending_id is not null;

-- Both sides of each posted transfer, signed: a debit is negative.
create table entry (
  sequence bigint generated always as identity primary key,
  transfer_id text not null,
  ledger_account_id text not null,
  -- The customer's account; null for the house.
  account_id text,
  order_id text,
  amount bigint not null check (amount <> 0)
);

create index entry_newest_first on entry (account_id, sequence desc) where account_id is not null;
create index entry_of_order on entry (order_id, sequence) where account_id is not null;

-- What an execution was, for settlement and audit; its transfers carry the same id.
create table trade (
  execution_id text primary key,
  order_id text not null,
  account_id text not null,
  side text not null check (side in ('BUY', 'SELL')),
  symbol text not null,
  -- In units of 1e-9 share.
  quantity bigint not null check (quantity > 0),
  -- In 1e-6 of the currency's major unit a share.
  price bigint not null check (price > 0),
  currency text not null,
  principal bigint not null check (principal >= 0),
  executed_at timestamptz not null
);

-- The end of a pending transfer, at most one each: what was not posted is given back.
create table resolution (
  pending_id text primary key,
  voided bigint not null check (voided >= 0),
  created_at timestamptz not null default now()
);

-- Orders whose reservation has ended, or can never be made any more because the release came first.
create table released_order (
  order_id text primary key,
  created_at timestamptz not null default now()
);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name;
end
$$;

create trigger append_only before update or delete or truncate on transfer
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on entry
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on trade
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on resolution
  for each statement execute function refuse_change();
create trigger append_only before update or delete or truncate on released_order
  for each statement execute function refuse_change();
