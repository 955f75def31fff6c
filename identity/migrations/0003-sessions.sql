-- Sign-ins that last: one a device or browser, as long as its refresh tokens go on.
create table session (
  -- The grant of the OpenID provider, and `sid` in the access tokens.
  id text primary key,
  customer_id text not null,
  client_id text not null,
  -- What the customer knows it by; empty where nothing was said.
  device text not null default '',
  started_at timestamptz not null default now(),
  -- When the newest access token was signed; null before the first, as of a sign-in that was given up.
  last_used_at timestamptz,
  ended_at timestamptz
);

create index session_by_customer on session (customer_id) where ended_at is null;
create index session_by_last_use on session (coalesce(last_used_at, started_at));
