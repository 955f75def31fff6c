-- What the bus does in one round trip each.

create function ensure_stream(the_stream text, the_partitions integer) returns integer language plpgsql as $$
begin
  insert into stream values (the_stream, the_partitions) on conflict do nothing;
  insert into partition_head (stream, partition)
  select s.name, p from stream s, generate_series(0, s.partitions - 1) p where s.name = the_stream
  on conflict do nothing;
  return (select partitions from stream where name = the_stream);
end
$$;

-- `batch` is [{"p": partition, "e": envelope}, …] in the publisher's order. Known event ids are left out.
create function publish_events(the_stream text, batch json) returns void language plpgsql as $$
begin
  -- In partition order, so that two publishers never wait for each other in a circle.
  perform from partition_head h
  where h.stream = the_stream and h.partition in (select (b ->> 'p')::integer from json_array_elements(batch) b)
  order by h.partition for no key update;

  with fresh as (
    select (b.item ->> 'p')::integer as partition, b.item -> 'e' as envelope,
           row_number() over (partition by b.item ->> 'p' order by b.ordinal) as place
    from json_array_elements(batch) with ordinality b (item, ordinal)
    where not exists (
      select from event k where k.stream = the_stream and k.event_id = (b.item -> 'e' ->> 'id')::uuid)
  ), written as (
    insert into event (stream, partition, position, event_id, aggregate_id, envelope)
    select the_stream, f.partition, h.last_position + f.place, (f.envelope ->> 'id')::uuid,
           f.envelope ->> 'aggregateId', f.envelope
    from fresh f join partition_head h on h.stream = the_stream and h.partition = f.partition
  )
  update partition_head h set last_position = h.last_position + c.places
  from (select f.partition, max(f.place) as places from fresh f group by f.partition) c
  where h.stream = the_stream and h.partition = c.partition;
end
$$;

-- A new group begins where the partition's oldest event is.
create function ensure_group(the_group text, the_streams text[]) returns void language sql as $$
  insert into reader (group_name, stream, partition, cursor)
  select the_group, h.stream, h.partition, h.trimmed_position
  from partition_head h where h.stream = any (the_streams)
  on conflict do nothing
$$;

-- Renews the members' leases, lets each take free partitions up to its fair share (all partitions of the stream
-- divided by the group's living members), and answers what each holds, with the share, so that it can give back
-- what is too much. `members` is [{"id": uuid, "group": text, "streams": [text, …]}, …].
create function hold_partitions(members json, lease_ms integer) returns table (
  member_id uuid, group_name text, stream text, partition integer, cursor bigint, epoch bigint, share bigint
) language plpgsql as $$
#variable_conflict use_column
declare
  held record;
  fair bigint;
  mine bigint;
begin
  insert into member as m (id, group_name, streams, expires_at)
  select r.id, r."group", r.streams, clock_timestamp() + lease_ms * interval '1 millisecond'
  from json_to_recordset(members) r (id uuid, "group" text, streams text[])
  order by r.id
  on conflict (id) do update set expires_at = excluded.expires_at;

  for held in
    select r.id, r."group" as group_name, s.stream
    from json_to_recordset(members) r (id uuid, "group" text, streams text[]), unnest(r.streams) s (stream)
  loop
    select ceil(p.partitions::numeric / greatest(1, count(m.id))) into fair
    from stream p left join member m
      on m.group_name = held.group_name and p.name = any (m.streams) and m.expires_at > clock_timestamp()
    where p.name = held.stream group by p.partitions;

    select count(*) into mine from reader r
    where r.group_name = held.group_name and r.stream = held.stream and r.owner = held.id;

    if mine < fair then
      update reader r set owner = held.id, epoch = r.epoch + 1
      from (
        select f.partition from reader f
        where f.group_name = held.group_name and f.stream = held.stream
          and f.owner is distinct from held.id
          and not exists (select from member m where m.id = f.owner and m.expires_at > clock_timestamp())
        order by f.partition limit fair - mine
        for update skip locked
      ) free
      where r.group_name = held.group_name and r.stream = held.stream and r.partition = free.partition;
    end if;

    return query
      select held.id, r.group_name, r.stream, r.partition, r.cursor, r.epoch, fair from reader r
      where r.group_name = held.group_name and r.stream = held.stream and r.owner = held.id
      order by r.partition;
  end loop;
end
$$;

-- `progress` is [{"g": group, "s": stream, "p": partition, "e": epoch, "c": cursor}, …]. A cursor that is lost in
-- a crash only means that some events come again, so this commit does not wait for the disk.
create function store_cursors(progress json) returns void language plpgsql as $$
begin
  perform set_config('synchronous_commit', 'off', true);
  update reader r set cursor = v.c
  from json_to_recordset(progress) v (g text, s text, p integer, e bigint, c bigint)
  where r.group_name = v.g and r.stream = v.s and r.partition = v.p and r.epoch = v.e and r.cursor < v.c;
end
$$;

-- Removes up to `most` events of a partition that are older than the retention and that every group has read.
create function trim_partition(the_stream text, the_partition integer, retention_ms bigint, most integer)
returns bigint language plpgsql as $$
declare
  read_by_all bigint;
  upto bigint;
  removed bigint;
begin
  select min(r.cursor) into read_by_all from reader r
  where r.stream = the_stream and r.partition = the_partition;

  select max(old.position) into upto from (
    select e.position, e.published_at from event e
    where e.stream = the_stream and e.partition = the_partition
      and (read_by_all is null or e.position <= read_by_all)
    order by e.position limit most
  ) old where old.published_at < now() - retention_ms * interval '1 millisecond';
  if upto is null then
    return 0;
  end if;

  delete from event e where e.stream = the_stream and e.partition = the_partition and e.position <= upto;
  get diagnostics removed = row_count;
  update partition_head h set trimmed_position = greatest(h.trimmed_position, upto)
  where h.stream = the_stream and h.partition = the_partition;
  return removed;
end
$$;
