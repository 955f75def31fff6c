-- Questions about acknowledged orders: their end may have been lost on its way, or the exchange its memory.
alter table route
  -- The exchange is to be asked for the order's status although nothing of ours waits for an answer.
  add column ask boolean not null default false,
  -- How often in a row the exchange said of the acknowledged order that it does not know it.
  add column unknowns integer not null default 0;

drop index route_open;
create index route_open on route (position)
  where state in ('NEW', 'SENT') or (state = 'ACKNOWLEDGED' and (cancel = 'WANTED' or ask));

-- What is asked for on a logon, and the orders that have been quiet for long.
create index route_unfinished on route (contacted_at) where state <> 'DONE';
