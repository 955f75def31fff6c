// Mutations and their answers in Postgres, by customer and idempotency key: shared by all replicas of a BFF, and there
// after any of them was killed.
import { sql, type Database } from '@simplebank/chassis';
import type { ForwardedAnswer } from '../gateway-client.ts';

export const idempotencyMigrations = new URL('../idempotency-migrations/', import.meta.url);

/** A mutation under its key. */
export interface KeyedMutation {
  readonly customerId: string;
  readonly key: string;
  /** Of the request itself, in hexadecimal. */
  readonly fingerprint: string;
}

export interface RecordedAnswer {
  readonly answer: ForwardedAnswer;
  /** Of whoever was answered. */
  readonly rights: string;
  /** The token that goes with the answer. */
  readonly consistency: string | undefined;
}

export type Standing =
  /** The caller carries it out, until its lease ends. */
  | { readonly kind: 'mine' }
  | { readonly kind: 'in flight' }
  /** Nobody carries it out, and there is no answer. */
  | { readonly kind: 'open' }
  | { readonly kind: 'another request' }
  | ({ readonly kind: 'answered' } & RecordedAnswer);

export interface IdempotencyStore {
  /** Takes the mutation for `owner` when nobody has it. */
  begin(mutation: KeyedMutation, owner: string, leaseMs: number): Promise<Standing>;
  look(mutation: KeyedMutation): Promise<Standing>;
  /** The next three do nothing when another one has taken the mutation over since. */
  record(mutation: KeyedMutation, owner: string, recorded: RecordedAnswer): Promise<void>;
  /** The key still belongs to this request, which anybody may carry out now. */
  giveBack(mutation: KeyedMutation, owner: string): Promise<void>;
  /** As if it had never come. */
  forget(mutation: KeyedMutation, owner: string): Promise<void>;
  /** Removes up to `most` that began before; answers how many. */
  trim(retentionMs: number, most: number): Promise<number>;
}

interface Row {
  readonly kind: 'mine' | 'in flight' | 'open' | 'answered';
  readonly fingerprint: string;
  readonly answer: string | null;
  readonly status: number | null;
  readonly content_type: string | null;
  readonly rights: string | null;
  readonly consistency: string | null;
}

const standing = `
  select case when answer is not null then 'answered' when lease_expires_at > clock_timestamp() then 'in flight'
              else 'open' end as kind,
         encode(fingerprint, 'hex') as fingerprint, answer, status, content_type, rights, consistency
  from idempotent_mutation where customer_id = $1 and key = $2`;
// A lease that is lost in a crash of the server means that the mutation is asked for once more under its key, which is
// safe: no need to wait for the disk.
const begin = sql(
  'idempotency.begin',
  `with relaxed as (select set_config('synchronous_commit', 'off', true)), mine as (
     insert into idempotent_mutation as m (customer_id, key, fingerprint, owner, lease_expires_at)
     select $1, $2, decode($3, 'hex'), $4::uuid, clock_timestamp() + $5 * interval '1 millisecond' from relaxed
     on conflict (customer_id, key) do update
     set owner = excluded.owner, lease_expires_at = excluded.lease_expires_at
     where m.answer is null and m.lease_expires_at < clock_timestamp() and m.fingerprint = excluded.fingerprint
     returning encode(fingerprint, 'hex') as fingerprint
   )
   select 'mine' as kind, fingerprint, null as answer, null::int as status, null as content_type, null as rights, null as consistency
   from mine union all select * from (${standing}) as other where not exists (select from mine)`,
);
const look = sql('idempotency.look', standing);
const record = sql(
  'idempotency.record',
  `update idempotent_mutation set owner = null, answer = $4, status = $5, content_type = $6, rights = $7, consistency = $8
   where customer_id = $1 and key = $2 and owner = $3`,
);
const giveBack = sql(
  'idempotency.give-back',
  `update idempotent_mutation set owner = null, lease_expires_at = '-infinity'
   where customer_id = $1 and key = $2 and owner = $3`,
);
const forget = sql(
  'idempotency.forget',
  'delete from idempotent_mutation where customer_id = $1 and key = $2 and owner = $3',
);
const trim = sql(
  'idempotency.trim',
  `delete from idempotent_mutation where (customer_id, key) in (
     select customer_id, key from idempotent_mutation
     where begun_at < now() - $1 * interval '1 millisecond' order by begun_at limit $2
   ) returning 1 as removed`,
);

export function createIdempotencyStore(database: Database): IdempotencyStore {
  return {
    async begin(mutation, owner, leaseMs) {
      const { customerId, key, fingerprint } = mutation;
      const [row] = await database.query<Row>(begin, [customerId, key, fingerprint, owner, leaseMs]);
      // Begun by another one at this very moment.
      return row === undefined ? { kind: 'in flight' } : standingOf(row, mutation);
    },
    async look(mutation) {
      const [row] = await database.query<Row>(look, [mutation.customerId, mutation.key]);
      return row === undefined ? { kind: 'open' } : standingOf(row, mutation);
    },
    async record({ customerId, key }, owner, { answer, rights, consistency = null }) {
      const { text, status, contentType } = answer;
      await database.query(record, [customerId, key, owner, text, status, contentType, rights, consistency]);
    },
    async giveBack({ customerId, key }, owner) {
      await database.query(giveBack, [customerId, key, owner]);
    },
    async forget({ customerId, key }, owner) {
      await database.query(forget, [customerId, key, owner]);
    },
    trim: async (retentionMs, most) => (await database.query(trim, [retentionMs, most])).length,
  };
}

function standingOf(row: Row, { fingerprint }: KeyedMutation): Standing {
  if (row.fingerprint !== fingerprint) return { kind: 'another request' };
  if (row.kind !== 'answered') return { kind: row.kind };
  const { answer, status, content_type: contentType, rights } = row;
  return {
    kind: 'answered',
    answer: { text: answer ?? '', status: status ?? 200, contentType: contentType ?? '' },
    rights: rights ?? '',
    consistency: row.consistency ?? undefined,
  };
}
