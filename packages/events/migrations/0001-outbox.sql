-- Events that a service has committed together with its state, until they are on the bus and past retention.
--
-- The relay takes what is not published in the order of `id`. An aggregate's events are written under the
-- aggregate's lock, so their ids rise with their sequence, and whoever sees one sees those before it. A row that
-- commits late is simply found later: there is no cursor that could have passed it.
create table outbox (
  id bigint generated always as identity primary key,
  envelope json not null,
  written_at timestamptz not null default now(),
  published_at timestamptz
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Holds only the few rows that wait; the frequent vacuum above keeps it short.
create index outbox_unpublished on outbox (id) where published_at is null;

-- Which replica's relay is the active one.
create table outbox_relay (
  one_row boolean primary key default true check (one_row),
  owner uuid,
  lease_expires_at timestamptz not null default '-infinity'
);
insert into outbox_relay default values;
