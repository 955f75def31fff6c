-- Publishing costs the same however many events the bus keeps. A set-based search for known ids left the choice to the
-- planner, which read the whole stream for each publish; `on conflict` asks the unique index and cannot do otherwise.

-- `batch` is [{"p": partition, "e": envelope}, …] in the publisher's order. Known event ids are left out.
create or replace function publish_events(the_stream text, batch json) returns void language plpgsql as $$
declare
  of_partition record;
  the_envelope json;
  known_position bigint;
  the_position bigint;
begin
  -- In partition order, so that two publishers never wait for each other in a circle.
  for of_partition in
    select (b.item ->> 'p')::integer as number, array_agg(b.item -> 'e' order by b.ordinal) as envelopes
    from json_array_elements(batch) with ordinality b (item, ordinal)
    group by 1 order by 1
  loop
    select h.last_position into strict known_position from partition_head h
    where h.stream = the_stream and h.partition = of_partition.number for no key update;

    the_position := known_position;
    foreach the_envelope in array of_partition.envelopes loop
      -- A known event takes no position: readers go by positions without a hole.
      insert into event (stream, partition, position, event_id, aggregate_id, envelope)
      values (the_stream, of_partition.number, the_position + 1, (the_envelope ->> 'id')::uuid,
              the_envelope ->> 'aggregateId', the_envelope)
      on conflict (stream, event_id) do nothing;
      if found then
        the_position := the_position + 1;
      end if;
    end loop;

    if the_position > known_position then
      update partition_head h set last_position = the_position
      where h.stream = the_stream and h.partition = of_partition.number;
    end if;
  end loop;
end
$$;
