-- Who is signed in at the web BFF. A browser shows its session's id in a cookie; here is the id's SHA-256 only, and what is
-- sealed is sealed with a key that the id is part of: who reads the table can neither be a session nor read its tokens.
create table web_session (
  id_hash bytea primary key,
  customer_id text not null,
  -- Access and refresh token.
  tokens bytea not null,
  token_expires_at timestamptz not null,
  -- Counts the renewals of the tokens, of which one at a time runs until this moment, at whichever replica.
  version integer not null default 0,
  renewing_until timestamptz,
  -- Moved on by requests, never beyond the end.
  idle_ends_at timestamptz not null,
  ends_at timestamptz not null,
  check (idle_ends_at <= ends_at)
);

create index web_session_by_end on web_session (idle_ends_at);

-- Sign-ins under way: what the answer of the OpenID provider is held against, sealed. Used once.
create table web_sign_in (
  id_hash bytea primary key,
  checks bytea not null,
  expires_at timestamptz not null
);

create index web_sign_in_by_expiry on web_sign_in (expires_at);
