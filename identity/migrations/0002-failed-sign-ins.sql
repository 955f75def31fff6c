-- Failed attempts to sign in, in a row, by user name.
create table failed_sign_in (
  -- SHA-256 of the user name: people type passwords there too.
  name_hash bytea primary key,
  failures integer not null,
  wait_until timestamptz not null
);

create index failed_sign_in_by_wait on failed_sign_in (wait_until);
