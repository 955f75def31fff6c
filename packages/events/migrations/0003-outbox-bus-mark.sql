-- What the relay knows of the bus, beside the rows that it has published there. A bus may lose what it had (a Redis
-- without persistence, a failover); then the rows that some consumer may not have handled are published again.
--
-- `bus_mark` is the bus's own description of the stream after the last publish. It is stored with the rows' marks in
-- one transaction, so what counts as published is never more than what the mark says.
-- What was published up to `handled_until` has been handled by every group, and need not be published again.
alter table outbox_relay
  add column bus_mark text,
  add column handled_until timestamptz not null default '-infinity';
