// What the OpenID provider remembers, in Postgres, so that it outlives a restart and all replicas see it. The provider
// knows records by kind and id; this keeps the hash of an id only, because who shows an id is believed.
import { createHash } from 'node:crypto';
import { errors, Provider, type Adapter, type AdapterPayload } from 'oidc-provider';
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import type { Sessions } from './sessions.ts';

/** One sign-in makes fewer records than its start takes away, so the table does not grow. */
const expiredAtATime = 100;

/**
 * An answer gets lost, or the process that asked dies, and the client asks again with the same refresh token. It is answered
 * anew for so long after the first time: a client's timeout and a few tries, and little time for a thief.
 */
const repeatableSeconds = 30;

/**
 * Whether somebody who shows this record shows what somebody else had (RFC 9700, section 4.14.2): a code the second time; a
 * refresh token when one of its successors was used, so that an answer has arrived, or later than it is repeatable; and
 * a successor when it was another one that was used.
 */
const isSpent = `(
  (r.consumed_at is not null and (
     r.kind <> 'RefreshToken' or r.consumed_at < now() - make_interval(secs => ${repeatableSeconds})
     or exists (select from openid_record s where s.kind = r.kind and s.predecessor_hash = r.id_hash
                and s.consumed_at is not null)))
  or exists (select from openid_record s where s.kind = r.kind and s.predecessor_hash = r.predecessor_hash
             and s.id_hash <> r.id_hash and s.consumed_at is not null))`;

const upsert = sql(
  'openid.upsert',
  `insert into openid_record (kind, id_hash, payload, grant_id, session_uid, expires_at, predecessor_hash)
   values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6), $7)
   on conflict (kind, id_hash) do update
   set payload = excluded.payload, grant_id = excluded.grant_id, session_uid = excluded.session_uid,
       expires_at = excluded.expires_at`,
);
const find = sql(
  'openid.find',
  `select payload, case when ${isSpent} then coalesce(consumed_at, now()) end as consumed_at
   from openid_record r where kind = $1 and id_hash = $2 and expires_at > now()`,
);
const findSession = sql(
  'openid.find-session',
  `select payload, consumed_at from openid_record
   where kind = 'Session' and session_uid = $1 and expires_at > now()`,
);
const lockGrant = sql(
  'openid.lock-grant',
  `select pg_advisory_xact_lock(hashtextextended(grant_id, 0)) from openid_record where kind = $1 and id_hash = $2`,
);
const consume = sql(
  'openid.consume',
  `update openid_record r set consumed_at = coalesce(consumed_at, now())
   where kind = $1 and id_hash = $2 and not ${isSpent} returning kind`,
);
const destroy = sql('openid.destroy', 'delete from openid_record where kind = $1 and id_hash = $2');
const revoke = sql('openid.revoke', 'delete from openid_record where kind = $1 and grant_id = $2');
const grantOf = sql('openid.grant-of', 'select grant_id from openid_record where kind = $1 and id_hash = $2');
const endGrant = sql(
  'openid.end-grant',
  `delete from openid_record where grant_id = $1 or (kind = 'Grant' and id_hash = $2)`,
);
const deleteExpired = sql(
  'openid.delete-expired',
  `delete from openid_record where (kind, id_hash) in (
     select kind, id_hash from openid_record where expires_at < now()
     order by expires_at limit $1 for update skip locked)`,
);
const putAccount = sql(
  'openid.put-account',
  `insert into openid_account (customer_id, username) values ($1, $2)
   on conflict (customer_id) do update set username = excluded.username`,
);
const getAccount = sql('openid.account', 'select username from openid_account where customer_id = $1');

export interface OpenIdStore {
  adapter(kind: string): Adapter;
  rememberAccount(account: { customerId: string; username: string }): Promise<void>;
  usernameOf(customerId: string): Promise<string | undefined>;
}

interface RecordRow {
  payload: AdapterPayload;
  consumed_at: Date | null;
}

export function createOpenIdStore(database: Database, sessions: Sessions): OpenIdStore {
  return {
    adapter: (kind) => adapterOf(database, sessions, kind),
    async rememberAccount({ customerId, username }) {
      await database.query(putAccount, [customerId, username]);
    },
    async usernameOf(customerId) {
      const [row] = await database.query<{ username: string }>(getAccount, [customerId]);
      return row?.username;
    },
  };
}

function adapterOf(database: Database, sessions: Sessions, kind: string): Adapter {
  return {
    async upsert(id, { ...payload }, expiresInSeconds) {
      delete payload.jti;
      if (kind === 'Interaction') await database.query(deleteExpired, [expiredAtATime]);
      const { grantId = null, uid = null } = payload;
      const values = [JSON.stringify(payload), grantId, kind === 'Session' ? uid : null, expiresInSeconds];
      await database.query(upsert, [kind, hashOf(id), ...values, predecessorOf(kind)]);
    },
    async find(id) {
      const [row] = await database.query<RecordRow>(find, [kind, hashOf(id)]);
      return row === undefined ? undefined : { ...payloadOf(row), jti: id };
    },
    async findByUid(uid) {
      const [row] = await database.query<RecordRow>(findSession, [uid]);
      return row === undefined ? undefined : payloadOf(row);
    },
    // Only devices without a browser sign in by such codes, and there are none.
    findByUserCode: async () => undefined,
    async consume(id) {
      const used = await database.transaction(async (tx) => {
        // One at a time of a grant, at whatever replica, so that of two successors at once only one is used.
        await tx.query(lockGrant, [kind, hashOf(id)]);
        return tx.query(consume, [kind, hashOf(id)]);
      });
      if (used.length > 0) return;
      // It was spent since it was found.
      const [row] = await database.query<{ grant_id: string | null }>(grantOf, [kind, hashOf(id)]);
      const grantId = row?.grant_id ?? undefined;
      if (grantId !== undefined) await sessions.end(grantId, (tx) => deleteGrant(tx, grantId));
      throw new errors.InvalidGrant(`the ${kind} was used by another request at the same time`);
    },
    async destroy(id) {
      // However a grant ends (logout, revocation, a token used twice), the provider destroys it, and with it ends the session.
      if (kind === 'Grant') await sessions.end(id, (tx) => tx.query(destroy, [kind, hashOf(id)]));
      else await database.query(destroy, [kind, hashOf(id)]);
    },
    async revokeByGrantId(grantId) {
      await database.query(revoke, [kind, grantId]);
    },
  };
}

/** The refresh token that the request under way has shown, if one is saved in its place. */
function predecessorOf(kind: string): Buffer | null {
  const shown = kind === 'RefreshToken' ? Provider.ctx?.oidc.entities.RotatedRefreshToken : undefined;
  return shown === undefined ? null : hashOf(shown.jti);
}

/** And all tokens and codes of it. */
export async function deleteGrant(tx: Transaction, grantId: string): Promise<void> {
  await tx.query(endGrant, [grantId, hashOf(grantId)]);
}

function payloadOf({ payload, consumed_at: consumedAt }: RecordRow): AdapterPayload {
  return consumedAt === null ? payload : { ...payload, consumed: Math.floor(consumedAt.getTime() / 1000) };
}

function hashOf(id: string): Buffer {
  return createHash('sha256').update(id).digest();
}
