-- What the OpenID provider remembers: sessions, sign-ins under way, codes, refresh tokens and the grants behind them.
create table openid_record (
  kind text not null,
  -- SHA-256 of the id: ids are what browsers and clients show, so who reads the table cannot use them. (A sign-in under
  -- way names its browser's session, which is no use either: cookies are signed.)
  id_hash bytea not null,
  payload jsonb not null,
  grant_id text,
  -- The name of a session in what belongs to it.
  session_uid text,
  consumed_at timestamptz,
  expires_at timestamptz not null,
  primary key (kind, id_hash)
);

create index openid_record_by_grant on openid_record (grant_id) where grant_id is not null;
create unique index openid_session_by_uid on openid_record (session_uid) where kind = 'Session';
create index openid_record_by_expiry on openid_record (expires_at);

-- The user name that a customer signed in by, with which its accounts are asked for at each refresh.
create table openid_account (
  customer_id text primary key,
  username text not null
);
