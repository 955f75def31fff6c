-- The session that the device was signed in with when it registered last; null for a token of none.
alter table push_subscription add column session_id text;

create index push_subscription_by_session on push_subscription (session_id);
