-- Dated fee schedules, and what each execution was charged by the schedule of its day.
create table fee_schedule (
  id text primary key,
  effective_from timestamptz not null unique,
  currency char(3) not null,
  commission_basis_points int not null check (commission_basis_points >= 0),
  -- Securities Exchange Act, section 31; sells only.
  sec_fee_per_million_minor bigint not null check (sec_fee_per_million_minor >= 0),
  -- FINRA by-laws, schedule A, section 1: the trading activity fee; sells only.
  taf_per_share_micros int not null check (taf_per_share_micros >= 0),
  taf_cap_minor bigint not null check (taf_cap_minor >= 0)
);

-- The regulators' rates as published for these days, beside this bank's own commission.
insert into fee_schedule values
  ('2024-05', '2024-05-22T04:00:00Z', 'USD', 10, 2780, 166, 830),
  ('2026-01', '2026-01-01T05:00:00Z', 'USD', 5, 2780, 195, 979);

create table fee_charge (
  -- For the audit, which reads all charges in pages. A gap is a charge that was rolled back.
  position bigint generated always as identity unique,
  execution_id text primary key,
  order_id text not null,
  account_id text not null,
  -- What was asked for, so that the same id with another body is noticed.
  body_hash bytea not null,
  schedule_id text not null references fee_schedule,
  currency char(3) not null,
  commission_minor bigint not null check (commission_minor >= 0),
  sec_fee_minor bigint not null check (sec_fee_minor >= 0),
  trading_activity_fee_minor bigint not null check (trading_activity_fee_minor >= 0),
  charged_at timestamptz not null default now()
);

create index fee_charge_by_order on fee_charge (order_id, position);
