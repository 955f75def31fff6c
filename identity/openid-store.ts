// What the OpenID provider remembers, in Postgres, so that it outlives a restart and all replicas see it. The provider
// knows records by kind and id; this keeps the hash of an id only, because who shows an id is believed.
import { createHash } from 'node:crypto';
import { errors, type Adapter, type AdapterPayload } from 'oidc-provider';
import { sql, type Database, type Transaction } from '@simplebank/chassis';
import type { Sessions } from './sessions.ts';

/** One sign-in makes fewer records than its start takes away, so the table does not grow. */
const expiredAtATime = 100;

const upsert = sql(
  'openid.upsert',
  `insert into openid_record (kind, id_hash, payload, grant_id, session_uid, expires_at)
   values ($1, $2, $3, $4, $5, now() + make_interval(secs => $6))
   on conflict (kind, id_hash) do update
   set payload = excluded.payload, grant_id = excluded.grant_id, session_uid = excluded.session_uid,
       expires_at = excluded.expires_at`,
);
const find = sql(
  'openid.find',
  `select payload, consumed_at from openid_record where kind = $1 and id_hash = $2 and expires_at > now()`,
);
const findSession = sql(
  'openid.find-session',
  `select payload, consumed_at from openid_record
   where kind = 'Session' and session_uid = $1 and expires_at > now()`,
);
const consume = sql(
  'openid.consume',
  `update openid_record set consumed_at = now() where kind = $1 and id_hash = $2 and consumed_at is null
   returning kind`,
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
      await database.query(upsert, [kind, hashOf(id), ...values]);
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
      const used = await database.query(consume, [kind, hashOf(id)]);
      if (used.length > 0) return;
      // Of two requests at once, maybe at two replicas, the second lost: its code or token was used twice.
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
