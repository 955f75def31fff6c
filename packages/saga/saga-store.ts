// The saga table, one statement an operation. Times come from the database's clock unless a clock is given,
// so that leases do not depend on how well the machines' clocks agree.

import { sql, type Database, type Queryable } from '@simplebank/chassis';
import { strict as assert } from 'node:assert';
import type { Phase } from './position.ts';
import type { StepLog } from './step-log.ts';

export type SagaStatus = 'RUNNING' | 'WAITING' | 'COMPENSATING' | 'DONE' | 'STUCK';

export interface SagaRow {
  readonly id: string;
  readonly phase: Phase;
  readonly step: string;
  readonly attempts: number;
  readonly wakes: bigint;
  readonly version: bigint;
  readonly steps: StepLog;
}

export interface ViewedRow extends SagaRow {
  readonly status: SagaStatus;
  readonly last_fault: string | null;
}

/** The row as its holder last saw it; writes count only while it still looks so. */
export interface Held {
  readonly id: string;
  readonly version: bigint;
}

export interface Move {
  readonly phase: Phase;
  readonly step: string;
  /** WAITING rests only when `wakes` is still what it was. */
  readonly status: Exclude<SagaStatus, 'STUCK'>;
  readonly wakes: bigint;
  readonly steps: StepLog;
}

export interface Moved {
  readonly wakes: bigint;
  readonly version: bigint;
  readonly status: SagaStatus;
}

/** Somebody else has taken the saga over (or it was resumed): what this runner was about to write is void. */
export class LostLease extends Error {
  override readonly name = 'LostLease';
}

const now = (parameter: string): string => `coalesce(${parameter}::timestamptz, statement_timestamp())`;

const insert = sql(
  'saga.insert',
  `insert into saga (definition, id, phase, step, status, due_at, lease_owner, lease_until)
   select $1, id, 'forward', $3, 'RUNNING', ${now('$6')}, $4, ${now('$6')} + $5 * interval '1 ms'
   from unnest($2::text[]) as id`,
);
// The rows are found by an array, which is worked out once. Of `id in (select … for update)` the planner may run the
// subquery for every row of the table, done sagas included.
const claimable = `due_at <= ${now('$3')} and (lease_until is null or lease_until <= ${now('$3')})`;
const claim = (condition: string): string =>
  `update saga set lease_owner = $2, lease_until = ${now('$3')} + $4 * interval '1 ms', version = version + 1
   where definition = $1 and id = any (array(
     select id from saga where definition = $1 and ${claimable} and ${condition} for update skip locked))
   returning id, phase, step, attempts, wakes, version, steps`;
const claimDue = sql('saga.claim-due', claim('id <> all($5::text[]) order by due_at limit $6'));
const claimNamed = sql('saga.claim-named', claim('id = any($5::text[])'));
const move = sql(
  'saga.move',
  `update saga set
     phase = $4, step = $5, steps = $6, attempts = 0, last_fault = null,
     version = version + 1, updated_at = ${now('$9')},
     status = case when $7 = 'WAITING' and wakes <> $8 then 'RUNNING' else $7 end,
     due_at = case when $7 = 'DONE' or ($7 = 'WAITING' and wakes = $8) then null else due_at end,
     lease_owner = case when $7 = 'DONE' or ($7 = 'WAITING' and wakes = $8) then null else lease_owner end,
     lease_until = case when $7 = 'DONE' or ($7 = 'WAITING' and wakes = $8) then null
                        else ${now('$9')} + $10 * interval '1 ms' end
   where definition = $1 and id = $2 and version = $3 and lease_owner = $11
   returning wakes, version, status`,
);
const fail = sql(
  'saga.fail',
  `update saga set
     status = case when $5::int is null then 'STUCK' else status end,
     due_at = ${now('$8')} + $5 * interval '1 ms',
     attempts = attempts + 1, last_fault = $6, steps = $7, version = version + 1, updated_at = ${now('$8')},
     lease_owner = null, lease_until = null
   where definition = $1 and id = $2 and version = $3 and lease_owner = $4
   returning id`,
);
const wake = sql(
  'saga.wake',
  `update saga set
     wakes = wakes + 1,
     due_at = case when status = 'WAITING' then ${now('$3')} else due_at end,
     status = case when status = 'WAITING' then 'RUNNING' else status end
   where definition = $1 and id = $2`,
);
const renew = sql(
  'saga.renew',
  `update saga set lease_until = ${now('$3')} + $4 * interval '1 ms'
   where definition = $1 and id = any (array(
     select id from saga where definition = $1 and id = any($5::text[]) and lease_owner = $2 for update skip locked))
   returning id`,
);
const release = sql(
  'saga.release',
  `update saga set lease_owner = null, lease_until = null
   where definition = $1 and lease_owner = $2 and due_at is not null`,
);
const resume = sql(
  'saga.resume',
  `update saga set
     status = case when phase = 'backward' then 'COMPENSATING' else 'RUNNING' end,
     attempts = 0, due_at = ${now('$3')}, version = version + 1
   where definition = $1 and id = $2 and status = 'STUCK'
   returning id`,
);
const view = sql(
  'saga.view',
  `select id, phase, step, status, attempts, wakes, version, last_fault, steps
   from saga where definition = $1 and id = any($2::text[])`,
);

export interface StoreOptions {
  readonly database: Database;
  readonly definition: string;
  /** Names this process's runner in the leases. */
  readonly owner: string;
  readonly leaseMs: number;
  readonly clock: (() => Date) | undefined;
}

export class SagaStore {
  readonly #database: Database;
  readonly #definition: string;
  readonly #owner: string;
  readonly #leaseMs: number;
  readonly #clock: (() => Date) | undefined;

  constructor({ database, definition, owner, leaseMs, clock }: StoreOptions) {
    this.#database = database;
    this.#definition = definition;
    this.#owner = owner;
    this.#leaseMs = leaseMs;
    this.#clock = clock;
  }

  /** Inserts the sagas, leased by this runner. */
  async insert(tx: Queryable, ids: readonly string[], firstStep: string): Promise<void> {
    await tx.query(insert, [this.#definition, ids, firstStep, this.#owner, this.#leaseMs, this.#now()]);
  }

  async claimDue(except: readonly string[], limit: number): Promise<SagaRow[]> {
    return this.#database.query<SagaRow>(claimDue, [...this.#claim(), except, limit]);
  }

  async claimNamed(ids: readonly string[]): Promise<SagaRow[]> {
    return this.#database.query<SagaRow>(claimNamed, [...this.#claim(), ids]);
  }

  /** In the transaction that records a reply, or by itself when nothing had to be recorded. */
  async move(db: Queryable, held: Held, to: Move): Promise<Moved> {
    const [moved] = await db.query<Moved>(move, [
      this.#definition,
      held.id,
      held.version,
      to.phase,
      to.step,
      to.steps,
      to.status,
      to.wakes,
      this.#now(),
      this.#leaseMs,
      this.#owner,
    ]);
    if (moved === undefined) throw new LostLease(`the lease on saga ${held.id} was lost`);
    return moved;
  }

  async moveAlone(held: Held, to: Move): Promise<Moved> {
    return this.move(this.#database, held, to);
  }

  /** Counts a fault and lets the saga go until the backoff has passed; `null` means STUCK. */
  async fail(held: Held, backoffMs: number | null, fault: string, steps: StepLog): Promise<void> {
    const values = [
      this.#definition,
      held.id,
      held.version,
      this.#owner,
      backoffMs,
      fault,
      steps,
      this.#now(),
    ];
    const rows = await this.#database.query(fail, values);
    if (rows.length === 0) throw new LostLease(`the lease on saga ${held.id} was lost`);
  }

  async wake(tx: Queryable, id: string): Promise<void> {
    await tx.query(wake, [this.#definition, id, this.#now()]);
  }

  async renew(ids: readonly string[]): Promise<string[]> {
    const rows = await this.#database.query<{ id: string }>(renew, [...this.#claim(), ids]);
    return rows.map(({ id }) => id);
  }

  async releaseAll(): Promise<void> {
    await this.#database.query(release, [this.#definition, this.#owner]);
  }

  async resume(id: string): Promise<boolean> {
    const rows = await this.#database.query(resume, [this.#definition, id, this.#now()]);
    assert(rows.length <= 1, 'an id names one saga');
    return rows.length === 1;
  }

  async view(ids: readonly string[]): Promise<ViewedRow[]> {
    return this.#database.query<ViewedRow>(view, [this.#definition, ids]);
  }

  #claim(): unknown[] {
    return [this.#definition, this.#owner, this.#now(), this.#leaseMs];
  }

  #now(): Date | null {
    return this.#clock?.() ?? null;
  }
}
