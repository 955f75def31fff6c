-- The Postgres transport of the bus: partitioned streams, groups with cursors, leases, dead letters.

create table stream (
  name text primary key,
  partitions integer not null check (partitions > 0)
);

-- One row per partition. Its lock puts the partition's publishers into a line, so that positions become visible
-- in their own order and have no holes: a reader may go by `position > cursor` and loses nothing.
create table partition_head (
  stream text not null references stream (name),
  partition integer not null,
  last_position bigint not null default 0,
  trimmed_position bigint not null default 0,
  primary key (stream, partition)
) with (fillfactor = 50);

create table event (
  stream text not null,
  partition integer not null,
  position bigint not null,
  event_id uuid not null,
  aggregate_id text not null,
  envelope json not null,
  published_at timestamptz not null default now(),
  primary key (stream, partition, position),
  unique (stream, event_id)
);

-- A consumer that lives: it renews `expires_at`. Without that its partitions are free for others of its group.
create table member (
  id uuid primary key,
  group_name text not null,
  streams text[] not null,
  expires_at timestamptz not null
);

-- `epoch` rises whenever the reader changes hands or the cursor is moved from outside: late writes of the
-- reader before carry the old epoch and have no effect.
create table reader (
  group_name text not null,
  stream text not null references stream (name),
  partition integer not null,
  cursor bigint not null default 0,
  owner uuid,
  epoch bigint not null default 0,
  primary key (group_name, stream, partition)
) with (fillfactor = 50);

create table dead_letter (
  group_name text not null,
  stream text not null,
  partition integer not null,
  position bigint not null,
  aggregate_id text not null,
  envelope json not null,
  error text not null,
  attempts integer not null,
  failed_at timestamptz not null default now(),
  retry_requested boolean not null default false,
  primary key (group_name, stream, partition, position)
);
create index dead_letter_aggregate on dead_letter (group_name, aggregate_id);
create index dead_letter_retry on dead_letter (group_name, stream, partition) where retry_requested;
