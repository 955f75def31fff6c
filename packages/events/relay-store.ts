// The relay's statements: its lease, the rows that wait, and what becomes of them.
import { sql, type Database } from '@simplebank/chassis';
import type { EventEnvelope } from './envelope.ts';

const renew = sql(
  'relay.renew',
  `update outbox_relay set owner = $1, lease_expires_at = clock_timestamp() + $2 * interval '1 millisecond'
   where owner = $1 or owner is null or lease_expires_at < clock_timestamp()
   returning owner`,
);
const release = sql('relay.release', 'update outbox_relay set owner = null where owner = $1');
const read = sql(
  'relay.read',
  `select o.id, o.envelope
   from outbox_relay r cross join lateral (
     select id, envelope from outbox where published_at is null order by id limit $2
   ) o
   where r.owner = $1 and r.lease_expires_at > clock_timestamp()
   order by o.id`,
);
// A mark that is lost in a crash means one more publish, which the bus drops: no need to wait for the disk.
const mark = sql(
  'relay.mark',
  `with relaxed as (select set_config('synchronous_commit', 'off', true))
   update outbox set published_at = now() from relaxed where id = any ($1::bigint[])`,
);
// Looks at the oldest rows only, and tests the age afterwards: searched by age, a table in which nothing is old
// would be read as a whole, every time.
const trim = sql(
  'relay.trim',
  `delete from outbox where id = any (array(
     select id from (select id, published_at from outbox order by id limit $2) oldest
     where published_at < now() - $1 * interval '1 millisecond'
   )) returning id`,
);

export interface OutboxRow {
  readonly id: bigint;
  readonly envelope: EventEnvelope;
}

/** Renews the lease, or takes one that is free. True when `owner` has it now. */
export async function renewLease(database: Database, owner: string, leaseMs: number): Promise<boolean> {
  return (await database.query(renew, [owner, leaseMs])).length > 0;
}

export async function releaseLease(database: Database, owner: string): Promise<void> {
  await database.query(release, [owner]);
}

/** The next events to publish, in order; none when the lease is another's. */
export async function readOutbox(database: Database, owner: string, most: number): Promise<OutboxRow[]> {
  return database.query<OutboxRow>(read, [owner, most]);
}

export async function markPublished(database: Database, rows: readonly OutboxRow[]): Promise<void> {
  await database.query(mark, [rows.map((row) => row.id)]);
}

/** Deletes those of the oldest `most` rows that are published and past the retention; answers how many. */
export async function trimOutbox(database: Database, retentionMs: number, most: number): Promise<number> {
  return (await database.query(trim, [retentionMs, most])).length;
}
