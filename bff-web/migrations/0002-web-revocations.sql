-- Refresh tokens of sessions that have ended, until the OpenID provider knows: each sealed with a key that its random id and
-- the server's secret make together. Tried again when it is due, at whichever replica.
create table web_revocation (
  id text primary key,
  refresh bytea not null,
  attempts integer not null,
  due_at timestamptz not null
);

create index web_revocation_by_due on web_revocation (due_at);
