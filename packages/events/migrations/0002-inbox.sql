-- Which events a consumer of this service has taken in. Written in the transaction of the event's effect.
create table inbox (
  consumer text not null,
  event_id uuid not null,
  received_at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index inbox_received on inbox (received_at);

-- The last sequence taken in per aggregate, so that a hole is seen and an older event is known as a duplicate.
create table inbox_sequence (
  consumer text not null,
  source text not null,
  aggregate_id text not null,
  sequence bigint not null,
  primary key (consumer, source, aggregate_id)
);

create function inbox_receive(
  the_consumer text, the_event_id uuid, the_source text, the_aggregate_id text, the_sequence bigint
) returns text language plpgsql as $$
declare
  last_sequence bigint;
begin
  insert into inbox_sequence (consumer, source, aggregate_id, sequence)
  values (the_consumer, the_source, the_aggregate_id, 0)
  on conflict do nothing;

  select s.sequence into last_sequence from inbox_sequence s
  where s.consumer = the_consumer and s.source = the_source and s.aggregate_id = the_aggregate_id
  for update;

  if the_sequence <= last_sequence then
    return 'duplicate';
  end if;
  if the_sequence > last_sequence + 1 then
    return 'gap';
  end if;

  insert into inbox (consumer, event_id) values (the_consumer, the_event_id) on conflict do nothing;
  if not found then
    return 'duplicate';
  end if;
  update inbox_sequence s set sequence = the_sequence
  where s.consumer = the_consumer and s.source = the_source and s.aggregate_id = the_aggregate_id;
  return 'new';
end
$$;
