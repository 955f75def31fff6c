-- Sagas as rows: where each stands, who works on it, and what became of its steps. Its runner moves a row in
-- the transaction that records the reply of a command, so that the two never disagree.
create table saga (
  definition text not null,
  id text not null,
  phase text not null check (phase in ('forward', 'backward', 'ending')),
  step text not null,
  status text not null check (status in ('RUNNING', 'WAITING', 'COMPENSATING', 'DONE', 'STUCK')),
  -- Faults since the last move.
  attempts int not null default 0,
  -- When there is work to do; null while it waits, when it is stuck and when it is done.
  due_at timestamptz,
  -- Counts what happened outside: a saga rests only when the state it looked at was as new as the last wake.
  wakes bigint not null default 0,
  lease_owner text,
  lease_until timestamptz,
  -- One more with each claim, move and fault: a runner that has lost its lease cannot write over the next one.
  version bigint not null default 0,
  last_fault text,
  steps jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  primary key (definition, id)
) with (fillfactor = 70);

-- Moves touch no column of this index, so that they stay on their page (heap-only updates).
create index saga_due on saga (definition, due_at) where due_at is not null;
create index saga_stuck on saga (definition, created_at) where status = 'STUCK';
